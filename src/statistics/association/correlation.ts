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
  const { swaps } = sortedWithSwaps(order.map((place) => y[place] ?? 0));
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

/** Stable merge sort that counts how many pairs stand in the wrong order. */
function sortedWithSwaps(values: readonly number[]): {
  readonly sorted: readonly number[];
  readonly swaps: number;
} {
  if (values.length < 2) return { sorted: values, swaps: 0 };
  const middle = values.length >> 1;
  const left = sortedWithSwaps(values.slice(0, middle));
  const right = sortedWithSwaps(values.slice(middle));
  const sorted: number[] = [];
  let swaps = left.swaps + right.swaps;
  let [i, j] = [0, 0];
  while (i < left.sorted.length || j < right.sorted.length) {
    const [a, b] = [left.sorted[i], right.sorted[j]];
    if (b === undefined || (a !== undefined && a <= b)) {
      sorted.push(a ?? 0);
      i += 1;
    } else {
      sorted.push(b);
      swaps += left.sorted.length - i;
      j += 1;
    }
  }
  return { sorted, swaps };
}
