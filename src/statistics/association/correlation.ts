import { defined, undefinedBecause, type Maybe } from '../maybe.ts';
import { averageRanks, compared, tieSizes } from '../ranks.ts';
import { areEqual, areFinite, deviations, sumOfProducts, sumOfSquares } from '../sums.ts';

export type CorrelationMethod = 'pearson' | 'spearman' | 'kendall';

/**
 * A coefficient from -1 to 1, without a unit: Pearson's r, Spearman's rho (Pearson's r of average ranks) or Kendall's
 * tau-b. Undefined for fewer than three points, a constant side and an infinite value.
 */
export function correlation(
  method: CorrelationMethod,
  x: readonly number[],
  y: readonly number[],
): Maybe<number> {
  if (x.length < 3) return undefinedBecause('fewer than three points');
  if (!areFinite(x) || !areFinite(y)) return undefinedBecause('a value is infinite');
  if (areEqual(x) || areEqual(y)) return undefinedBecause('one side is constant');
  switch (method) {
    case 'pearson':
      return defined(cosine(deviations(x).parts, deviations(y).parts));
    case 'spearman':
      return correlation('pearson', averageRanks(x), averageRanks(y));
    case 'kendall':
      return defined(tauOf(concordance(x, y)));
  }
}

/** A coefficient that differs from 1 or -1 by rounding alone is 1 or -1: the points lie on a line. */
const ROUNDING = 1e-14;

/** Sum of products over the root of the product of sums of squares; neither side may be all zero. */
export function cosine(a: readonly number[], b: readonly number[]): number {
  const ratio = sumOfProducts(a, b) / (Math.sqrt(sumOfSquares(a)) * Math.sqrt(sumOfSquares(b)));
  return Math.abs(ratio) >= 1 - ROUNDING ? Math.sign(ratio) : ratio;
}

/** What Kendall's tau is made of, in pairs of points. Counts of several groups add up. */
export interface Concordance {
  /** Concordant less discordant pairs. */
  readonly difference: number;
  /** Pairs whose x differ; whose y differ. */
  readonly untiedX: number;
  readonly untiedY: number;
}

/** Kendall's tau-b (1945): concordant less discordant pairs over the root of pairs untied in x times untied in y. */
export function tauOf({ difference, untiedX, untiedY }: Concordance): number {
  const ratio = difference / (Math.sqrt(untiedX) * Math.sqrt(untiedY));
  return Math.abs(ratio) >= 1 - ROUNDING ? Math.sign(ratio) : ratio;
}

/** Counts pairs in O(n log n): sorted by x and then y, discordant pairs are the swaps of a merge sort (Knight 1966). */
export function concordance(x: readonly number[], y: readonly number[]): Concordance {
  const order = x
    .map((_, place) => place)
    .sort((a, b) => compared(x[a] ?? 0, x[b] ?? 0) || compared(y[a] ?? 0, y[b] ?? 0));
  const pairs = (x.length * (x.length - 1)) / 2;
  const tiedX = pairsIn(tieSizes(x));
  const tiedY = pairsIn(tieSizes(y));
  const both = pairsIn(bothTied(x, y, order));
  const swaps = countSwaps(order.map((place) => y[place] ?? 0));
  return {
    difference: pairs - tiedX - tiedY + both - 2 * swaps,
    untiedX: pairs - tiedX,
    untiedY: pairs - tiedY,
  };
}

function pairsIn(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total + (size * (size - 1)) / 2, 0);
}

/** Sizes of runs of equal points in the sorted order. */
function bothTied(x: readonly number[], y: readonly number[], order: readonly number[]): readonly number[] {
  const sizes: number[] = [];
  let size = 1;
  for (let place = 1; place <= order.length; place += 1) {
    const [one, other] = [order[place - 1] ?? 0, order[place] ?? -1];
    if (x[one] === x[other] && y[one] === y[other]) size += 1;
    else {
      sizes.push(size);
      size = 1;
    }
  }
  return sizes;
}

/** Pairs that stand in the wrong order, counted by a merge sort from the bottom up. */
function countSwaps(values: readonly number[]): number {
  const { length } = values;
  let from = Float64Array.from(values);
  let into = new Float64Array(length);
  let swaps = 0;
  for (let run = 1; run < length; run *= 2) {
    for (let start = 0; start < length; start += 2 * run) {
      const middle = Math.min(start + run, length);
      const end = Math.min(start + 2 * run, length);
      let [left, right] = [start, middle];
      for (let place = start; place < end; place += 1) {
        const takesLeft = left < middle && (right >= end || (from[left] ?? 0) <= (from[right] ?? 0));
        if (!takesLeft) swaps += middle - left;
        into[place] = from[takesLeft ? left : right] ?? 0;
        if (takesLeft) left += 1;
        else right += 1;
      }
    }
    [from, into] = [into, from];
  }
  return swaps;
}
