import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { refuseFullDisk } from '../../system/disk.ts';
import { Failure } from '../../system/failure.ts';
import { sha256OfFile } from '../../system/hash.ts';
import { isRunning } from '../../system/processes/process.ts';
import { gigabytes } from '../../system/quantities.ts';
import { syncFolder } from '../../system/whole-file.ts';
import {
  addonFolder,
  addonInFolder,
  checkFiles,
  manifestName,
  nativeCache,
  nativePackage,
  packageVersion,
  writeManifest,
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
  const home = addonFolder(packageVersion(packageFolder), flavour, env);
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
    await describeFiles(staging, {
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
  // The installer's CUDA build (11.2) knows no GPU later than Ampere, so it is not tried for GPUs.
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
  const needed = diskNeeded[flavour];
  refuseFullDisk(staging, needed, (free) => noRoom(staging, needed, free));
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

async function describeFiles(folder: string, about: Omit<NativeManifest, 'format' | 'files'>): Promise<void> {
  const files: Record<string, FileStamp> = {};
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    const { size, mtimeMs, isFile } = statOf(file);
    if (!isFile) continue;
    const name = relative(folder, file).split(sep).join('/');
    files[name] = { sha256: await sha256OfFile(file), bytes: size, modifiedMs: mtimeMs };
  }
  writeManifest(folder, { format: 1, ...about, files });
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
  syncFolder(dirname(home));
  rmSync(aside, { recursive: true, force: true });
}

/** Removes what set-ups left that were killed: their process is in the folder's name. */
function sweep(cache: string): void {
  for (const name of readdirSync(cache)) {
    const pid = /^\.staging-(\d+)-/.exec(name)?.[1];
    if (pid === undefined || isRunning(Number(pid))) continue;
    rmSync(join(cache, name), { recursive: true, force: true });
  }
}

function noRoom(folder: string, bytesNeeded: number, free: number): Failure {
  return new Failure({
    code: 'native-no-disk',
    blame: 'machine',
    message: 'there is not enough room on the disk to set up native TensorFlow',
    where: folder,
    expected: `${gigabytes(bytesNeeded)} free`,
    found: gigabytes(free),
    next: 'free some disk space, or set XDG_CACHE_HOME to a folder on another disk',
  });
}

function noPackage(): Failure {
  return new Failure({
    code: 'native-no-package',
    blame: 'machine',
    message: `${nativePackage} is not installed`,
    expected: 'the package, with or without its addon',
    found: 'nothing, and npm could not fetch it',
    next: 'see that npm and its registry can be reached, then try again',
  });
}
