import { lowercase, titlecase, uppercase } from './case.ts';
import { homoglyphs } from './look-alikes.ts';
import { reverse } from './order.ts';
import { shuffled } from './shuffle.ts';
import { doubleSpaces, letterSpacing } from './spacing.ts';
import { leetspeak } from './substitution.ts';
import { typos } from './typos.ts';

/** @param random uniform in [0, 1), of those that leave something to chance */
export type TextTransform = (text: string, random: () => number) => string;

/** What a format can do to the text of a question: over code points, as Python's string methods do it. */
export const textTransforms = {
  reverse,
  uppercase,
  lowercase,
  titlecase,
  leetspeak,
  homoglyphs,
  'double-spaces': doubleSpaces,
  'letter-spacing': letterSpacing,
  typos,
  'shuffle-words': shuffled,
} as const satisfies Readonly<Record<string, TextTransform>>;

export type TransformName = keyof typeof textTransforms;
