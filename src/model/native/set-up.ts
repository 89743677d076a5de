import { randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { join, relative, sep } from 'node:path';
import { Failure } from '../../system/failure.ts';
import {
  addonInFolder,
  cacheFolder,
  checkFiles,
  manifestName,
  nativeCache,
  nativePackage,
  packageVersion,
  sha256Of,
  type FileStamp,
  type Flavour,
  type NativeManifest,
} from './addon.ts';
import { buildFromWheel, findToolchain } from './build.ts';
import { runOwnInstaller, whyUnreachable } from './own-installer.ts';
import { probe, type Probe } from './probe.ts';
import type { Effects } from './tools.ts';
import { diskNeeded, wheelOf } from './wheel.ts';

export interface SetUpOptions extends Effects {
  readonly packageFolder: string | undefined;
  readonly flavour: Flavour;
  /** Makes it anew even if it is there and whole. */
  readonly force: boolean;
}

export interface SetUp {
  readonly folder: string;
  /** Whether it was there already. */
  readonly kept: boolean;
  readonly probe: Probe;
}

/**
 * Puts a working addon into the user's cache: all or nothing, under a name that tells version, flavour and system. What
 * is made is tried in a process of its own before it gets that name.
 *
 * @throws Failure naming what is missing and what to do: `native-no-package`, `native-no-python`, `native-no-pip`,
 *   `native-no-compiler`, `native-no-headers`, `native-no-disk`, `native-no-wheel`, `native-bad-wheel`,
 *   `native-compile-failed`, `native-unsupported`, `native-load-failed`.
 */
export async function setUpNative(options: SetUpOptions): Promise<SetUp> {
  const { packageFolder, flavour, env, say } = options;
  if (packageFolder === undefined) throw noPackage();
  const home = cacheFolder(packageVersion(packageFolder), flavour, env);
  if (!options.force && (await isWhole(home, say))) {
    return { folder: home, kept: true, probe: await tryOut(home, options, packageFolder) };
  }
  const cache = nativeCache(env);
  mkdirSync(cache, { recursive: true });
  sweep(cache);
  const staging = join(cache, `.staging-${process.pid}-${randomBytes(4).toString('hex')}`);
  mkdirSync(staging);
  try {
    const source = await fill(staging, options, packageFolder);
    say('trying it out');
    const tried = await tryOut(staging, options, packageFolder);
    await writeManifest(staging, {
      source,
      packageVersion: packageVersion(packageFolder),
      flavour,
      tensorflow: tried.engine.replace(/^libtensorflow /, ''),
    });
    publish(staging, home);
    return { folder: home, kept: false, probe: tried };
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

/** @returns where it came from, for the manifest */
async function fill(staging: string, options: SetUpOptions, packageFolder: string): Promise<string> {
  const { flavour, say } = options;
  // The installer's CUDA build (11.2) knows no GPU later than Ampere, so it is not tried for --gpu.
  if (flavour === 'cpu') {
    const unreachable = await whyUnreachable(options);
    if (unreachable === undefined) {
      say(`running the installer of ${nativePackage}`);
      const failed = await runOwnInstaller({ packageFolder, into: staging }, options);
      if (failed === undefined) return `the installer of ${nativePackage}`;
      say(`it failed (${failed.trim()}); building the addon here instead`);
      rmSync(staging, { recursive: true, force: true });
      mkdirSync(staging);
    } else {
      say(
        `the download of ${nativePackage} is out of reach (${unreachable}); building the addon here instead`,
      );
    }
  }
  const tools = await findToolchain(options);
  refuseFullDisk(staging, diskNeeded[flavour]);
  await buildFromWheel({ packageFolder, into: staging, flavour }, tools, options);
  return `compiled against ${wheelOf[flavour]}`;
}

async function tryOut(folder: string, { flavour, env }: SetUpOptions, packageFolder: string): Promise<Probe> {
  const addon = { file: join(folder, addonInFolder), folder, flavour };
  return probe({ what: { addon, packageFolder } }, env);
}

async function isWhole(folder: string, say: (line: string) => void): Promise<boolean> {
  if (!existsSync(join(folder, manifestName))) return false;
  try {
    await checkFiles(folder, { thorough: true });
    return true;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    say(`${error.message} (${error.details.where}); making it again`);
    return false;
  }
}

async function writeManifest(folder: string, about: Omit<NativeManifest, 'format' | 'files'>): Promise<void> {
  const files: Record<string, FileStamp> = {};
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    const { size, mtimeMs, isFile } = statOf(file);
    if (!isFile) continue;
    const name = relative(folder, file).split(sep).join('/');
    files[name] = { sha256: await sha256Of(file), bytes: size, modifiedMs: mtimeMs };
  }
  const manifest: NativeManifest = { format: 1, ...about, files };
  writeFileSync(join(folder, manifestName), JSON.stringify(manifest, null, 2), { flush: true });
}

function statOf(file: string): { size: number; mtimeMs: number; isFile: boolean } {
  const { size, mtimeMs, ...stat } = statSync(file);
  return { size, mtimeMs, isFile: (stat.mode & 0o170000) === 0o100000 };
}

/** Folders can't be replaced by a rename, so what was there steps aside first. */
function publish(staging: string, home: string): void {
  const aside = `${staging}-old`;
  if (existsSync(home)) renameSync(home, aside);
  renameSync(staging, home);
  rmSync(aside, { recursive: true, force: true });
}

/** Removes what set-ups left that were killed: their process is in the folder's name. */
function sweep(cache: string): void {
  for (const name of readdirSync(cache)) {
    const pid = /^\.staging-(\d+)-/.exec(name)?.[1];
    if (pid === undefined) continue;
    try {
      process.kill(Number(pid), 0);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') continue;
      rmSync(join(cache, name), { recursive: true, force: true });
    }
  }
}

/** @throws Failure `native-no-disk` */
export function refuseFullDisk(folder: string, bytesNeeded: number): void {
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize >= bytesNeeded) return;
  const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
  throw new Failure({
    code: 'native-no-disk',
    blame: 'machine',
    message: 'there is not enough room on the disk to set up native TensorFlow',
    where: folder,
    expected: `${gigabytes(bytesNeeded)} free`,
    found: gigabytes(bavail * bsize),
    next: 'free some disk space, or set XDG_CACHE_HOME to a folder on another disk',
  });
}

function noPackage(): Failure {
  return new Failure({
    code: 'native-no-package',
    blame: 'machine',
    message: `${nativePackage} is not installed`,
    expected: 'the package, with or without its addon',
    found: 'nothing: npm leaves an optional package out when its installer fails',
    next: `run \`npm install --no-save --ignore-scripts ${nativePackage}\`, then this again`,
  });
}
