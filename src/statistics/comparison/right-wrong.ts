import { chiSquaredUpper, fairCoin } from '../distributions/tails.ts';
import { defined, undefinedBecause, type Interval, type Maybe } from '../maybe.ts';
import { wilsonInterval } from './proportion.ts';

/** Pairs of right and wrong answers to the same questions. */
export interface RightWrong {
  readonly both: number;
  readonly onlyA: number;
  readonly onlyB: number;
  readonly neither: number;
}

export interface McNemar {
  /** Share of right answers of A less that of B. */
  readonly difference: number;
  /** Two-sided, exact by the binomial of discordant pairs; 1 where there are none. */
  readonly p: number;
  /** The same with half the probability of what was observed (mid-p): less careful, closer to its level. */
  readonly midP: number;
  /** McNemar's chi-squared (1947), without and with continuity correction; undefined without discordant pairs. */
  readonly chiSquared: Maybe<{ readonly value: number; readonly p: number }>;
  readonly corrected: Maybe<{ readonly value: number; readonly p: number }>;
}

/** McNemar's test of two shares on the same questions; undefined for no questions. */
export function mcNemar({ both, onlyA, onlyB, neither }: RightWrong): Maybe<McNemar> {
  const questions = both + onlyA + onlyB + neither;
  if (questions === 0) return undefinedBecause('no pairs');
  const discordant = onlyA + onlyB;
  const difference = (onlyA - onlyB) / questions;
  if (discordant === 0) {
    const none = undefinedBecause('no question tells the two apart');
    return defined({ difference, p: 1, midP: 1, chiSquared: none, corrected: none });
  }
  const { point, upTo } = fairCoin(Math.min(onlyA, onlyB), discordant);
  const chi = (distance: number): Maybe<{ readonly value: number; readonly p: number }> => {
    const value = distance ** 2 / discordant;
    return defined({ value, p: chiSquaredUpper(value, 1) });
  };
  const distance = Math.abs(onlyA - onlyB);
  return defined({
    difference,
    p: Math.min(1, 2 * upTo),
    midP: distance === 0 ? 1 - point / 2 : 2 * upTo - point,
    chiSquared: chi(distance),
    corrected: chi(Math.abs(distance - 1)),
  });
}

/**
 * Interval of the difference of two shares on the same questions: Newcombe's square-and-add of Wilson intervals (1998,
 * method 10). It does not collapse to a point where no question tells the two apart. Undefined for no questions.
 */
export function pairedShareInterval(
  { both, onlyA, onlyB, neither }: RightWrong,
  level: number,
): Maybe<Interval> {
  const count = both + onlyA + onlyB + neither;
  const [rightA, rightB] = [both + onlyA, both + onlyB];
  const [a, b] = [wilsonInterval(rightA, count, level), wilsonInterval(rightB, count, level)];
  if (a.why !== undefined) return a;
  if (b.why !== undefined) return b;
  const margins = rightA * (count - rightA) * rightB * (count - rightB);
  const product = both * neither - onlyA * onlyB;
  const corrected = product > 0 ? Math.max(0, product - count / 2) : product;
  const phi = margins === 0 ? 0 : corrected / Math.sqrt(margins);
  const [shareA, shareB] = [rightA / count, rightB / count];
  const away = (one: number, other: number): number =>
    Math.sqrt(Math.max(0, one ** 2 - 2 * phi * one * other + other ** 2));
  const difference = shareA - shareB;
  return defined({
    low: difference - away(shareA - a.value.low, b.value.high - shareB),
    high: difference + away(a.value.high - shareA, shareB - b.value.low),
  });
}
