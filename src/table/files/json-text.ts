import { createRequire } from 'node:module';
import type * as losslessJson from 'lossless-json';
import type { Cell } from '../table.ts';

let loaded: typeof losslessJson | undefined;

/** Loaded at once where JSON is read, and not before: pipelines without JSON files do without it. */
function lossless(): typeof losslessJson {
  loaded ??= createRequire(import.meta.url)('lossless-json') as typeof losslessJson;
  return loaded;
}

/** A mistake in a JSON text. Lines count from 1. */
export class JsonError extends Error {
  readonly line: number;
  readonly found: string | undefined;
  readonly next: string | undefined;

  constructor(line: number, message: string, more: { readonly found?: string; readonly next?: string } = {}) {
    super(message);
    this.line = line;
    this.found = more.found;
    this.next = more.next;
  }
}

/** A number with its digits as they were written. */
export class Digits {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Most levels of lists and objects in a cell: what compares, hashes and writes cells calls itself for each. */
const mostLevels = 1_000;

function tooDeep(): JsonError {
  return new JsonError(1, 'the JSON is nested too deeply', {
    next: `at most ${mostLevels} levels of lists and objects are read`,
  });
}

/** JSON in which numbers may still be digits. */
export type Written = Cell | Digits | readonly Written[] | { readonly [name: string]: Written };

/**
 * The value of a JSON text, as it was written: a name that stands twice in an object is an error, and so is half of a
 * surrogate pair. Numbers stay digits, for `cellOf` to read as a column wants them.
 *
 * @throws JsonError with the line at fault.
 */
export function parseJson(text: string): Written {
  let value: Written;
  try {
    value = lossless().parse(text, undefined, (digits) => new Digits(digits)) as Written;
  } catch (error) {
    if (error instanceof RangeError) throw tooDeep();
    const said = error instanceof Error ? error.message : String(error);
    const position = Number(/ at position (\d+)$/.exec(said)?.[1] ?? 0);
    const line = lineOf(text, position);
    const twice = /^Duplicate key '(.*)' encountered/s.exec(said)?.[1];
    if (twice !== undefined) {
      throw new JsonError(line, `the name \`${twice}\` stands twice in one object`, {
        next: 'keep one of them',
      });
    }
    throw new JsonError(line, `not valid JSON: ${said.replace(/ at position \d+$/, '')}`);
  }
  return value;
}

/**
 * A value with its numbers read. With `asText`, a number is its digits: an id stays what it was written as.
 *
 * @throws JsonError with the line within `text` for a whole number of more digits than a number keeps, and for half of
 * a surrogate pair (an emoji that was cut), and for more than `mostLevels`.
 */
export function cellOf(
  value: Written,
  text: string,
  { asText, level = 0 }: { readonly asText: boolean; readonly level?: number },
): Cell {
  if (value instanceof Digits) return asText ? value.text : numberOf(value, text);
  if (typeof value === 'string') return wellFormed(value, text);
  if (value === null || typeof value !== 'object') return value;
  if (level === mostLevels) throw tooDeep();
  const inner = (each: Written): Cell => cellOf(each, text, { asText: false, level: level + 1 });
  if (Array.isArray(value)) return (value as readonly Written[]).map(inner);
  return Object.fromEntries(
    Object.entries(value as { readonly [name: string]: Written }).map(([name, each]) => [
      wellFormed(name, text),
      inner(each),
    ]),
  );
}

function numberOf({ text: digits }: Digits, text: string): number {
  const value = Number(digits);
  // With an exponent it is a measured quantity; digits alone may be a name.
  const exact = /[eE]/.test(digits) || Number.isSafeInteger(Math.trunc(value));
  if (exact && Number.isFinite(value)) return value;
  if (exact) {
    throw new JsonError(lineOf(text, text.indexOf(digits)), 'the number is larger than a number can be', {
      found: digits,
      next: 'quote it in the file, or say `types: { NAME: string }` to keep it as text',
    });
  }
  throw new JsonError(
    lineOf(text, text.indexOf(digits)),
    'the number has more digits than a number can keep',
    {
      found: digits,
      next: 'quote it in the file, or say `types: { NAME: string }` to keep its digits as text',
    },
  );
}

/** @throws JsonError for half of a surrogate pair */
export function wellFormed(value: string, text: string): string {
  if (value.isWellFormed()) return value;
  const half =
    /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/.exec(value)?.[0] ?? '';
  const escape = `\\u${half.charCodeAt(0).toString(16).padStart(4, '0')}`;
  throw new JsonError(
    lineOf(text, text.toLowerCase().indexOf(escape)),
    'the text holds half of a surrogate pair: a character that was cut',
    { found: escape, next: 'write the whole character' },
  );
}

function lineOf(text: string, position: number): number {
  return text.slice(0, Math.max(0, position)).split('\n').length;
}
