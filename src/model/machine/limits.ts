import type { ChunkLimits } from '../forest/chunk.ts';
import type { BackendName } from '../language-model.ts';

/**
 * Chunk sizes. On processors products gain little above 400 prefixes, and every prefix more holds memory; attention costs the same at any
 * size; a wasm heap is small, and its products gain nothing above 256 prefixes. On processors no reading depends on these.
 * @param weights of the model: what is read of a chunk is kept when all of it is done, so that no chunk may take many seconds
 */
export function chunkLimits(backend: BackendName, weights = 0): ChunkLimits {
  if (backend === 'tensorflow-gpu') return { prefixes: 4096, block: 64, unit: 16 };
  if (backend === 'tensorflow') return { prefixes: weights > 5e8 ? 256 : 512, block: 32, unit: 16 };
  return { prefixes: 256, block: 64, unit: 8 };
}

/** Hidden states and masks that may wait between two layers when weights are streamed, in bytes per machine. */
export function sweepBytes(backend: BackendName): number {
  return backend === 'tensorflow-gpu' ? 2 << 29 : backend === 'tensorflow' ? 256 << 20 : 128 << 20;
}
