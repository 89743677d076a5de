import type { Value } from '../value.ts';
import { codePoints, finderOf, lengthOf, partsBetween, refuseLong, sliceOf } from './characters.ts';
import { numberAt, Refusal, scalar, textAt, wholeAt, type Args, type ScalarFunction } from './function.ts';
import { numberFrom, wholeFrom } from './numerals.ts';

export const textFunctions: readonly ScalarFunction[] = [
  scalar('upper', 'text:text', 'text', 'in upper case, the same in every language', (args) =>
    textAt(args, 0).toUpperCase(),
  ),
  scalar('lower', 'text:text', 'text', 'in lower case, the same in every language', (args) =>
    textAt(args, 0).toLowerCase(),
  ),
  scalar('trim', 'text:text', 'text', 'without white space at both ends', (args) => textAt(args, 0).trim()),
  scalar('normalize', 'text:text form?:text', 'text', 'in Unicode form NFC, NFD, NFKC or NFKD', (args) => {
    const form = textAt(args, 1, 'NFC');
    if (!['NFC', 'NFD', 'NFKC', 'NFKD'].includes(form)) {
      throw new Refusal('no such form of Unicode', { expected: 'NFC, NFD, NFKC or NFKD', found: form });
    }
    return textAt(args, 0).normalize(form);
  }),
  scalar(
    'substring',
    'text:text start?:number end?:number',
    'text',
    'characters from `start` (from 0) up to, not including, `end`',
    (args) => {
      const [start, end] = [wholeAt(args, 1, 0), wholeAt(args, 2, Infinity)].map((at) => Math.max(at, 0));
      return sliceOf(textAt(args, 0), Math.min(start ?? 0, end ?? 0), Math.max(start ?? 0, end ?? 0));
    },
  ),
  scalar(
    'startswith',
    'text:text search:text position?:number',
    'boolean',
    'whether `search` is at its start, or at a position',
    (args) =>
      sliceOf(textAt(args, 0), Math.max(wholeAt(args, 2, 0), 0), Infinity).startsWith(textAt(args, 1)),
  ),
  scalar(
    'endswith',
    'text:text search:text length?:number',
    'boolean',
    'whether it, or that many characters of it, ends in `search`',
    (args) => sliceOf(textAt(args, 0), 0, Math.max(wholeAt(args, 2, Infinity), 0)).endsWith(textAt(args, 1)),
  ),
  scalar(
    'padstart',
    'text:text length:number fill?:text',
    'text',
    'filled up in front to a length',
    (args) => padding(args) + textAt(args, 0),
  ),
  scalar(
    'padend',
    'text:text length:number fill?:text',
    'text',
    'filled up behind to a length',
    (args) => textAt(args, 0) + padding(args),
  ),
  scalar('repeat', 'text:text count:number', 'text', 'the text that many times', (args) => {
    const count = numberAt(args, 1);
    if (!Number.isInteger(count) || count < 0) {
      throw new Refusal('not a count', { expected: 'a whole number from 0', found: String(count) });
    }
    refuseLong(textAt(args, 0).length * count);
    return textAt(args, 0).repeat(count);
  }),
  scalar(
    'replace',
    'text:text search:text replacement:text',
    'text',
    'with the first `search` replaced (all of them: `join(split(d.x, "a"), "b")`)',
    (args) => {
      const [text, search] = [textAt(args, 0), textAt(args, 1)];
      const place = finderOf(search)(text);
      return place < 0 ? text : text.slice(0, place) + textAt(args, 2) + text.slice(place + search.length);
    },
  ),
  scalar(
    'split',
    'text:text separator:text limit?:number',
    'list',
    'list of the parts between separators, of its characters where the separator is empty',
    (args) => {
      const [text, separator] = [textAt(args, 0), textAt(args, 1)];
      const parts = separator === '' ? codePoints(text) : partsBetween(text, separator);
      return parts.slice(0, Math.max(wholeAt(args, 2, Infinity), 0));
    },
  ),
  scalar(
    'text',
    'value:number|boolean|text|date',
    'text',
    'a number, a date, true or false as text: `"item " + text(d.item)`',
    ([value = null]) => textFrom(value),
  ),
  {
    ...scalar(
      'parse_float',
      'text:text|number otherwise?',
      ([, otherwise = 'number']) => (otherwise === 'null' || otherwise === 'number' ? 'number' : 'any'),
      'the number that the whole text is; where it is none `otherwise`, without which it is an error',
      parseFloat,
    ),
    takesNull: true,
  },
  scalar(
    'parse_int',
    'text:text|number radix?:number',
    'number',
    'the whole number that the whole text is, to base 10 or another',
    ([text = null, radix = 10]) => wholeFrom(textFrom(text), radix as number),
  ),
];

/** As text; numbers in the shortest form that reads back exactly. */
export function textFrom(value: Value): string {
  if (value instanceof Date) return value.toISOString();
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function parseFloat([text = null, otherwise]: Args): Value {
  if (typeof text !== 'string') return text;
  const value = numberFrom(text);
  if (value !== undefined) return value;
  if (otherwise !== undefined) return otherwise;
  throw new Refusal('the text is no number', {
    expected: 'digits, as in 12, -0.5 or 1e-3',
    found: JSON.stringify(text),
    next: 'say what it is then: `parse_float(d.x, null)`',
  });
}

function padding(args: Args): string {
  const missing = Math.max(0, wholeAt(args, 1, 0) - lengthOf(textAt(args, 0)));
  const fill = codePoints(textAt(args, 2, ' '));
  if (missing === 0 || fill.length === 0) return '';
  refuseLong(missing);
  const whole = fill.join('').repeat(Math.floor(missing / fill.length));
  return whole + fill.slice(0, missing % fill.length).join('');
}
