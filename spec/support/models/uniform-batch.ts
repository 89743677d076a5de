import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { ModelConfig } from '../../../src/model/decoder/config.ts';
import type { DecoderInput } from '../../../src/model/decoder/forward.ts';
import { ropeTensors } from '../../../src/model/decoder/rope-tensors.ts';
import type { Tfjs } from '../../../src/model/decoder/tfjs.ts';

/**
 * What `forward` needs beside weights and embedded tokens for `sequences` sequences of `length` tokens each, slots ordered by
 * sequence and position. The caller disposes of all tensors in it.
 */
export function uniformBatch(
  tf: Tfjs,
  config: ModelConfig,
  { sequences, length }: { sequences: number; length: number },
): Pick<DecoderInput, 'rope' | 'attention'> {
  const positions = Int32Array.from({ length: sequences * length }, (_, slot) => slot % length);
  const masks = new Map<number | undefined, Tensor4D>();
  for (const window of new Set(config.windows)) {
    const causal = Float32Array.from({ length: length * length }, (_, i) => {
      const back = Math.floor(i / length) - (i % length);
      return back >= 0 && back < (window ?? Infinity) ? 0 : -1e9;
    });
    masks.set(window, tf.tensor4d(causal, [1, 1, length, length]));
  }
  return {
    rope: ropeTensors(tf, config, positions, length),
    attention: { blocks: sequences, blockSize: length, masks },
  };
}
