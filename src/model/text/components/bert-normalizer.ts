import type { Component } from './component.ts';
import { lowercase } from './lowercase.ts';
import { normalizationForm } from './normalization-form.ts';
import type { Normalizer } from './piece.ts';
import { control, nonspacingMark, whitespace } from './unicode.ts';

const controls = new RegExp(control, 'gv');
const whitespaces = new RegExp(whitespace, 'gv');
const nonspacingMarks = new RegExp(nonspacingMark, 'gv');
/** Blocks of ideographs; U+2B820 to U+2B91F are left out as the library does. */
const ideograph =
  /[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u{20000}-\u{2a6df}\u{2a700}-\u{2b81f}\u{2b920}-\u{2ceaf}\u{2f800}-\u{2fa1f}]/gu;
const decompose = normalizationForm('NFD');

/** Source: tokenizers, `normalizers/bert.rs`. */
export function bertNormalizer(component: Component): Normalizer {
  const [clean, spaced] = [component.boolean('clean_text'), component.boolean('handle_chinese_chars')];
  const lower = component.boolean('lowercase');
  const stripped = component.choice('strip_accents', [true, false, null, undefined]) ?? lower;
  return (text) => {
    let changed = text;
    if (clean) changed = changed.replace(controls, '').replace(whitespaces, ' ');
    if (spaced) changed = changed.replace(ideograph, ' $& ');
    if (stripped) changed = decompose(changed).replace(nonspacingMarks, '');
    return lower ? lowercase(changed) : changed;
  };
}
