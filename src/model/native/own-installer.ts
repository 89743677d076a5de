import { cpSync, existsSync, rmSync, symlinkSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { addonInFolder } from './addon.ts';
import { execute, tail, type Effects } from './tools.ts';

/** libtensorflow that tfjs-node 4.22 downloads (its scripts/deps-constants.js). */
const ownVersion = '2.9.1';

/** Long enough for a slow handshake, short enough not to be a wait where the network is closed. */
const patienceMs = 8_000;

/**
 * Whether the package's own installer would reach its download, by asking for the archive's head.
 * @returns undefined if so, else why not
 */
export async function whyUnreachable({ env, signal }: Effects): Promise<string | undefined> {
  // A proxy serves the installer but not our fetch, so there is no way to ask: let it try.
  if (env['HTTPS_PROXY'] || env['https_proxy']) return undefined;
  const url = downloadUrl(env);
  try {
    const patience = AbortSignal.timeout(patienceMs);
    const answer = await fetch(url, {
      method: 'HEAD',
      signal: signal ? AbortSignal.any([signal, patience]) : patience,
    });
    return answer.ok ? undefined : `${new URL(url).host} answered ${answer.status}`;
  } catch (error) {
    signal?.throwIfAborted();
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : (error as Error);
    return `${new URL(url).host}: ${cause.message}`;
  }
}

/** Reads the settings that the installer reads (its scripts/install.js). */
function downloadUrl(env: NodeJS.ProcessEnv): string {
  const host =
    env['TFJS_NODE_CDN_STORAGE'] ||
    env['npm_config_TFJS_NODE_CDN_STORAGE'] ||
    env['CDN_STORAGE'] ||
    'https://storage.googleapis.com/';
  const base =
    env['TFJS_NODE_BASE_URI'] ||
    env['npm_config_TFJS_NODE_BASE_URI'] ||
    `${host}tensorflow/libtensorflow/libtensorflow-`;
  if (process.platform === 'darwin' && process.arch === 'arm64') {
    return `${host}tf-builds/libtensorflow_r2_7_darwin_arm64_cpu.tar.gz`;
  }
  if (process.platform === 'linux' && process.arch === 'arm64') {
    return `${host}tf-builds/libtensorflow_r2_7_linux_arm64.tar.gz`;
  }
  const system = { darwin: 'darwin', win32: 'windows' }[process.platform as string] ?? 'linux';
  return `${base}cpu-${system}-x86_64-${ownVersion}.${system === 'windows' ? 'zip' : 'tar.gz'}`;
}

/**
 * Runs the installer of the npm package on a copy of it in the empty folder `into`, so that node_modules stays as npm
 * left it and what was downloaded survives `npm ci`. Leaves `lib/` and `deps/` there.
 * @returns undefined if an addon came of it, else why not
 */
export async function runOwnInstaller(
  { packageFolder, into }: { packageFolder: string; into: string },
  effects: Effects,
): Promise<string | undefined> {
  const modules = dirname(dirname(packageFolder));
  const copy = join(into, 'package');
  cpSync(packageFolder, copy, { recursive: true, filter: (path) => !/[\\/](lib|deps)$/.test(path) });
  // The installer requires its dependencies from beside the package, and starts node-pre-gyp by name.
  symlinkSync(modules, join(into, 'node_modules'), 'junction');
  const bins = [join(modules, '.bin'), dirname(process.execPath)];
  const env = { ...effects.env, PATH: [...bins, effects.env['PATH'] ?? ''].join(delimiter) };
  const ran = await execute(
    process.execPath,
    ['scripts/install.js', 'cpu', 'download'],
    { ...effects, env },
    { cwd: copy, timeoutMs: 20 * 60_000 },
  );
  if (ran.status !== 0 || !existsSync(join(copy, addonInFolder))) return tail(ran.output, 2);
  for (const part of ['lib', 'deps'])
    cpSync(join(copy, part), join(into, part), { recursive: true, verbatimSymlinks: true });
  rmSync(copy, { recursive: true, force: true });
  rmSync(join(into, 'node_modules'), { force: true });
  return undefined;
}
