import { capitalize, lowercase, titlecase, uppercase } from '../../../transforms/case.ts';
import { JinjaError } from '../error.ts';
import { itemsOf } from '../values/iterate.ts';
import {
  center,
  onlySpaces,
  replaceText,
  splitAt,
  splitAtFromEnd,
  splitAtSpaces,
  splitLines,
  strip,
  stripEnd,
  stripStart,
} from '../values/text.ts';
import { isPrintable } from '../values/text-of.ts';
import { Tuple, type CallArguments, type Value } from '../values/value.ts';
import {
  bind,
  integerArgument,
  named,
  optional,
  required,
  textArgument,
  type Parameter,
} from './arguments.ts';

type Run = (text: string, args: readonly Value[], what: string) => Value;

const methods = new Map<string, { readonly parameters: readonly Parameter[]; readonly run: Run }>();

function method(name: string, parameters: readonly Parameter[], run: Run): void {
  methods.set(name, { parameters, run });
}

/** Names of the methods of texts that templates can call, besides `format`. */
export function textMethodNames(): readonly string[] {
  return [...methods.keys()];
}

/** A method of a text; undefined for one that is not there. */
export function textMethod(text: string, name: string): ((args: CallArguments) => Value) | undefined {
  const found = methods.get(name);
  if (found === undefined) return undefined;
  const what = `the method \`${name}\``;
  return (args) => found.run(text, bind(what, found.parameters, args), what);
}

method('upper', [], (text) => uppercase(text));
method('lower', [], (text) => lowercase(text));
method('capitalize', [], (text) => capitalize(text));
method('title', [], (text) => titlecase(text));

const characters = [optional('characters')];
method('strip', characters, (text, [set], what) => strip(text, setOf(what, set)));
method('lstrip', characters, (text, [set], what) => stripStart(text, setOf(what, set)));
method('rstrip', characters, (text, [set], what) => stripEnd(text, setOf(what, set)));
method('removeprefix', [required('prefix')], (text, [prefix], what) => {
  const start = textArgument(what, prefix);
  return text.startsWith(start) ? text.slice(start.length) : text;
});
method('removesuffix', [required('suffix')], (text, [suffix], what) => {
  const end = textArgument(what, suffix);
  return end !== '' && text.endsWith(end) ? text.slice(0, -end.length) : text;
});
method(
  'replace',
  [required('old'), required('new'), optional('count', -1n)],
  (text, [old, by, count], what) =>
    replaceText(text, textArgument(what, old), textArgument(what, by), integerArgument(what, count)),
);

const splitting = [named('sep'), named('maxsplit', -1n)];
method('split', splitting, (text, [separator, limit], what) => {
  const most = integerArgument(what, limit);
  return separator === null ? splitAtSpaces(text, most) : splitAt(text, separatorOf(what, separator), most);
});
method('rsplit', splitting, (text, [separator, limit], what) => {
  const most = integerArgument(what, limit);
  if (separator !== null) return splitAtFromEnd(text, separatorOf(what, separator), most);
  // From the end as from the start, mirrored.
  const mirrored = splitAtSpaces(mirror(text), most);
  return mirrored.map(mirror).reverse();
});
method('splitlines', [named('keepends', false)], (text, [keep]) =>
  splitLines(text, { keepEnds: keep === true }),
);
method('partition', [required('separator')], (text, [separator], what) => {
  const [head = '', ...rest] = splitAt(text, separatorOf(what, separator), 1);
  return new Tuple(rest.length === 0 ? [head, '', ''] : [head, textArgument(what, separator), rest.join('')]);
});
method('rpartition', [required('separator')], (text, [separator], what) => {
  const parts = splitAtFromEnd(text, separatorOf(what, separator), 1);
  return new Tuple(
    parts.length === 1 ? ['', '', text] : [parts[0] ?? '', textArgument(what, separator), parts[1] ?? ''],
  );
});
method('join', [required('items')], (text, [items], what) =>
  itemsOf(items ?? null)
    .map((item) => textArgument(`${what} of a list`, item))
    .join(text),
);

const searching = [required('part'), optional('start'), optional('end')];
method('startswith', searching, (text, [part, start, end], what) => {
  const within = slice(text, start, end, what);
  return choices(what, part).some((each) => within?.startsWith(each) === true);
});
method('endswith', searching, (text, [part, start, end], what) => {
  const within = slice(text, start, end, what);
  return choices(what, part).some((each) => within?.endsWith(each) === true);
});
method('count', searching, (text, [part, start, end], what) => {
  const within = slice(text, start, end, what);
  if (within === undefined) return 0n;
  const sought = textArgument(what, part);
  return BigInt(sought === '' ? Array.from(within).length + 1 : within.split(sought).length - 1);
});
for (const [name, last] of [
  ['find', false],
  ['rfind', true],
  ['index', false],
  ['rindex', true],
] as const) {
  method(name, searching, (text, [part, start, end], what) => {
    const sought = textArgument(what, part);
    const within = slice(text, start, end, what);
    const at = within === undefined ? -1 : last ? within.lastIndexOf(sought) : within.indexOf(sought);
    if (at >= 0) {
      return BigInt(
        Array.from(within?.slice(0, at) ?? '').length + boundOf(start, 0, Array.from(text).length, what),
      );
    }
    if (name === 'index' || name === 'rindex')
      throw new JinjaError(`${what} found no ${JSON.stringify(sought)}`);
    return -1n;
  });
}

const filling = [required('width'), optional('fill', ' ')];
method('center', filling, (text, [width, fill], what) =>
  center(text, integerArgument(what, width), fillOf(what, fill)),
);
method('ljust', filling, (text, [width, fill], what) => text + padding(text, width, fill, what));
method('rjust', filling, (text, [width, fill], what) => padding(text, width, fill, what) + text);
method('zfill', [required('width')], (text, [width], what) => {
  const sign = /^[+-]/.exec(text)?.[0] ?? '';
  return sign + padding(text, width, '0', what) + text.slice(sign.length);
});
method('expandtabs', [named('tabsize', 8n)], (text, [size], what) => {
  const stop = integerArgument(what, size);
  let column = 0;
  return Array.from(text, (character) => {
    if (character === '\n' || character === '\r') column = 0;
    else if (character !== '\t') column += 1;
    if (character !== '\t') return character;
    const width = stop <= 0 ? 0 : stop - (column % stop);
    column += width;
    return ' '.repeat(width);
  }).join('');
});

/** Predicates that hold where the text is not empty and every character is of a kind. */
for (const [name, pattern] of [
  ['isalpha', /^\p{L}+$/u],
  ['isdecimal', /^\p{Nd}+$/u],
  ['isalnum', /^[\p{L}\p{N}]+$/u],
  ['isspace', onlySpaces],
] as const) {
  method(name, [], (text) => pattern.test(text));
}
method('isascii', [], (text) => /^[\0-\x7f]*$/.test(text));
method('isprintable', [], (text) => Array.from(text).every(isPrintable));
method('islower', [], (text) => /\p{Lowercase}/u.test(text) && !/[\p{Uppercase}\p{Lt}]/u.test(text));
method('isupper', [], (text) => /\p{Uppercase}/u.test(text) && !/[\p{Lowercase}\p{Lt}]/u.test(text));
method('isdigit', [], (text) => {
  // Which of the other numbers count as digits (circled ones, superscripts) is a property that JavaScript lacks.
  if (/[^\p{Nd}]/u.test(text) && /^\p{N}+$/u.test(text))
    throw new JinjaError(`\`isdigit\` of such numbers is not supported`);
  return /^\p{Nd}+$/u.test(text);
});

function setOf(what: string, value: Value | undefined): string | undefined {
  return value === null ? undefined : textArgument(what, value);
}

function separatorOf(what: string, value: Value | undefined): string {
  const separator = textArgument(what, value);
  if (separator === '') throw new JinjaError(`${what} takes a separator that is not empty`);
  return separator;
}

function choices(what: string, value: Value | undefined): readonly string[] {
  return value instanceof Tuple
    ? value.items.map((each) => textArgument(what, each))
    : [textArgument(what, value)];
}

/** Start or end of a part of a text, as slices have them; `fallback` where it is left out. */
function boundOf(value: Value | undefined, fallback: number, length: number, what: string): number {
  if (value === null || value === undefined) return fallback;
  const at = integerArgument(what, value);
  return at < 0 ? Math.max(0, at + length) : at;
}

/** The part that a search is confined to; undefined where it starts behind the end. */
function slice(
  text: string,
  start: Value | undefined,
  end: Value | undefined,
  what: string,
): string | undefined {
  const all = Array.from(text);
  const [from, to] = [boundOf(start, 0, all.length, what), boundOf(end, all.length, all.length, what)];
  return from > all.length || from > Math.min(to, all.length) ? undefined : all.slice(from, to).join('');
}

function fillOf(what: string, value: Value | undefined): string {
  const fill = textArgument(what, value);
  if (Array.from(fill).length !== 1) throw new JinjaError(`${what} fills with one character`);
  return fill;
}

function padding(text: string, width: Value | undefined, fill: Value | undefined, what: string): string {
  return fillOf(what, fill).repeat(Math.max(0, integerArgument(what, width) - Array.from(text).length));
}

function mirror(text: string): string {
  return Array.from(text).reverse().join('');
}
