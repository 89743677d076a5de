import { bertNormalizer } from './bert-normalizer.ts';
import { byteLevelText } from './byte-level.ts';
import type { Component } from './component.ts';
import { lowercase } from './lowercase.ts';
import { normalizationForm } from './normalization-form.ts';
import { readPattern } from './pattern.ts';
import type { Normalizer } from './piece.ts';
import { combiningMark, whitespace } from './unicode.ts';

/**
 * The normalizer of tokenizer.json.
 * @throws Failure `tokenizer-component-unverified`
 */
export function readNormalizer(component: Component): Normalizer {
  const read = Object.hasOwn(normalizers, component.type) ? normalizers[component.type] : undefined;
  if (read === undefined) throw component.refuse(Object.keys(normalizers).join(', '), component.type, 'type');
  const normalizer = read(component);
  component.done();
  return normalizer;
}

const normalizers: Readonly<Record<string, (component: Component) => Normalizer>> = {
  BertNormalizer: bertNormalizer,
  ByteLevel: () => byteLevelText,
  Lowercase: () => lowercase,
  NFC: () => normalizationForm('NFC'),
  NFD: () => normalizationForm('NFD'),
  NFKC: () => normalizationForm('NFKC'),
  NFKD: () => normalizationForm('NFKD'),
  Nmt: () => nmt,
  Prepend: (component) => {
    const prefix = component.text('prepend');
    return (text) => (text === '' ? text : prefix + text);
  },
  Replace: (component) => {
    const pattern = readPattern(component);
    const content = component.text('content');
    if (pattern('').some(({ matches }) => matches)) {
      throw component.refuse('`pattern`: one that does not match nothing', '', 'pattern');
    }
    return (text) =>
      pattern(text)
        .map(({ begin, end, matches }) => (matches ? content : text.slice(begin, end)))
        .join('');
  },
  Sequence: (component) => {
    const steps = component.parts('normalizers').map(readNormalizer);
    return (text) => steps.reduce((changed, step) => step(changed), text);
  },
  Strip: (component) => {
    const [left, right] = [component.boolean('strip_left'), component.boolean('strip_right')];
    return (text) => {
      const begun = left ? text.replace(spaceAtStart, '') : text;
      return right ? begun.replace(spaceAtEnd, '') : begun;
    };
  },
  StripAccents: () => (text) => text.replace(combiningMarks, ''),
};

const spaceAtStart = new RegExp(`^${whitespace}+`, 'v');
const spaceAtEnd = new RegExp(`(?<!${whitespace})${whitespace}+$`, 'v');
const combiningMarks = new RegExp(combiningMark, 'gv');

/** Source: tokenizers, `normalizers/unicode.rs`, from SentencePiece's rules for machine translation. */
function nmt(text: string): string {
  return text
    .replace(/[\u0001-\u0008\u000b\u000e-\u001f\u007f\u008f\u009f]/g, '')
    .replace(/[\t\n\f\r\u1680\u200b-\u200f\u2028\u2029\u2581\ufeff\ufffd]/g, ' ');
}
