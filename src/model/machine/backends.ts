import { createRequire } from 'node:module';
import type { ChunkLimits } from '../forest/chunk.ts';
import type { Tfjs } from '../decoder/forward.ts';
import { type BackendName, backendNames } from '../language-model.ts';
import { Failure } from '../../system/failure.ts';
import { nativeAvailable, nativeEngine, nativeGpuLikely } from '../native/addon.ts';

/**
 * The backend to use: the one asked for, or the best that seems to be there. Looks at files only, so that a plan is quick; whether
 * it really loads shows when a model is opened, and then nothing slower is put in its place.
 * @throws Failure `backend-unknown`
 */
export function chooseBackend(requested?: string): BackendName {
  if (requested === undefined) {
    if (nativeGpuLikely()) return 'tensorflow-gpu';
    return nativeAvailable() ? 'tensorflow' : 'wasm';
  }
  const known = backendNames.find((name) => name === requested);
  if (known !== undefined) return known;
  throw new Failure({
    code: 'backend-unknown',
    blame: 'user',
    message: 'there is no such backend',
    expected: backendNames.join(', '),
    found: requested,
    next: 'choose one of these, or leave the choice to Assay',
  });
}

/** Loads native TensorFlow into this thread. @throws Failure as `native/load.ts` says */
export async function loadNativeBackend(
  backend: 'tensorflow' | 'tensorflow-gpu',
): Promise<{ tf: Tfjs; version: string }> {
  const { loadNative } = await import('../native/load.ts');
  // With oneDNN, TensorFlow keeps what is freed in regions of its own, which grow by doubling: half a gigabyte more at the
  // size of TinyLlama, none of it given back. The system's allocator gives large blocks back at once.
  process.env['TF_ONEDNN_USE_SYSTEM_ALLOCATOR'] ??= '1';
  const { tf, tensorflowVersion } = await loadNative({ device: backend === 'tensorflow' ? 'cpu' : 'gpu' });
  return { tf, version: tensorflowVersion };
}

/** Loads the wasm backend into this thread. */
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

/**
 * What the numbers of a backend depend on beside our own code, without loading it: the engine and, for native, libtensorflow, whose
 * kernels may round differently from one version to the next.
 */
export function backendVersion(backend: BackendName): string {
  const name = backend === 'wasm' ? '@tensorflow/tfjs-backend-wasm' : '@tensorflow/tfjs-node-gpu';
  const native = backend === 'wasm' ? undefined : nativeEngine();
  if (native !== undefined) return native;
  const { version } = createRequire(import.meta.url)(`${name}/package.json`) as { version: string };
  return `${name.replace('@tensorflow/', '')} ${version}`;
}

/**
 * Chunk sizes. On processors products gain little above 400 rows, and every row more holds memory; attention by blocks costs
 * the same at any size; a wasm heap is small, and its products gain nothing above 256 rows.
 */
export function chunkLimits(backend: BackendName): ChunkLimits {
  if (backend === 'tensorflow-gpu') return { nodes: 4096, block: 64, scores: 1 << 28 };
  if (backend === 'tensorflow') return { nodes: 512, block: 32, scores: 1 << 26 };
  return { nodes: 256, block: 64, scores: 1 << 24 };
}
