import { lowercase, titlecase, uppercase } from './case.ts';
import { reverse } from './order.ts';
import { leetspeak } from './substitution.ts';

/** What a format can do to the text of a question: over code points, as Python's string methods do it. */
export const textTransforms = { reverse, uppercase, lowercase, titlecase, leetspeak } as const;

export type TransformName = keyof typeof textTransforms;
