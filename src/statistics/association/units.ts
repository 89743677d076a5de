import { placesByLabel } from '../groups.ts';
import { defined, mapped, undefinedBecause, type Maybe } from '../maybe.ts';
import { jackknifeCorrelation, type JackknifeInterval } from '../resampling/jackknife.ts';
import {
  permutationTest,
  signFlipTest,
  type Draws,
  type PermutationTest,
} from '../resampling/permutation.ts';
import { concordance, tauOf, type CorrelationMethod } from './correlation.ts';
import {
  concordanceWithin,
  orthonormalBasis,
  relation,
  restAfter,
  scoresOf,
  type Points,
} from './partial.ts';

/** What a claim generalises over: units that stand for others of their kind, such as formats or questions. */
export interface Units {
  /** The unit of each point. */
  readonly labels: readonly string[];
  /** What point of its unit each one is: points of different units in the same slot can take each other's place. */
  readonly slots: readonly string[];
}

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
    ? undefinedBecause(`${count} units are too few for an interval`)
    : jackknifeCorrelation(
        estimate.value,
        [...byUnit.values()].map((left) => {
          const without = new Set(left);
          const kept = units.labels.flatMap((_, place) => (without.has(place) ? [] : [place]));
          return coefficientOf(method, pointsAt(points, kept));
        }),
        level,
      );
  return { units: count, interval, test: testOver(method, points, units, draws), own };
}

export function coefficientOf(method: CorrelationMethod, points: Points): Maybe<number> {
  return mapped(relation(method, points), ({ coefficient }) => coefficient);
}

/** The points at some places, their groups with them. */
export function pointsAt({ x, y, controls, groups }: Points, places: readonly number[]): Points {
  const at = (values: readonly number[]): readonly number[] => places.map((place) => values[place] ?? 0);
  const moved = new Map(places.map((place, index) => [place, index]));
  const kept = groups
    ?.map((members) => members.flatMap((place) => moved.get(place) ?? []))
    .filter(({ length }) => length > 0);
  return { x: at(x), y: at(y), controls: controls.map(at), ...(kept !== undefined && { groups: kept }) };
}

function testOver(
  method: CorrelationMethod,
  points: Points,
  units: Units,
  draws: Draws,
): Maybe<PermutationTest> {
  if (method === 'kendall' && points.controls.length > 0) {
    return undefinedBecause('no permutation test is made of a partial tau');
  }
  const isNested = points.groups?.every((members) =>
    members.every((place) => units.labels[place] === units.labels[members[0] ?? 0]),
  );
  return isNested === true
    ? signFlipTest(contributions(method, points, units), draws)
    : exchangeTest(method, points, units, draws);
}

/** What each unit adds to the numerator of the coefficient. */
function contributions(method: CorrelationMethod, points: Points, units: Units): readonly number[] {
  const byUnit = [...placesByLabel(units.labels).values()];
  if (method === 'kendall') {
    return byUnit.map((places) => {
      const { x, y, groups = [] } = pointsAt(points, places);
      return concordanceWithin(x, y, groups).difference;
    });
  }
  const { x, y } = residualScores(method, points);
  return byUnit.map((places) => places.reduce((sum, place) => sum + (x[place] ?? 0) * (y[place] ?? 0), 0));
}

/**
 * Ranks first, then what the controls leave of x; that is what units exchange, so that the controls stay with the
 * points that they belong to (Smith's method; Winkler and others 2014).
 */
function residualScores(
  method: 'pearson' | 'spearman',
  points: Points,
): {
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly basis: readonly (readonly number[])[];
} {
  const groups = points.groups ?? [points.x.map((_, place) => place)];
  const scores = scoresOf(method, points, groups);
  const basis = orthonormalBasis(scores.controls);
  return {
    x: restAfter(scores.x, basis) ?? scores.x.map(() => 0),
    y: restAfter(scores.y, basis) ?? scores.y.map(() => 0),
    basis,
  };
}

function exchangeTest(
  method: CorrelationMethod,
  points: Points,
  units: Units,
  draws: Draws,
): Maybe<PermutationTest> {
  const names = [...placesByLabel(units.labels).keys()];
  const unitOf = new Map(names.map((name, index) => [name, index]));
  const cellOf = (unit: number, slot: string): string => `${unit} ${slot}`;
  const own = units.labels.map((label) => unitOf.get(label) ?? 0);
  const placeOf = new Map(own.map((unit, place) => [cellOf(unit, units.slots[place] ?? ''), place]));
  if (placeOf.size < own.length) {
    return undefinedBecause('a unit has several points in one slot, so that units cannot be exchanged');
  }
  const sources = (order: readonly number[]): readonly (number | undefined)[] =>
    own.map((unit, place) => placeOf.get(cellOf(order[unit] ?? 0, units.slots[place] ?? '')));
  const statistic = method === 'kendall' ? tauOfSources(points) : linearOfSources(method, points);
  return permutationTest(names.length, (order) => statistic(sources(order)), draws);
}

type OfSources = (sources: readonly (number | undefined)[]) => number | undefined;

/** Points whose new unit has no such slot are left out. */
function tauOfSources(points: Points): OfSources {
  return (sources) => {
    const kept = sources.flatMap((source, place) => (source === undefined ? [] : [place]));
    const { y, groups } = pointsAt(points, kept);
    const x = kept.map((place) => points.x[sources[place] ?? 0] ?? 0);
    const counts = groups === undefined ? concordance(x, y) : concordanceWithin(x, y, groups);
    return counts.untiedX === 0 || counts.untiedY === 0 ? undefined : tauOf(counts);
  };
}

/** A dot product where every unit has every slot; the whole computation on what is left where not. */
function linearOfSources(method: 'pearson' | 'spearman', points: Points): OfSources {
  const { x, y, basis } = residualScores(method, points);
  const dot = (a: readonly number[], b: readonly number[]): number =>
    a.reduce((total, value, place) => total + value * (b[place] ?? 0), 0);
  const sizeY = Math.sqrt(dot(y, y));
  return (sources) => {
    if (!sources.includes(undefined)) {
      const moved = sources.map((source) => x[source ?? 0] ?? 0);
      const left = dot(moved, moved) - basis.reduce((sum, q) => sum + dot(q, moved) ** 2, 0);
      return left <= 1e-20 * dot(moved, moved) ? undefined : dot(moved, y) / (Math.sqrt(left) * sizeY);
    }
    const kept = sources.flatMap((source, place) => (source === undefined ? [] : [place]));
    const scores = { ...points, x, y };
    const rest = pointsAt(scores, kept);
    const moved = kept.map((place) => x[sources[place] ?? 0] ?? 0);
    const found = relation('pearson', { ...rest, x: moved });
    return found.value?.coefficient ?? undefined;
  };
}

/** Each within-group's own coefficient, in the order of first appearance. */
export function ownCoefficients(method: CorrelationMethod, points: Points): readonly Maybe<number>[] {
  return (points.groups ?? []).map((members) => {
    const { x, y, controls } = pointsAt(points, members);
    return coefficientOf(method, { x, y, controls });
  });
}

/** The widest of several intervals, and the largest of several p: what holds over every kind of unit at once. */
export function overAll(evidence: readonly UnitEvidence[]): {
  readonly interval: Maybe<JackknifeInterval>;
  readonly p: Maybe<number>;
} {
  const enough = evidence.filter(({ units }) => units >= fewestUnits);
  if (enough.length === 0) {
    const counts = evidence.map(({ units }) => units).join(' and ');
    const why = undefinedBecause(`${counts} units are too few`);
    return { interval: why, p: why };
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
  return { interval, p };
}

function widthOf({ low, high }: { readonly low: number; readonly high: number }): number {
  return high - low;
}
