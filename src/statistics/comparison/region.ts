import { tQuantile, tTwoSided } from '../distributions/student-t.ts';
import { normalLower, normalQuantile } from '../distributions/tails.ts';
import { defined, undefinedBecause, type Interval, type Maybe } from '../maybe.ts';

/** Where a quantity is claimed to lie, in its unit: above a bound, below one, or between two. */
export interface Region {
  readonly above?: number;
  readonly below?: number;
}

/** An estimate with its interval, from which errors are recovered. */
export interface Estimate extends Interval {
  readonly value: number;
  /** Coverage of the interval, between 0 and 1. */
  readonly level: number;
  /** Of Student's t, by which the interval was made; normal without them. */
  readonly degrees?: number;
  /** `fisher` where the interval was made on Fisher's z = atanh of a correlation. */
  readonly scale: 'plain' | 'fisher';
}

/** One-sided p values of a claim and of its opposite. The smaller one says which of the two the data favour. */
export interface Sides {
  /** p of the claim's null hypothesis, that the quantity lies outside of the region or at its bound. */
  readonly holds: number;
  /** p of the opposite: that it lies inside or at a bound. */
  readonly fails: number;
}

/**
 * Tests a region by the interval of an estimate: the error of each side is the distance from the estimate to that end
 * over the quantile (as Zou and Donner 2008 recover variances), so that `holds` is at most (1 - level) / 2 exactly where
 * the whole interval lies in the region. Between two bounds it is the larger p of two one-sided tests (Schuirmann 1987).
 * Undefined where the interval has no width.
 */
export function regionSides(estimate: Estimate, { above, below }: Region): Maybe<Sides> {
  const { value, low, high, level, degrees, scale } = estimate;
  const [at, from, to] = [value, low, high].map((each) => (scale === 'fisher' ? Math.atanh(each) : each));
  if (at === undefined || from === undefined || to === undefined) return undefinedBecause('no interval');
  if (![at, from, to].every(Number.isFinite)) return undefinedBecause('an end of the interval is infinite');
  if (!(from < at && at < to))
    return undefinedBecause('the interval has no width on both sides of its estimate');
  const tail = (1 + level) / 2;
  const quantile = degrees === undefined ? normalQuantile(tail) : tQuantile(tail, degrees);
  const upper = (t: number): number => (degrees === undefined ? normalLower(-t) : tUpper(t, degrees));
  const statistic = (bound: number): number => {
    const placed = scale === 'fisher' ? Math.atanh(Math.max(-1, Math.min(1, bound))) : bound;
    return (quantile * (at - placed)) / (placed < at ? at - from : to - at);
  };
  const statistics = [
    ...(above === undefined ? [] : [statistic(above)]),
    ...(below === undefined ? [] : [-statistic(below)]),
  ];
  return defined({
    holds: Math.max(...statistics.map(upper)),
    fails: Math.min(...statistics.map((each) => upper(-each))),
  });
}

function tUpper(t: number, degrees: number): number {
  const half = tTwoSided(t, degrees) / 2;
  return t > 0 ? half : 1 - half;
}
