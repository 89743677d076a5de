import { correlation } from '../statistics/association/correlation.ts';
import { undefinedBecause, type Maybe } from '../statistics/maybe.ts';
import { mean } from '../statistics/sums.ts';
import { cellsKey, numberOf } from '../table/columns.ts';
import type { Row } from '../table/table.ts';

/** The means of a measure under each value of a column, in the order of first appearance; rows without a value left out. */
export function meansBy(rows: readonly Row[], by: string, measure: string): ReadonlyMap<string, number> {
  const values = new Map<string, number[]>();
  for (const row of rows) {
    const value = numberOf(row[measure]);
    if (Number.isNaN(value)) continue;
    const label = cellsKey([row[by]]);
    const own = values.get(label);
    if (own === undefined) values.set(label, [value]);
    else own.push(value);
  }
  return new Map([...values].map(([label, own]) => [label, mean(own).value ?? NaN]));
}

/** Kendall's tau-b between the rankings of a column's values by two measures' means. */
export function rankingTau(
  rows: readonly Row[],
  by: string,
  [one, other]: readonly [string, string],
): Maybe<number> {
  const [first, second] = [meansBy(rows, by, one), meansBy(rows, by, other)];
  const shared = [...first.keys()].filter((label) => second.has(label));
  if (shared.length < 3) return undefinedBecause(`fewer than three values of ${by}`);
  const side = (means: ReadonlyMap<string, number>): readonly number[] =>
    shared.map((label) => means.get(label) ?? NaN);
  return correlation('kendall', side(first), side(second));
}
