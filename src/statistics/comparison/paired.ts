import { placesByLabel } from '../groups.ts';
import { defined, mapped, undefinedBecause, type Interval, type Maybe } from '../maybe.ts';
import { signFlipTest, type Draws } from '../resampling/permutation.ts';
import { tInterval } from '../summary.ts';
import { tTwoSided } from '../distributions/student-t.ts';
import { mean, sum } from '../sums.ts';
import { clusteredErrors, type ClusteredErrors } from './clustered-mean.ts';
import { pairedEffect } from './effect-size.ts';
import { mcNemar, pairedShareInterval, type RightWrong } from './right-wrong.ts';
import { signedRanks } from './signed-ranks.ts';

export type PairedTest = 'sign-flip' | 'wilcoxon' | 't';

/** The same items under two conditions. */
export interface Pairs {
  readonly a: readonly number[];
  readonly b: readonly number[];
  /** The cluster of each pair: what was sampled. */
  readonly clusters: readonly string[];
  /** Whether values are 1 and 0 for right and wrong. */
  readonly isRightWrong: boolean;
}

export interface PairedComparison {
  readonly pairs: number;
  readonly clusters: number;
  /** Mean of a - b, in the unit of the values. */
  readonly difference: Maybe<number>;
  /** CR2 with Satterthwaite's degrees of freedom; of right and wrong answers Newcombe's. */
  readonly interval: Maybe<Interval>;
  readonly degrees: Maybe<number>;
  /** Of what units differ by: CR2's error times the root of their number. Undefined where it is 0. */
  readonly deviation: Maybe<number>;
  /** d_z. */
  readonly effect: Maybe<number>;
  /** Pairs in which a is larger, and in which both are equal. */
  readonly wins: number;
  readonly ties: number;
  readonly test: Maybe<{
    /** What was done, in words. */
    readonly name: string;
    readonly p: number;
    /** The smallest p that so few clusters can give; 0 for one that is not counted. */
    readonly smallest: number;
  }>;
}

/** Compares pairs. Intervals of a and of b by themselves have no part in it: that they overlap says nothing. */
export function comparePairs(
  pairs: Pairs,
  { level, test, draws }: { readonly level: number; readonly test: PairedTest; readonly draws: Draws },
): PairedComparison {
  const differences = pairs.a.map((value, place) => value - (pairs.b[place] ?? 0));
  const difference = mean(differences);
  const errors = clusteredErrors(differences, pairs.clusters);
  const groups = [...placesByLabel(pairs.clusters).values()];
  const areAlone = groups.length === pairs.a.length;
  const counts = pairs.isRightWrong && areAlone ? rightWrong(pairs) : undefined;
  return {
    pairs: differences.length,
    clusters: groups.length,
    difference,
    interval:
      counts === undefined
        ? robustInterval(difference, errors, pairs, level)
        : pairedShareInterval(counts, level),
    degrees:
      counts === undefined ? mapped(errors, ({ cr2 }) => cr2.degrees) : undefinedBecause('no t is used'),
    deviation: deviationOf(errors),
    effect: pairedEffect(differences),
    wins: differences.filter((each) => each > 0).length,
    ties: differences.filter((each) => each === 0).length,
    test:
      counts === undefined
        ? testOf(test, { differences, groups, difference, errors }, draws)
        : mapped(mcNemar(counts), ({ p }) => ({
            name: 'McNemar, exact',
            p,
            smallest: Math.min(1, 2 ** (1 - groups.length)),
          })),
  };
}

function deviationOf(errors: Maybe<ClusteredErrors>): Maybe<number> {
  if (errors.why !== undefined) return errors;
  const { cr2, clusters } = errors.value;
  return cr2.error > 0
    ? defined(cr2.error * Math.sqrt(clusters))
    : undefinedBecause('the differences do not vary');
}

function robustInterval(
  difference: Maybe<number>,
  errors: Maybe<ClusteredErrors>,
  { isRightWrong }: Pairs,
  level: number,
): Maybe<Interval> {
  if (difference.why !== undefined) return difference;
  return mapped(errors, ({ cr2 }) => {
    const { low, high } = tInterval(difference.value, cr2, level);
    return isRightWrong ? { low: Math.max(-1, low), high: Math.min(1, high) } : { low, high };
  });
}

function testOf(
  test: PairedTest,
  {
    differences,
    groups,
    difference,
    errors,
  }: {
    readonly differences: readonly number[];
    readonly groups: readonly (readonly number[])[];
    readonly difference: Maybe<number>;
    readonly errors: Maybe<ClusteredErrors>;
  },
  draws: Draws,
): PairedComparison['test'] {
  if (difference.why !== undefined) return difference;
  if (!Number.isFinite(difference.value)) return undefinedBecause('a value is infinite');
  const totals = groups.map((places) => sum(places.map((place) => differences[place] ?? 0)));
  switch (test) {
    case 'sign-flip':
      return mapped(signFlipTest(totals, draws), ({ p, smallest, exact, draws: drawn }) => ({
        name: exact ? 'sign flips, exact' : `sign flips, ${drawn} drawn`,
        p,
        smallest,
      }));
    case 'wilcoxon':
      return mapped(signedRanks(totals), ({ p, used, isExact }) => ({
        name: isExact ? 'signed ranks, exact' : 'signed ranks, normal',
        p,
        smallest: Math.min(1, 2 ** (1 - used)),
      }));
    case 't':
      if (errors.why !== undefined) return errors;
      return errors.value.cr2.error === 0
        ? undefinedBecause('the differences do not vary')
        : defined({
            name: 't, CR2',
            p: tTwoSided(difference.value / errors.value.cr2.error, errors.value.cr2.degrees),
            smallest: 0,
          });
  }
}

function rightWrong({ a, b }: Pairs): RightWrong {
  const count = (right: number, other: number): number =>
    a.filter((value, place) => value === right && b[place] === other).length;
  return { both: count(1, 1), onlyA: count(1, 0), onlyB: count(0, 1), neither: count(0, 0) };
}

export type Direction = 'higher' | 'lower' | 'no evidence' | 'too few' | 'undefined';

/**
 * What may be said of a compared to b: `higher` or `lower` where the p, corrected for its family, is at most 1 - level;
 * `too few` where no data of so few clusters could have given that; `no evidence` otherwise.
 *
 * @param family by how much the smallest p is multiplied at most.
 */
export function directionOf(
  { difference, test }: PairedComparison,
  adjustedP: number | undefined,
  { level, family }: { readonly level: number; readonly family: number },
): Direction {
  if (difference.why !== undefined || test.why !== undefined || adjustedP === undefined) return 'undefined';
  const alpha = 1 - level + 1e-12;
  if (adjustedP <= alpha) return difference.value > 0 ? 'higher' : 'lower';
  return test.value.smallest * family > alpha ? 'too few' : 'no evidence';
}
