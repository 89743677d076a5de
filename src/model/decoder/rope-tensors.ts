import type { ModelConfig } from './config.ts';
import type { RopeTensors } from './forward.ts';
import { ropeAngles, ropeFrequencies } from './rope.ts';
import type { Tfjs } from './tfjs.ts';

/** cos and sin of positions as `forward` takes them, for sequences of `length` tokens. The caller disposes of both. */
export function ropeTensors(
  tf: Tfjs,
  config: ModelConfig,
  positions: ArrayLike<number>,
  length: number,
): RopeTensors {
  const { head_dim: d, rope } = config;
  const { cos, sin } = ropeAngles(ropeFrequencies(rope, d, length), positions);
  return tf.tidy(() => {
    const c = tf.tensor3d(cos, [positions.length, 1, d / 2]);
    const s = tf.tensor3d(sin, [positions.length, 1, d / 2]);
    return { cos: tf.concat([c, c], 2), sin: tf.concat([tf.neg(s), s], 2) };
  });
}
