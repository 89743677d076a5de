import type * as tfjs from '@tensorflow/tfjs-core';

/** tfjs-core, with whichever backend is set. What computes takes it as an argument and imports none. */
export type Tfjs = typeof tfjs;

/** `tidy` for what TypeScript does not see to be a container of tensors: an interface. */
export function tidied<T extends object>(tf: Tfjs, work: () => T): T {
  return tf.tidy(work as () => T & tfjs.TensorContainer);
}
