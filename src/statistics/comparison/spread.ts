import { columnMeans } from '../association/agreement.ts';
import { defined, undefinedBecause, type Interval, type Maybe } from '../maybe.ts';
import { randomOrder, seededRandom } from '../random.ts';
import { jackknifeInterval } from '../resampling/jackknife.ts';
import type { Draws } from '../resampling/permutation.ts';
import { quantile } from '../summary.ts';
import { mean } from '../sums.ts';

/** Rows are items, columns formats: each item in every format. */
export type Matrix = readonly (readonly number[])[];

/** Largest less smallest mean of a column, in the unit of the values. */
export function spreadOf(matrix: Matrix): number {
  const means = columnMeans(matrix);
  return Math.max(...means) - Math.min(...means);
}

/**
 * Interval of the spread by leaving out one item at a time, cut at 0, which no spread passes. Undefined for fewer than
 * four items: so few say too little of how items vary.
 */
export function spreadInterval(matrix: Matrix, level: number): Maybe<Interval> {
  if (matrix.length < 4)
    return undefinedBecause(
      `${matrix.length} ${matrix.length === 1 ? 'item is' : 'items are'} too few for an interval`,
    );
  const leftOut = [...matrix.keys()].map((left) =>
    defined(spreadOf(matrix.filter((_, row) => row !== left))),
  );
  const interval = jackknifeInterval(spreadOf(matrix), leftOut, level);
  if (interval.why !== undefined) return interval;
  return defined({ low: Math.max(0, interval.value.low), high: interval.value.high });
}

export interface NoiseFloor {
  /** Mean and 95 % quantile of the spread that is left when formats are shuffled within each item. */
  readonly mean: number;
  readonly upper: number;
  /** One-sided, (1 + number of shuffles with at least the observed spread) / (1 + shuffles). */
  readonly p: number;
}

/** Spreads that differ by rounding alone count as equal. */
const TOLERANCE = 1e-12;

/** The spread that chance alone makes of these values. One item gives p 1: nothing tells its formats from chance. */
export function noiseFloor(matrix: Matrix, { samples, seed }: Draws): Maybe<NoiseFloor> {
  const random = seededRandom(seed);
  const columns = matrix[0]?.length ?? 0;
  function* shuffles(): Generator<Shuffle> {
    for (let sample = 0; sample < samples; sample += 1) yield matrix.map(() => randomOrder(columns, random));
  }
  return noiseFloorOf(matrix, shuffles());
}

/** One order of columns per row: cell j of the shuffled row is cell order[j]. */
export type Shuffle = readonly (readonly number[])[];

/** The same from given shuffles. Undefined for no items or no shuffles. */
export function noiseFloorOf(matrix: Matrix, shuffles: Iterable<Shuffle>): Maybe<NoiseFloor> {
  if (matrix.length === 0) return undefinedBecause('no items');
  const spreads: number[] = [];
  for (const orders of shuffles) spreads.push(shuffledSpread(matrix, orders));
  const [center, upper] = [mean(spreads), quantile(spreads, 0.95)];
  if (center.why !== undefined) return center;
  if (upper.why !== undefined) return upper;
  const observed = spreadOf(matrix);
  const reached = spreads.filter((spread) => spread >= observed - TOLERANCE).length;
  return defined({
    mean: center.value,
    upper: upper.value,
    p: (1 + reached) / (1 + spreads.length),
  });
}

/** Plain sums: there are thousands of shuffles, and their rounding is far below the tolerance. */
function shuffledSpread(matrix: Matrix, orders: Shuffle): number {
  const totals = new Float64Array(matrix[0]?.length ?? 0);
  for (const [item, row] of matrix.entries()) {
    for (const [place, column] of (orders[item] ?? []).entries()) {
      totals[place] = (totals[place] ?? 0) + (row[column] ?? 0);
    }
  }
  return (Math.max(...totals) - Math.min(...totals)) / matrix.length;
}
