import { randomOrder } from './random.ts';

/** Every combination of levels, the last factor changing fastest. */
export function fullDesign(levels: readonly number[]): readonly (readonly number[])[] {
  return levels.reduce<readonly (readonly number[])[]>(
    (combinations, count) =>
      combinations.flatMap((each) => Array.from({ length: count }, (_, level) => [...each, level])),
    [[]],
  );
}

/** So many exchanges for each combination are tried before a sample is given up. */
const TRIES = 2000;

/**
 * Different combinations of levels in which the levels of each factor are equally frequent, as far as numbers allow
 * (counts differ by one at most): columns are balanced by themselves, and rows that are the same are mended by exchanging
 * levels within a column. Sorted as in the full design. Undefined where none was found.
 *
 * @param levels how many levels each factor has.
 */
export function balancedSample(
  levels: readonly number[],
  size: number,
  random: () => number,
): readonly (readonly number[])[] | undefined {
  const total = levels.reduce((product, count) => product * count, 1);
  if (size >= total) return size === total ? fullDesign(levels) : undefined;
  const columns = levels.map((count) => {
    // Which levels are one more than others is chance too.
    const names = randomOrder(count, random);
    return randomOrder(size, random).map((place) => names[place % count] ?? 0);
  });
  const rows = Array.from({ length: size }, (_, row) => columns.map((column) => column[row] ?? 0));
  const nameOf = (row: readonly number[]): string => row.join(' ');
  const counts = new Map<string, number>();
  for (const row of rows) counts.set(nameOf(row), (counts.get(nameOf(row)) ?? 0) + 1);
  const add = (row: readonly number[], by: number): void => {
    counts.set(nameOf(row), (counts.get(nameOf(row)) ?? 0) + by);
  };
  for (let tries = 0; tries < size * TRIES; tries += 1) {
    const place = rows.findIndex((row) => (counts.get(nameOf(row)) ?? 0) > 1);
    if (place < 0) return sorted(rows);
    const [one, other] = [rows[place] ?? [], rows[Math.floor(random() * size)] ?? []];
    const factor = Math.floor(random() * levels.length);
    const before = excess(counts, one) + excess(counts, other);
    exchange(one, other, factor, add);
    if (excess(counts, one) + excess(counts, other) > before) exchange(one, other, factor, add);
  }
  return undefined;
}

function excess(counts: ReadonlyMap<string, number>, row: readonly number[]): number {
  return (counts.get(row.join(' ')) ?? 0) - 1;
}

function exchange(
  one: number[],
  other: number[],
  factor: number,
  add: (row: readonly number[], by: number) => void,
): void {
  if (one === other) return;
  add(one, -1);
  add(other, -1);
  const level = one[factor] ?? 0;
  one[factor] = other[factor] ?? 0;
  other[factor] = level;
  add(one, 1);
  add(other, 1);
}

function sorted(rows: readonly (readonly number[])[]): readonly (readonly number[])[] {
  return rows.toSorted((a, b) => a.reduce((found, level, place) => found || level - (b[place] ?? 0), 0));
}
