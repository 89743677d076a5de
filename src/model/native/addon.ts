import { existsSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { cacheFolder } from '../../system/cache-folder.ts';
import { Failure } from '../../system/failure.ts';
import { sha256OfFile } from '../../system/hash.ts';
import { writeWholeSync } from '../../system/whole-file.ts';

/** The npm package whose C++ addon binds Node to libtensorflow. */
export const nativePackage = '@tensorflow/tfjs-node-gpu';

/** Where the addon lies inside a package or a cache folder; every Node that we support speaks Node-API 8. */
export const addonInFolder = join('lib', 'napi-v8', 'tfjs_binding.node');

/** Ours, beside it where it was built here: see `startup-source.ts`. */
export const startupInFolder = join('lib', 'napi-v8', 'startup.node');

/** What the addon is linked against: made for processors only, or with CUDA. */
export type Flavour = 'cpu' | 'gpu';

export interface NativeAddon {
  /** `tfjs_binding.node`. */
  readonly file: string;
  /** The folder that holds it: the npm package's, or one of our cache's. */
  readonly folder: string;
  /** `package`: put there by the package's own installer; otherwise made by `setUpNative`. */
  readonly flavour: Flavour | 'package';
}

/** Written last into a folder of the cache, so a folder without it is not finished. */
export interface NativeManifest {
  readonly format: 1;
  /** How it came about: the package's own download, or compiled here against a wheel. */
  readonly source: string;
  readonly packageVersion: string;
  readonly flavour: Flavour;
  /** Version of libtensorflow, for example `2.21.0`. */
  readonly tensorflow: string;
  /** By path relative to the folder, with `/`. */
  readonly files: Readonly<Record<string, FileStamp>>;
}

/**
 * Hashing 850 MB of libraries at every start would take longer than loading them. So their sizes and times are
 * compared with what they were when their digests were last checked, and the digests only when those differ; the addons
 * themselves are small and always hashed. A thorough check hashes everything.
 */
export interface FileStamp {
  readonly sha256: string;
  readonly bytes: number;
  readonly modifiedMs: number;
}

export const manifestName = 'manifest.json';

/** Where addons are kept that were made here. */
export function nativeCache(env: NodeJS.ProcessEnv = process.env): string {
  return join(cacheFolder(env), 'native');
}

/** The version of the npm package that Assay is made for. */
export const nativePackageVersion = '4.22.0';

/** Where `installPackage` puts the npm package: beside the addons, for nobody's project lists it. */
export function packageHome(env: NodeJS.ProcessEnv = process.env): string {
  return join(nativeCache(env), `package-${nativePackageVersion}`);
}

/** The folder of the npm package, if it is installed: as this project resolves it, as in a clone, else that of the cache. */
export function packageFolder(env: NodeJS.ProcessEnv = process.env): string | undefined {
  for (const from of [import.meta.url, join(packageHome(env), 'package.json')]) {
    try {
      return dirname(createRequire(from).resolve(`${nativePackage}/package.json`));
    } catch {
      // The next place, or none.
    }
  }
  return undefined;
}

export function packageVersion(folder: string): string {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
  return manifest.version;
}

/** Where `setUpNative` keeps the addon for this version of the package; processor and system are in the name. */
export function addonFolder(version: string, flavour: Flavour, env: NodeJS.ProcessEnv = process.env): string {
  return join(nativeCache(env), `${version}-${flavour}-${process.platform}-${process.arch}`);
}

/**
 * The addon that would be loaded, found by looking at files only: what `setUpNative` made, since it was asked for by
 * name, with CUDA first; else what the package's own installer left in node_modules.
 */
export function findNative(
  env: NodeJS.ProcessEnv = process.env,
  folder: string | undefined = packageFolder(env),
): NativeAddon | undefined {
  if (folder === undefined) return undefined;
  const version = packageVersion(folder);
  const inCache = (flavour: Flavour): NativeAddon => {
    const home = addonFolder(version, flavour, env);
    return { file: join(home, addonInFolder), folder: home, flavour };
  };
  const places: NativeAddon[] = [
    inCache('gpu'),
    inCache('cpu'),
    { file: join(folder, addonInFolder), folder, flavour: 'package' },
  ];
  return places.find(
    (place) =>
      existsSync(place.file) && (place.flavour === 'package' || existsSync(join(place.folder, manifestName))),
  );
}

/**
 * What computes, for the record and for keys, from files only: `tfjs-node-gpu 4.22.0, libtensorflow 2.21.0`. Another
 * library may give other low bits. Undefined where nothing is set up.
 */
export function nativeEngine(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const folder = packageFolder(env);
  const addon = findNative(env, folder);
  if (folder === undefined || addon === undefined) return undefined;
  const library =
    addon.flavour === 'package'
      ? `installed ${statSync(addon.file).mtime.toISOString()}`
      : readManifest(addon.folder).tensorflow;
  return `tfjs-node-gpu ${packageVersion(folder)}, libtensorflow ${library}`;
}

/** Whether `loadNative` has something to load. Looks at files only, so it is cheap and may be wrong about their use. */
export function nativeAvailable(env: NodeJS.ProcessEnv = process.env): boolean {
  return findNative(env) !== undefined;
}

/** Whether the system shows an NVIDIA device and the addon may be one that can use it. Looks at files only. */
export function nativeGpuLikely(env: NodeJS.ProcessEnv = process.env): boolean {
  const addon = findNative(env);
  if (addon === undefined || addon.flavour === 'cpu') return false;
  const hidden = env['CUDA_VISIBLE_DEVICES'];
  if (hidden !== undefined && (hidden === '' || hidden.startsWith('-1'))) return false;
  return existsSync('/dev/nvidiactl') || existsSync('/proc/driver/nvidia/gpus');
}

export function readManifest(folder: string): NativeManifest {
  const file = join(folder, manifestName);
  try {
    const read = JSON.parse(readFileSync(file, 'utf8')) as {
      readonly format?: unknown;
      readonly files?: unknown;
    };
    if (read.format === 1 && typeof read.files === 'object') return read as NativeManifest;
  } catch {
    // Told below: a manifest that can't be read is as bad as one that lies.
  }
  throw damaged(file, 'the manifest that the set-up wrote', 'something else');
}

export function writeManifest(folder: string, manifest: NativeManifest): void {
  writeWholeSync(join(folder, manifestName), JSON.stringify(manifest, null, 2));
}

/**
 * Compares the files of a cache folder with its manifest.
 * @throws Failure `native-damaged` naming the first file that is missing or differs.
 */
export async function checkFiles(folder: string, { thorough }: { thorough: boolean }): Promise<void> {
  const manifest = readManifest(folder);
  const restamped: Record<string, FileStamp> = {};
  for (const [name, stamp] of Object.entries(manifest.files)) {
    const file = join(folder, name);
    const found = statSync(file, { throwIfNoEntry: false });
    if (found === undefined) throw damaged(file, `${stamp.bytes} bytes`, 'no such file');
    if (found.size !== stamp.bytes) throw damaged(file, `${stamp.bytes} bytes`, `${found.size} bytes`);
    const untouched = found.mtimeMs === stamp.modifiedMs;
    if (untouched && !thorough && !name.endsWith('.node')) continue;
    const sha256 = await sha256OfFile(file);
    if (sha256 !== stamp.sha256) throw damaged(file, `SHA-256 ${stamp.sha256}`, sha256);
    if (!untouched) restamped[name] = { ...stamp, modifiedMs: found.mtimeMs };
  }
  if (Object.keys(restamped).length > 0) remember(folder, manifest, restamped);
}

/** Copied or touched files were right after all: note it, so that the next start need not hash them again. */
function remember(folder: string, manifest: NativeManifest, restamped: Record<string, FileStamp>): void {
  try {
    const next: NativeManifest = { ...manifest, files: { ...manifest.files, ...restamped } };
    writeManifest(folder, next);
  } catch {
    // A read-only cache only costs the hashing again.
  }
}

function damaged(where: string, expected: string, found: string): Failure {
  return new Failure({
    code: 'native-damaged',
    blame: 'machine',
    message: 'the native TensorFlow in the cache is not what its set-up put there; it is not loaded',
    where,
    expected,
    found,
    remedy: { code: 'set-up-native', again: true },
  });
}
