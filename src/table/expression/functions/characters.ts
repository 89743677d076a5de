import { Refusal } from './function.ts';

/** Longer texts are made by mistake, or to fill the memory. */
const mostCharacters = 1_000_000;

/** Characters as Python and SQL count them: code points, so that 🙂 is one. */
export function codePoints(text: string): readonly string[] {
  return Array.from(text);
}

/** How many code points a text has. */
export function lengthOf(text: string): number {
  if (!hasPairs(text)) return text.length;
  let pairs = 0;
  for (let index = 1; index < text.length; index += 1) {
    if (isSecondHalf(text.charCodeAt(index)) && isFirstHalf(text.charCodeAt(index - 1))) pairs += 1;
  }
  return text.length - pairs;
}

/** A place of `indexOf` in code points. */
export function characterAt(text: string, unit: number): number {
  return unit < 0 ? -1 : lengthOf(text.slice(0, unit));
}

/** Code points from a start up to an end, both within the text; negative ones count from its end. */
export function sliceOf(text: string, start: number, end: number): string {
  return hasPairs(text) ? codePoints(text).slice(start, end).join('') : text.slice(start, end);
}

export function refuseLong(characters: number): void {
  if (characters <= mostCharacters) return;
  throw new Refusal('the text would be too long', {
    expected: `at most ${mostCharacters} characters`,
    found: String(characters),
  });
}

/** Shorter searches cost little however they fail. */
const shortSearch = 16;

/**
 * Where a text stands in others. `indexOf` takes length times length steps for a text like "aaa...b...aaa"; this takes
 * the sum of both (Knuth, Morris and Pratt 1977).
 *
 * @returns the first place from a place on, in UTF-16 units, or -1.
 */
export function finderOf(search: string): (text: string, from?: number) => number {
  if (search.length <= shortSearch) return (text, from = 0) => text.indexOf(search, from);
  const borders = bordersOf(search);
  return (text, from = 0) => {
    let matched = 0;
    for (let index = from; index < text.length; index += 1) {
      const unit = text.charCodeAt(index);
      while (matched > 0 && search.charCodeAt(matched) !== unit) matched = borders[matched - 1] ?? 0;
      if (search.charCodeAt(matched) === unit) matched += 1;
      if (matched === search.length) return index - matched + 1;
    }
    return -1;
  };
}

/** For each start of a text, how long the longest text is that it both starts and ends with, itself aside. */
function bordersOf(text: string): Int32Array {
  const borders = new Int32Array(text.length);
  let border = 0;
  for (let index = 1; index < text.length; index += 1) {
    while (border > 0 && text.charCodeAt(border) !== text.charCodeAt(index))
      border = borders[border - 1] ?? 0;
    if (text.charCodeAt(border) === text.charCodeAt(index)) border += 1;
    borders[index] = border;
  }
  return borders;
}

/** The last place in UTF-16 units, or -1. */
export function lastPlaceOf(text: string, search: string): number {
  if (search.length <= shortSearch) return text.lastIndexOf(search);
  const backwards = (each: string): string => each.split('').reverse().join('');
  const place = finderOf(backwards(search))(backwards(text));
  return place < 0 ? -1 : text.length - place - search.length;
}

/** The parts between separators, which is not empty. */
export function partsBetween(text: string, separator: string): readonly string[] {
  const find = finderOf(separator);
  const parts: string[] = [];
  let start = 0;
  for (let place = find(text); place >= 0; place = find(text, start)) {
    parts.push(text.slice(start, place));
    start = place + separator.length;
  }
  parts.push(text.slice(start));
  return parts;
}

function hasPairs(text: string): boolean {
  return /[\uD800-\uDFFF]/.test(text);
}

function isFirstHalf(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xdc00;
}

function isSecondHalf(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000;
}
