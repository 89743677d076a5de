import { createRequire } from 'node:module';
import type { Tfjs } from '../decoder/tfjs.ts';
import { type BackendName, backendNames } from '../language-model.ts';
import { Failure } from '../../system/failure.ts';
import { mustBeThere } from '../native/absent.ts';
import { nativeAvailable, nativeEngine, nativeGpuLikely } from '../native/addon.ts';

/**
 * The backend to use: the one asked for, or the best that seems to be there. Looks at files only, so that a plan is quick and
 * knows what is not set up; whether it really loads shows when a model is opened, and then nothing slower is put in its place.
 * @throws Failure `backend-unknown`, `native-not-installed`, `native-no-gpu`
 */
export function chooseBackend(requested?: string, env: NodeJS.ProcessEnv = process.env): BackendName {
  if (requested === undefined) {
    if (nativeGpuLikely(env)) return 'tensorflow-gpu';
    return nativeAvailable(env) ? 'tensorflow' : 'wasm';
  }
  const known = backendNames.find((name) => name === requested);
  if (known !== undefined) {
    if (known !== 'wasm') mustBeThere(known === 'tensorflow' ? 'cpu' : 'gpu', env);
    return known;
  }
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

/**
 * The library under a backend, by name and version, without loading it. For native with libtensorflow's, whose kernels may round
 * differently from one version to the next: `tfjs-node-gpu 4.22.0, libtensorflow 2.21.0`, `tfjs-backend-wasm 4.22.0`.
 */
export function backendLibrary(backend: BackendName): string {
  const name = backend === 'wasm' ? '@tensorflow/tfjs-backend-wasm' : '@tensorflow/tfjs-node-gpu';
  const native = backend === 'wasm' ? undefined : nativeEngine();
  if (native !== undefined) return native;
  const { version } = createRequire(import.meta.url)(`${name}/package.json`) as { version: string };
  return `${name.replace('@tensorflow/', '')} ${version}`;
}
