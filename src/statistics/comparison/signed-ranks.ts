import { normalTwoSided } from '../distributions/tails.ts';
import { defined, undefinedBecause, type Maybe } from '../maybe.ts';
import { averageRanks, tieSizes } from '../ranks.ts';
import { sum } from '../sums.ts';

export interface SignedRanks {
  /** Differences that are 0 and left out; that are used. */
  readonly zeros: number;
  readonly used: number;
  /** Sums of the ranks of positive and of negative differences. */
  readonly plus: number;
  readonly minus: number;
  /** (W+ - W-) / (W+ + W-), from -1 to 1. */
  readonly rankBiserial: number;
  /** Two-sided: the share of all sign vectors with so unequal sums, ties included; `correctedP` beyond 200 differences. */
  readonly p: number;
  readonly isExact: boolean;
  /** By the normal approximation with the variance corrected for ties, without and with continuity correction. */
  readonly normalP: number;
  readonly correctedP: number;
}

/** Beyond so many differences the normal approximation is as good, and counting takes long. */
const MOST_COUNTED = 200;

/** Wilcoxon's signed rank test (1945), zeros left out. Undefined where no difference is other than 0. */
export function signedRanks(differences: readonly number[]): Maybe<SignedRanks> {
  const used = differences.filter((difference) => difference !== 0);
  if (used.length === 0) return undefinedBecause('no difference is other than zero');
  const sizes = used.map(Math.abs);
  const ranks = averageRanks(sizes);
  const plus = sum(ranks.filter((_, place) => (used[place] ?? 0) > 0));
  const all = sum(ranks);
  const n = used.length;
  const ties = tieSizes(sizes).reduce((total, t) => total + (t ** 3 - t) / 48, 0);
  const error = Math.sqrt((n * (n + 1) * (2 * n + 1)) / 24 - ties);
  const distance = Math.abs(plus - all / 2);
  const correctedP = normalTwoSided(Math.max(0, distance - 0.5) / error);
  const isExact = n <= MOST_COUNTED;
  return defined({
    zeros: differences.length - n,
    used: n,
    plus,
    minus: all - plus,
    rankBiserial: (2 * plus - all) / all,
    p: isExact ? exactP(ranks, distance) : correctedP,
    isExact,
    normalP: normalTwoSided(distance / error),
    correctedP,
  });
}

/** Counts sign vectors by the sum of their positive ranks; ranks are doubled so that all are whole. */
function exactP(ranks: readonly number[], distance: number): number {
  let shares = [1];
  for (const rank of ranks) {
    const doubled = Math.round(2 * rank);
    const next = new Array<number>(shares.length + doubled).fill(0);
    shares.forEach((share, total) => {
      next[total] = (next[total] ?? 0) + share / 2;
      next[total + doubled] = (next[total + doubled] ?? 0) + share / 2;
    });
    shares = next;
  }
  const middle = (shares.length - 1) / 2;
  const extreme = shares.filter((_, total) => Math.abs(total - middle) >= 2 * distance);
  return Math.min(1, sum(extreme));
}
