import { eitherType, isMissingValue, wordValue, type Type, type Value } from '../value.ts';
import { parametersFrom, Refusal, type Window, type WindowFunction } from './function.ts';

function ranking(
  name: string,
  parameters: string,
  summary: string,
  compute: (window: Window) => readonly Value[],
): WindowFunction {
  return {
    name,
    over: 'window',
    ranks: true,
    parameters: parametersFrom(parameters),
    gives: 'number',
    summary,
    compute,
  };
}

/** Of one column, each row by itself. */
function looking(
  name: string,
  parameters: string,
  summary: string,
  compute: (window: Window, row: number) => Value,
  gives: WindowFunction['gives'] = ([first = 'any', , otherwise = 'null']) => eitherType(first, otherwise),
): WindowFunction {
  return {
    name,
    over: 'window',
    parameters: parametersFrom(parameters),
    gives,
    summary,
    compute: (window) => rowsOf(window).map((row) => compute(window, row)),
  };
}

const same = ([first = 'any']: readonly Type[]): Type => first;
const filled = ([first = 'any', otherwise = 'null']: readonly Type[]): Type => eitherType(first, otherwise);

export const windowFunctions: readonly WindowFunction[] = [
  looking('row_number', '', 'place of the row, from 1', (_window, row) => row + 1, 'number'),
  ranking('rank', '', 'rank from 1; equal rows share the lowest', (window) =>
    ranked(window, ({ before }) => before + 1),
  ),
  ranking('dense_rank', '', 'rank from 1 without gaps after equal rows', (window) =>
    ranked(window, ({ classes }) => classes + 1),
  ),
  ranking('avg_rank', '', 'rank from 1; equal rows share the mean of their ranks', (window) =>
    ranked(window, ({ before, size }) => before + (size + 1) / 2),
  ),
  ranking('percent_rank', '', '(rank - 1) / (rows - 1); 0 of one row', (window) =>
    ranked(window, ({ before, total }) => (total === 1 ? 0 : before / (total - 1))),
  ),
  ranking('cume_dist', '', 'share of the rows up to this one and its equals', (window) =>
    ranked(window, ({ before, size, total }) => (before + size) / total),
  ),
  ranking('ntile', 'parts:number', 'which of so many parts of nearly equal size, from 1', ntile),
  looking(
    'lag',
    'x offset?:number otherwise?',
    'value some rows before (1), else `otherwise`',
    (window, row) => shifted(window, row, -1),
  ),
  looking(
    'lead',
    'x offset?:number otherwise?',
    'value some rows after (1), else `otherwise`',
    (window, row) => shifted(window, row, 1),
  ),
  looking('first_value', 'x', 'value in the first row', (window) => window.value(0, 0) ?? null, same),
  looking(
    'last_value',
    'x',
    'value in the last row',
    (window) => window.value(0, window.size - 1) ?? null,
    same,
  ),
  looking('nth_value', 'x nth:number', 'value in the nth row, from 1', nth, same),
  {
    name: 'fill_down',
    over: 'window',
    parameters: parametersFrom('x otherwise?'),
    gives: filled,
    summary: 'value, or where it is missing the last one before',
    compute: (window) => fill(window, rowsOf(window)),
  },
  {
    name: 'fill_up',
    over: 'window',
    parameters: parametersFrom('x otherwise?'),
    gives: filled,
    summary: 'value, or where it is missing the next one after',
    compute: (window) => fill(window, rowsOf(window).toReversed()).toReversed(),
  },
];

function rowsOf({ size }: Window): readonly number[] {
  return Array.from({ length: size }, (_, row) => row);
}

interface Peers {
  /** Ranked rows before the first of these. */
  readonly before: number;
  /** Different values before these. */
  readonly classes: number;
  /** Rows that are equal. */
  readonly size: number;
  /** Rows that can be ranked. */
  readonly total: number;
}

/** Ranked rows stand together with their equals: `orderby` has sorted them. Rows without a value have no rank. */
function ranked(window: Window, rankOf: (peers: Peers) => number): readonly Value[] {
  const ranks = new Array<Value>(window.size).fill(null);
  const rows = rowsOf(window).filter((row) => window.peer(row) >= 0);
  let classes = 0;
  for (let start = 0; start < rows.length; classes += 1) {
    const peer = window.peer(rows[start] ?? -1);
    let end = start + 1;
    while (end < rows.length && window.peer(rows[end] ?? -1) === peer) end += 1;
    const rank = rankOf({ before: start, classes, size: end - start, total: rows.length });
    for (const row of rows.slice(start, end)) ranks[row] = rank;
    start = end;
  }
  return ranks;
}

/** As SQL has it: the first parts are larger by one where the rows cannot be divided. */
function ntile(window: Window): readonly Value[] {
  const rows = rowsOf(window).filter((row) => window.peer(row) >= 0);
  const tiles = new Array<Value>(window.size).fill(null);
  for (const [place, row] of rows.entries()) {
    const parts = window.value(0, row);
    if (typeof parts !== 'number' || !Number.isInteger(parts) || parts < 1) {
      throw new Refusal('not a number of parts', {
        expected: 'a whole number from 1',
        found: wordValue(parts ?? null),
      });
    }
    const size = Math.floor(rows.length / parts);
    const larger = rows.length % parts;
    const inLarger = larger * (size + 1);
    tiles[row] =
      1 +
      (place < inLarger ? Math.floor(place / (size + 1)) : larger + Math.floor((place - inLarger) / size));
  }
  return tiles;
}

function shifted(window: Window, row: number, direction: number): Value {
  const offset = window.value(1, row) ?? 1;
  if (typeof offset !== 'number' || !Number.isInteger(offset)) {
    throw new Refusal('not an offset', { expected: 'a whole number', found: wordValue(offset) });
  }
  const from = row + direction * offset;
  if (from < 0 || from >= window.size) return window.value(2, row) ?? null;
  return window.value(0, from) ?? null;
}

function nth(window: Window, row: number): Value {
  const place = window.value(1, row) ?? null;
  if (typeof place !== 'number' || !Number.isInteger(place) || place < 1) {
    throw new Refusal('not a place', { expected: 'a whole number from 1', found: wordValue(place ?? null) });
  }
  return place > window.size ? null : (window.value(0, place - 1) ?? null);
}

function fill(window: Window, rows: readonly number[]): readonly Value[] {
  let last: Value | undefined;
  return rows.map((row) => {
    const value = window.value(0, row) ?? null;
    if (isMissingValue(value)) return last ?? window.value(1, row) ?? value;
    last = value;
    return value;
  });
}
