import type * as tfjs from '@tensorflow/tfjs-core';

/** tfjs-core, with whichever backend is set. What computes takes it as an argument and imports none. */
export type Tfjs = typeof tfjs;
