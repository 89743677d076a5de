import { ModelFailure } from '../language-model.ts';
import type { Tfjs } from './load.ts';

/**
 * TF32 rounds the inputs of a product to 10 bits, so 1.0001 becomes 1. It is used for some shapes only
 * (tensorflow.org, `enable_tensor_float_32_execution`): both a tiny product and one of a layer's size are tried.
 */
const shapes: readonly (readonly [rows: number, inner: number, columns: number])[] = [
  [2, 2, 2],
  [256, 2048, 2048],
];

/**
 * Checks that products of float32 matrices are computed in float32: the mean of fill(1.0001) x ones, divided by the
 * inner size, is 1.0001 to within 2e-5 (float32 sums of 2048 terms stay below 1e-6; TF32 gives 1.0000).
 * @throws ModelFailure `tf32-on`
 */
export async function refuseReducedPrecision(tf: Tfjs): Promise<void> {
  for (const [rows, inner, columns] of shapes) {
    const mean = tf.tidy(() =>
      tf.mean(tf.div(tf.matMul(tf.fill([rows, inner], 1.0001), tf.ones([inner, columns])), inner)),
    );
    const [found] = await mean.data();
    mean.dispose();
    if (found !== undefined && Math.abs(found - 1.0001) < 2e-5) continue;
    throw new ModelFailure({
      code: 'tf32-on',
      blame: 'machine',
      message: 'the device computes products with fewer bits than float32 (TF32); scores would be wrong',
      where: `matMul of fill([${rows}, ${inner}], 1.0001) and ones([${inner}, ${columns}])`,
      expected: '1.0001 per term',
      found: String(found),
      next: 'set NVIDIA_TF32_OVERRIDE=0 in the environment before starting, or use `--backend tensorflow`',
    });
  }
}
