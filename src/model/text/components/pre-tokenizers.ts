import { byteLevel } from './byte-level.ts';
import type { Component } from './component.ts';
import { metaspace } from './metaspace.ts';
import { eachOf, literal, matchesOf, readPattern } from './pattern.ts';
import type { PreTokenizer } from './piece.ts';
import { behaviors, splitAt } from './split.ts';
import { numeric, punctuation, property16, whitespace, word16 } from './unicode.ts';

/**
 * The pre-tokenizer of tokenizer.json.
 * @throws Failure `tokenizer-component-unverified`
 */
export function readPreTokenizer(component: Component): PreTokenizer {
  const read = Object.hasOwn(preTokenizers, component.type) ? preTokenizers[component.type] : undefined;
  if (read === undefined)
    throw component.refuse(Object.keys(preTokenizers).join(', '), component.type, 'type');
  const preTokenizer = read(component);
  component.done();
  return preTokenizer;
}

const preTokenizers: Readonly<Record<string, (component: Component) => PreTokenizer>> = {
  BertPreTokenizer: () => inTurn([splitAtWhitespace, splitAt(eachOf(punctuation), 'Isolated')]),
  ByteLevel: byteLevel,
  CharDelimiterSplit: (component) => {
    const delimiter = component.text('delimiter');
    if (Array.from(delimiter).length !== 1)
      throw component.refuse('`delimiter`: one character', delimiter, 'delimiter');
    return splitAt(literal(delimiter), 'Removed');
  },
  Digits: (component) =>
    splitAt(eachOf(numeric), component.boolean('individual_digits') ? 'Isolated' : 'Contiguous'),
  FixedLength: (component) => {
    const length = component.count('length');
    if (length === 0) throw component.refuse('`length`: at least 1', length, 'length');
    return splitAt(matchesOf(new RegExp(`[\\s\\S]{1,${length}}`, 'gv')), 'Isolated');
  },
  Metaspace: metaspace,
  Punctuation: (component) =>
    splitAt(eachOf(punctuation), component.choice('behavior', [...behaviors, undefined]) ?? 'Isolated'),
  Sequence: (component) => inTurn(component.parts('pretokenizers').map(readPreTokenizer)),
  Split: (component) =>
    splitAt(readPattern(component), component.choice('behavior', behaviors), {
      invert: component.boolean('invert'),
    }),
  Whitespace: () => splitAt(words, 'Removed', { invert: true }),
  WhitespaceSplit: () => splitAtWhitespace,
};

const splitAtWhitespace = splitAt(eachOf(whitespace), 'Removed');

/** `\w+|[^\w\s]+` of the crate `regex`, whose `\w` has the joiners too. */
const word = `${word16}${property16('Join_Control')}`;
const words = matchesOf(new RegExp(`[${word}]+|[^${word}${whitespace}]+`, 'gv'));

function inTurn(steps: readonly PreTokenizer[]): PreTokenizer {
  return (piece) => steps.reduce((pieces: ReturnType<PreTokenizer>, step) => pieces.flatMap(step), [piece]);
}
