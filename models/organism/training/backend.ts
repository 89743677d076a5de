import { createRequire } from 'node:module';
import type { Tfjs } from '../../../src/model/decoder/tfjs.ts';
import { loadNativeBackend } from '../../../src/model/machine/backends.ts';
import { loadWasmBackend } from '../../../src/model/machine/load-wasm.ts';
import { nativeAvailable } from '../../../src/model/native/addon.ts';

export type TrainingBackend = 'tensorflow' | 'wasm';

/**
 * Native TensorFlow on the processor where it is set up, else wasm: the same training, many times slower. The gradients of
 * tfjs come with `@tensorflow/tfjs-layers`, not with tfjs-core: for this alone it is a development dependency.
 */
export async function openBackend(asked?: string): Promise<{ tf: Tfjs; backend: TrainingBackend }> {
  const backend = asked ?? (nativeAvailable() ? 'tensorflow' : 'wasm');
  if (backend === 'tensorflow') return { tf: (await loadNativeBackend(backend)).tf, backend };
  if (backend === 'wasm') {
    const tf = await loadWasmBackend();
    registerGradients();
    return { tf, backend };
  }
  throw new RangeError(`Expected --backend to be tensorflow or wasm, got "${backend}".`);
}

/** Gradients are kept per process, so any module that registers them does it for all. */
export function registerGradients(): void {
  try {
    createRequire(import.meta.url)('@tensorflow/tfjs-layers');
  } catch (error) {
    throw new Error(
      'Training needs the gradients of tfjs, which are in @tensorflow/tfjs-layers, and that cannot be loaded; ' +
        'run `npm ci`, then train again.',
      { cause: error },
    );
  }
}
