import { Failure } from '../../system/failure.ts';
import { gigabytes } from '../../system/quantities.ts';
import type { Tfjs } from '../decoder/tfjs.ts';
import { wasmHeapSize } from './tfjs-internals.ts';

/** Past about 4.05 GB malloc returns 0 unchecked, and tensors alias each other in silence. */
const most = 4e9;

/**
 * Throws before a wasm heap is so full that its allocator would give the same memory twice. On other backends it does nothing.
 * @throws Failure `wasm-memory`
 */
export function refuseFullHeap(tf: Tfjs): void {
  if (tf.getBackend() !== 'wasm') return;
  const bytes = wasmHeapSize(tf);
  if (bytes <= most) return;
  throw new Failure({
    code: 'wasm-memory',
    blame: 'machine',
    message: 'the heap of a wasm instance is full',
    expected: `at most ${gigabytes(most)}`,
    found: gigabytes(bytes),
    remedy: { code: 'use-native' },
  });
}
