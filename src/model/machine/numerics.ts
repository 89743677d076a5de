import type { BackendName, Numerics } from '../language-model.ts';
import { backendLibrary } from './backends.ts';

/**
 * How a backend makes numbers, known without loading it: plans ask this, and must not wait for a forward pass.
 * @param code digest of the modules that make readings: see `decodingModules`
 */
export function numericsOf(backend: BackendName, code: string): Numerics {
  return { backend, dtype: 'float32', code, library: backendLibrary(backend) };
}
