import { Failure } from '../../system/failure.ts';
import type { Tfjs } from '../decoder/tfjs.ts';

/**
 * TF32 rounds the inputs of a product to 10 bits, so 1.0001 becomes 1. It is used for some shapes only
 * (tensorflow.org, `enable_tensor_float_32_execution`): both a tiny product and one of a layer's size are tried.
 */
const shapes: readonly (readonly [rows: number, inner: number, columns: number])[] = [
  [2, 2, 2],
  [256, 2048, 2048],
];

/** Makes a GPU multiply in full float32. libtensorflow reads this as it starts; no setting of the user's may change numbers. */
export function switchOffReducedPrecision(env: NodeJS.ProcessEnv = process.env): void {
  env['NVIDIA_TF32_OVERRIDE'] = '0';
}

/** Half of what TF32 loses; twice what float32 may lose when 2048 equal terms are added one after the other. */
const tolerance = 5e-5;

/**
 * Checks that products of float32 matrices are computed in float32: every element of fill(1.0001) x ones, divided by
 * the inner size, is 1.0001; with TF32 it is 1.
 * @throws Failure `tf32-on`
 */
export async function refuseReducedPrecision(tf: Tfjs): Promise<void> {
  for (const [rows, inner, columns] of shapes) {
    const extremes = tf.tidy(() => {
      const product = tf.matMul(tf.fill([rows, inner], 1.0001), tf.ones([inner, columns]));
      return tf.div(tf.stack([tf.min(product), tf.max(product)]), inner);
    });
    const found = await extremes.data();
    extremes.dispose();
    if (found.every((term) => Math.abs(term - 1.0001) < tolerance)) continue;
    throw new Failure({
      code: 'tf32-on',
      blame: 'machine',
      message: 'the device computes products with fewer bits than float32 (TF32); scores would be wrong',
      where: `matMul of fill([${rows}, ${inner}], 1.0001) and ones([${inner}, ${columns}])`,
      expected: '1.0001 per term',
      found: [...found].join(' to '),
      next: 'set NVIDIA_TF32_OVERRIDE=0 in the environment before starting',
      remedy: { code: 'choose-backend', backend: 'tensorflow' },
    });
  }
}
