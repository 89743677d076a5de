import { placesByLabel } from '../groups.ts';
import { defined, undefinedBecause, type Maybe } from '../maybe.ts';
import { jackknifeCorrelation, type JackknifeInterval } from '../resampling/jackknife.ts';
import type { Draws, PermutationTest } from '../resampling/permutation.ts';
import type { CorrelationMethod } from './correlation.ts';
import { exchangeTest, type Units } from './exchange.ts';
import { leaveOut } from './leave-out.ts';
import { coefficientOf, pointsAt, type Points } from './partial.ts';

/** With fewer units no interval is made: they say too little of how units vary. */
export const fewestUnits = 4;

/** What a relation is worth as a statement over units. */
export interface UnitEvidence {
  readonly units: number;
  /** By leaving out one unit at a time, on Fisher's z; undefined for fewer than four units. */
  readonly interval: Maybe<JackknifeInterval>;
  /**
   * By giving the x of one unit to another, all its points at once; where a unit holds whole groups, within which alone
   * differences count, by turning the sign of what it contributes.
   */
  readonly test: Maybe<PermutationTest>;
  /** The units' own coefficients by label, where there are too few for an interval. */
  readonly own: ReadonlyMap<string, Maybe<number>>;
}

/**
 * Evidence for a relation over units (soundness of the unit: Clark 1973; Judd, Westfall, Kenny 2012). A question asked
 * in the same twelve formats as all others is no independent witness of what formats do, and resampling it rejects a
 * true null more often the more questions there are.
 */
export function evidenceOver(
  method: CorrelationMethod,
  points: Points,
  units: Units,
  { level, draws }: { readonly level: number; readonly draws: Draws },
): UnitEvidence {
  const byUnit = placesByLabel(units.labels);
  const count = byUnit.size;
  const estimate = coefficientOf(method, points);
  if (estimate.why !== undefined) return { units: count, interval: estimate, test: estimate, own: new Map() };
  const tooFew = count < fewestUnits;
  const own = tooFew
    ? new Map([...byUnit].map(([label, places]) => [label, coefficientOf(method, pointsAt(points, places))]))
    : new Map<string, Maybe<number>>();
  const interval = tooFew
    ? undefinedBecause(`${count} ${count === 1 ? 'unit is' : 'units are'} too few for an interval`)
    : jackknifeCorrelation(estimate.value, leaveOut(method, points, [...byUnit.values()]), level);
  return { units: count, interval, test: exchangeTest(method, points, units, draws), own };
}

/** Each within-group's own coefficient, in the order of first appearance. */
export function ownCoefficients(method: CorrelationMethod, points: Points): readonly Maybe<number>[] {
  return (points.groups ?? []).map((members) => {
    const { x, y, controls } = points;
    return coefficientOf(method, pointsAt({ x, y, controls }, members));
  });
}

/** The widest of several intervals, and the largest of several p: what holds over every kind of unit at once. */
export function overAll(evidence: readonly UnitEvidence[]): {
  readonly interval: Maybe<JackknifeInterval>;
  readonly p: Maybe<number>;
  /** The smallest p that so few units could give. */
  readonly smallest: number;
} {
  const enough = evidence.filter(({ units }) => units >= fewestUnits);
  if (enough.length === 0) {
    const counts = evidence.map(({ units }) => units).join(' and ');
    const why = undefinedBecause(`${counts} units are too few`);
    return { interval: why, p: why, smallest: 1 };
  }
  let interval: Maybe<JackknifeInterval> = undefinedBecause('there are no units');
  let p: Maybe<number> = defined(0);
  for (const [index, each] of enough.entries()) {
    if (index === 0 || each.interval.why !== undefined) interval = each.interval;
    else if (interval.why === undefined && widthOf(each.interval.value) > widthOf(interval.value)) {
      interval = each.interval;
    }
    if (p.why === undefined) {
      p = each.test.why === undefined ? defined(Math.max(p.value, each.test.value.p)) : each.test;
    }
  }
  const smallest = Math.max(...enough.map(({ test }) => test.value?.smallest ?? 0));
  return { interval, p, smallest };
}

function widthOf({ low, high }: { readonly low: number; readonly high: number }): number {
  return high - low;
}
