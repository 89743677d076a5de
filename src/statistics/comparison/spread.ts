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
  if (matrix.length < 4) return undefinedBecause(`${matrix.length} items are too few for an interval`);
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
export function noiseFloor(matrix: Matrix, draws: Draws): Maybe<NoiseFloor> {
  const random = seededRandom(draws.seed);
  const columns = matrix[0]?.length ?? 0;
  return noiseFloorOf(
    matrix,
    Array.from({ length: draws.samples }, () => matrix.map(() => randomOrder(columns, random))),
  );
}

/**
 * The same from given shuffles. Undefined for no items or no shuffles.
 *
 * @param shuffles one order of columns per row: cell j of the shuffled row is cell order[j].
 */
export function noiseFloorOf(
  matrix: Matrix,
  shuffles: readonly (readonly (readonly number[])[])[],
): Maybe<NoiseFloor> {
  if (matrix.length === 0) return undefinedBecause('no items');
  const spreads = shuffles.map((orders) =>
    spreadOf(matrix.map((row, item) => (orders[item] ?? []).map((column) => row[column] ?? 0))),
  );
  const [center, upper] = [mean(spreads), quantile(spreads, 0.95)];
  if (center.why !== undefined) return center;
  if (upper.why !== undefined) return upper;
  const observed = spreadOf(matrix);
  const reached = spreads.filter((spread) => spread >= observed - TOLERANCE).length;
  return defined({
    mean: center.value,
    upper: upper.value,
    p: (1 + reached) / (1 + shuffles.length),
  });
}
