import { existsSync } from 'node:fs';
import { createRequire, Module } from 'node:module';
import { join } from 'node:path';
import util from 'node:util';
import { Failure } from '../../system/failure.ts';
import { checkFiles, findNative, packageFolder, startupInFolder, type NativeAddon } from './addon.ts';
import { noGpu, notInstalled } from './absent.ts';
import type { Tfjs } from '../decoder/tfjs.ts';
import { nativeBinding, nativeUsesGpu } from '../machine/tfjs-internals.ts';
import { refuseReducedPrecision, switchOffReducedPrecision } from './precision.ts';

export { nativeAvailable, nativeGpuLikely } from './addon.ts';

export interface NativeTensorFlow {
  /** The same module instance that `import('@tensorflow/tfjs-core')` gives, with the backend `tensorflow` set. */
  readonly tf: Tfjs;
  /** Where kernels run. */
  readonly device: 'cpu' | 'gpu';
  /** Version of libtensorflow, for example `2.21.0`. */
  readonly tensorflowVersion: string;
  readonly addon: NativeAddon;
}

export interface LoadNativeOptions {
  /**
   * `cpu` hides all GPUs from TensorFlow; `gpu` fails where none can be used. Default: a GPU where there is one.
   * TensorFlow takes this once per process.
   */
  readonly device?: 'cpu' | 'gpu';
}

let loading: Promise<NativeTensorFlow> | undefined;

/**
 * Loads native TensorFlow into this process, once; must be called from the main thread before any other TensorFlow is
 * loaded, since libtensorflow reads its settings from the environment as it starts. On a GPU it is checked that
 * products are computed in full float32.
 *
 * @throws Failure `native-not-installed`, `native-damaged`, `native-load-failed`, `native-no-gpu`,
 *   `native-device-taken`, `tf32-on`.
 */
export async function loadNative({ device }: LoadNativeOptions = {}): Promise<NativeTensorFlow> {
  loading ??= load(device);
  const native = await loading;
  if (device === undefined || device === native.device) return native;
  if (device === 'gpu' && process.env['CUDA_VISIBLE_DEVICES'] !== '-1') throw noGpu(native.addon);
  throw new Failure({
    code: 'native-device-taken',
    blame: 'user',
    message: 'one process runs native TensorFlow on one device only',
    expected: device,
    found: `${native.device}, since it was loaded for that`,
    remedy: { code: 'same-backend' },
  });
}

async function load(device: 'cpu' | 'gpu' | undefined): Promise<NativeTensorFlow> {
  const folder = packageFolder();
  const addon = findNative();
  if (folder === undefined || addon === undefined) throw notInstalled(folder);
  if (addon.flavour !== 'package') await checkFiles(addon.folder, { thorough: false });
  return loadAddon(folder, addon, device);
}

/** Loads one addon into this process, without looking at its digests; `loadNative` is what programs call. */
export async function loadAddon(
  folder: string,
  addon: NativeAddon,
  device?: 'cpu' | 'gpu',
): Promise<NativeTensorFlow> {
  setEnvironment(device);
  restoreRemovedUtilities();
  const tf = requireWithAddon(folder, addon);
  const native: NativeTensorFlow = {
    tf,
    device: nativeUsesGpu(tf) ? 'gpu' : 'cpu',
    tensorflowVersion: nativeBinding(tf).TF_Version,
    addon,
  };
  if (native.device === 'gpu') await refuseReducedPrecision(tf);
  return native;
}

/** What libtensorflow reads as it starts. The user's own settings win, save for TF32, which would change numbers. */
function setEnvironment(device: 'cpu' | 'gpu' | undefined): void {
  // 2: errors only.
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
  process.env['TF_FORCE_GPU_ALLOW_GROWTH'] ??= 'true';
  switchOffReducedPrecision();
  if (device === 'cpu') process.env['CUDA_VISIBLE_DEVICES'] = '-1';
}

/** tfjs-node 4.22 calls functions that Node 23 removed; Node 22 and 24 warn on stderr of those that they still have. */
function restoreRemovedUtilities(): void {
  const old = util as unknown as Record<string, unknown>;
  old['isNullOrUndefined'] = (value: unknown) => value === null || value === undefined;
  old['isArray'] = Array.isArray;
}

/**
 * The package asks `@mapbox/node-pre-gyp` where its addon is, and that knows only the package's own folder. So while
 * the package loads, `require` gives it a node-pre-gyp that answers with the addon that was found. Nothing in
 * node_modules is touched, and `npm ci` can't undo it. (It is quicker too, and node-pre-gyp would parse our argv.)
 */
function requireWithAddon(folder: string, addon: NativeAddon): Tfjs {
  const requireThere = createRequire(join(folder, 'package.json'));
  const locator = requireThere.resolve('@mapbox/node-pre-gyp');
  const real = requireThere.cache[locator];
  const standIn = new Module(locator);
  standIn.filename = locator;
  standIn.loaded = true;
  standIn.exports = { find: () => addon.file };
  requireThere.cache[locator] = standIn;
  shareCore(requireThere);
  try {
    const startup = join(addon.folder, startupInFolder);
    if (existsSync(startup)) requireThere(startup);
    return requireThere(folder) as Tfjs;
  } catch (error) {
    throw loadFailed(addon, error);
  } finally {
    if (real === undefined) Reflect.deleteProperty(requireThere.cache, locator);
    else requireThere.cache[locator] = real;
  }
}

/**
 * A package outside the project, as in the cache, has a TensorFlow.js of its own beside it. It is given this program's, for
 * there is one registry of kernels and one kind of tensor in a process.
 */
function shareCore(requireThere: NodeJS.Require): void {
  const name = '@tensorflow/tfjs-core';
  const requireHere = createRequire(import.meta.url);
  const here = requireHere.resolve(name);
  const there = createRequire(requireThere.resolve('@tensorflow/tfjs')).resolve(name);
  if (here === there) return;
  requireHere(name);
  requireThere.cache[there] = requireHere.cache[here];
}

function loadFailed(addon: NativeAddon, error: unknown): Failure {
  const isOurs = addon.flavour !== 'package';
  return new Failure({
    code: 'native-load-failed',
    blame: 'machine',
    message: 'native TensorFlow is there but does not load',
    where: addon.file,
    found: String(error instanceof Error ? error.message : error).replace(/\n[^]*/, ''),
    remedy: { code: 'set-up-native', ...(isOurs && { again: true }), otherwise: 'wasm' },
  });
}
