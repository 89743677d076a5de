import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { ModelConfig } from '../checkpoint/config.ts';
import type { Attention, RopeTensors, Tfjs } from './forward.ts';
import { ropeFrequencies, ropeRows } from './rope.ts';

/** cos and sin of positions as `forward` takes them, for sequences of `length` tokens. The caller disposes of both. */
export function ropeTensors(
  tf: Tfjs,
  config: ModelConfig,
  positions: ArrayLike<number>,
  length: number,
): RopeTensors {
  const { head_dim: d, rope } = config;
  const { cos, sin } = ropeRows(ropeFrequencies(rope, d, length), positions);
  return tf.tidy(() => {
    const c = tf.tensor3d(cos, [positions.length, 1, d / 2]);
    const s = tf.tensor3d(sin, [positions.length, 1, d / 2]);
    return { cos: tf.concat([c, c], 2), sin: tf.concat([tf.neg(s), s], 2) };
  });
}

/**
 * What `forward` needs beside weights and input for a batch of `sequences` sequences of `length` tokens each, rows ordered by
 * sequence and position: what a trainer passes. The caller disposes of all tensors in it.
 */
export function uniformBatch(
  tf: Tfjs,
  config: ModelConfig,
  { sequences, length }: { sequences: number; length: number },
): { rope: RopeTensors; attention: Attention } {
  const positions = Int32Array.from({ length: sequences * length }, (_, row) => row % length);
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
    attention: { blocks: sequences, rows: length, keys: length, masks },
  };
}
