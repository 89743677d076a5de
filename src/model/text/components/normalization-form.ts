import type { Normalizer } from './piece.ts';
import { inertInNormalization } from './unicode.ts';

const inert = new RegExp(`(${inertInNormalization}+)`, 'v');

/** A Unicode normalization form with the tables of Unicode 9: later characters stay, and nothing passes or joins them. */
export function normalizationForm(form: 'NFC' | 'NFD' | 'NFKC' | 'NFKD'): Normalizer {
  return (text) =>
    text
      .split(inert)
      .map((part, index) => (index % 2 === 1 ? part : part.normalize(form)))
      .join('');
}
