import { backendVersion } from './backends.ts';
import type { BackendName, Numerics } from '../language-model.ts';

/** Raised when the forward pass or the readings may give other numbers: part of every cached score's key. */
const forwardVersion = 2;

/** How a backend makes numbers, known without loading it: plans ask this, and must not wait for a forward pass. */
export function numericsOf(backend: BackendName): Numerics {
  return { backend, dtype: 'float32', forward: forwardVersion, engine: backendVersion(backend) };
}
