import { dirname } from 'node:path';
import { Failure } from '../../system/failure.ts';
import { findNative, nativePackage, packageFolder, type NativeAddon } from './addon.ts';

/**
 * Refuses native TensorFlow where files alone show that there is none, or none for a GPU.
 * @throws Failure `native-not-installed`, `native-no-gpu`
 */
export function mustBeThere(device: 'cpu' | 'gpu', env: NodeJS.ProcessEnv = process.env): void {
  const folder = packageFolder(env);
  const addon = findNative(env, folder);
  if (addon === undefined) throw notInstalled(folder);
  if (device === 'gpu' && addon.flavour === 'cpu') throw noGpu(addon);
}

export function notInstalled(folder: string | undefined): Failure {
  return new Failure({
    code: 'native-not-installed',
    blame: 'machine',
    message: 'native TensorFlow is not set up on this machine',
    expected: `${nativePackage} and its addon`,
    found: folder === undefined ? 'the package is not installed' : 'the package without its addon',
    remedy: { code: 'set-up-native', otherwise: 'wasm' },
  });
}

export function noGpu(addon: NativeAddon): Failure {
  return new Failure({
    code: 'native-no-gpu',
    blame: 'machine',
    message: 'native TensorFlow sees no GPU that it can use',
    where: dirname(addon.file),
    expected: 'an NVIDIA GPU, its driver, and an addon built with CUDA',
    found: addon.flavour === 'cpu' ? 'an addon for processors only' : 'the processor only',
    remedy: { code: 'set-up-gpu' },
  });
}
