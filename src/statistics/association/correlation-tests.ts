import { normalQuantile, normalTwoSided } from '../distributions/tails.ts';
import { betaTails } from '../distributions/special-functions.ts';
import { tQuantile } from '../distributions/student-t.ts';
import { defined, undefinedBecause, type Interval, type Maybe } from '../maybe.ts';
import { tieSizes } from '../ranks.ts';
import { concordance } from './correlation.ts';

/**
 * Two-sided p of a correlation of independent normal points: t = r sqrt(df / (1 - r^2)) with df degrees of freedom,
 * which is I_(1 - r^2)(df / 2, 1 / 2).
 */
export function correlationP(coefficient: number, degrees: number): number {
  return betaTails((1 - coefficient) * (1 + coefficient), coefficient ** 2, degrees / 2, 0.5).lower;
}

/** Fisher's interval of Pearson's r of n independent points: tanh(atanh r -/+ z / sqrt(n - 3)). */
export function fisherInterval(coefficient: number, points: number, level: number): Maybe<Interval> {
  if (points < 4) return undefinedBecause('fewer than four points');
  if (Math.abs(coefficient) === 1) return undefinedBecause('the points lie on a line');
  const half = normalQuantile((1 + level) / 2) / Math.sqrt(points - 3);
  const z = Math.atanh(coefficient);
  return defined({ low: Math.tanh(z - half), high: Math.tanh(z + half) });
}

/**
 * The smallest |r| that would be significant at 1 - level with so many degrees of freedom: t / sqrt(t^2 + df). What a
 * design could have found.
 */
export function smallestFindable(degrees: number, level: number): Maybe<number> {
  if (degrees < 1) return undefinedBecause('no degrees of freedom');
  const t = tQuantile((1 + level) / 2, degrees);
  return defined(t / Math.hypot(t, Math.sqrt(degrees)));
}

/** Two-sided p of Kendall's tau by the normal approximation, its variance corrected for ties (Kendall 1970). */
export function kendallNormalP(x: readonly number[], y: readonly number[]): number {
  const n = x.length;
  const { difference } = concordance(x, y);
  const [tiesX, tiesY] = [tieSizes(x), tieSizes(y)];
  const over = (ties: readonly number[], term: (t: number) => number): number =>
    ties.reduce((total, t) => total + t * (t - 1) * term(t), 0);
  const ordered = n * (n - 1);
  const variance =
    (ordered * (2 * n + 5) - over(tiesX, (t) => 2 * t + 5) - over(tiesY, (t) => 2 * t + 5)) / 18 +
    (over(tiesX, () => 1) * over(tiesY, () => 1)) / (2 * ordered) +
    (over(tiesX, (t) => t - 2) * over(tiesY, (t) => t - 2)) / (9 * ordered * (n - 2));
  return normalTwoSided(difference / Math.sqrt(variance));
}

/**
 * Exact two-sided p of Kendall's tau: the share of all orders with at least so unequal numbers of concordant and
 * discordant pairs, by the distribution of inversions (Mahonian numbers). Undefined where values are tied.
 */
export function kendallExactP(x: readonly number[], y: readonly number[]): Maybe<number> {
  if (tieSizes(x).length > 0 || tieSizes(y).length > 0) return undefinedBecause('values are tied');
  const { difference, untiedX: pairs } = concordance(x, y);
  const fewest = (pairs - Math.abs(difference)) / 2;
  if (difference === 0) return defined(1);
  let shares = [1];
  for (let length = 2; length <= x.length; length += 1) {
    const next = new Array<number>(shares.length + length - 1).fill(0);
    let window = 0;
    next.forEach((_, inversions) => {
      window += (shares[inversions] ?? 0) - (shares[inversions - length] ?? 0);
      next[inversions] = window / length;
    });
    shares = next;
  }
  return defined(Math.min(1, 2 * shares.slice(0, fewest + 1).reduce((a, b) => a + b, 0)));
}
