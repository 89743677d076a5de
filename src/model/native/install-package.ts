import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nativePackage, nativePackageVersion, packageFolder, packageHome } from './addon.ts';
import { execute, type Effects } from './tools.ts';

const MOST_MS = 10 * 60_000;

/**
 * The folder of the npm package, fetched by npm into the user's cache where it is not there: Assay does not depend on it, since its
 * install script downloads. The script does not run here; `setUpNative` does what it would do.
 * @returns undefined if npm could not fetch it
 */
export async function installPackage(effects: Effects): Promise<string | undefined> {
  const there = packageFolder(effects.env);
  if (there !== undefined) return there;
  effects.say(`installing ${nativePackage} without its scripts`);
  const home = packageHome(effects.env);
  mkdirSync(home, { recursive: true });
  const project = { private: true, dependencies: { [nativePackage]: nativePackageVersion } };
  writeFileSync(join(home, 'package.json'), `${JSON.stringify(project, null, 2)}\n`);
  const isWindows = process.platform === 'win32';
  const { status, output } = await execute(
    isWindows ? 'npm.cmd' : 'npm',
    ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock'],
    effects,
    { cwd: home, timeoutMs: MOST_MS },
  );
  if (status !== 0) effects.say(`npm: ${output.trim().split('\n').slice(-3).join(' ')}`);
  return packageFolder(effects.env);
}
