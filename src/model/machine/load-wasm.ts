import type { Tfjs } from '../decoder/tfjs.ts';
import { Failure } from '../../system/failure.ts';

/** Loads the wasm backend into this thread. @throws Failure `wasm-load-failed` */
export async function loadWasmBackend(): Promise<Tfjs> {
  const tf: Tfjs = await import('@tensorflow/tfjs-core');
  await import('@tensorflow/tfjs-backend-wasm');
  // Only flags that the user sets are of interest, not tfjs's advice on faster packages.
  tf.env().set('PROD', true);
  if (await tf.setBackend('wasm')) return tf;
  throw new Failure({
    code: 'wasm-load-failed',
    blame: 'machine',
    message: 'the wasm backend does not start',
    expected: 'WebAssembly with SIMD',
    found: `Node ${process.version} on ${process.arch}`,
    next: 'use a current Node on x64 or arm64',
    remedy: { code: 'set-up-native' },
  });
}
