import { placesByLabel } from '../groups.ts';
import { undefinedBecause, type Maybe } from '../maybe.ts';
import { compared } from '../ranks.ts';
import {
  permutationTest,
  signFlipTest,
  type Draws,
  type PermutationTest,
} from '../resampling/permutation.ts';
import { tauOf, type CorrelationMethod } from './correlation.ts';
import {
  concordanceWithin,
  orthonormalBasis,
  pointsAt,
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

/**
 * Test of no relation over units: units exchange their x, all points of a unit at once, each in its slot; where a unit
 * holds whole groups, within which alone differences count, the sign of what it contributes is turned instead.
 * Undefined for fewer than two units, where slots are not clear, and for a partial tau.
 */
export function exchangeTest(
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
    : orderTest(method, points, units, draws);
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

function orderTest(
  method: CorrelationMethod,
  points: Points,
  units: Units,
  draws: Draws,
): Maybe<PermutationTest> {
  const own = numbered(units.labels);
  const slots = numbered(units.slots);
  const width = slots.count;
  const placeOf = new Int32Array(own.count * width).fill(-1);
  for (const [place, unit] of own.numbers.entries()) {
    const cell = unit * width + (slots.numbers[place] ?? 0);
    if (placeOf[cell] !== -1) {
      return undefinedBecause('a unit has several points in one slot, so that units cannot be exchanged');
    }
    placeOf[cell] = place;
  }
  const sources = new Array<number>(own.numbers.length);
  const statistic = method === 'kendall' ? tauOfSources(points) : linearOfSources(method, points);
  return permutationTest(
    own.count,
    (order) => {
      for (const [place, unit] of own.numbers.entries()) {
        sources[place] = placeOf[(order[unit] ?? 0) * width + (slots.numbers[place] ?? 0)] ?? -1;
      }
      return statistic(sources);
    },
    draws,
  );
}

/** Labels as numbers from 0 in the order of first appearance. */
function numbered(labels: readonly string[]): {
  readonly numbers: readonly number[];
  readonly count: number;
} {
  const known = new Map([...new Set(labels)].map((label, index) => [label, index]));
  return { numbers: labels.map((label) => known.get(label) ?? 0), count: known.size };
}

/** The statistic where point i has the x of point sources[i]; -1 where the other unit has no such point. */
type OfSources = (sources: readonly number[]) => number | undefined;

/** Up to so many pairs they are compared one by one, which is faster than sorting. */
const MOST_PAIRS = 20_000;

function tauOfSources(points: Points): OfSources {
  const { x, y } = points;
  const groups = points.groups ?? [x.map((_, place) => place)];
  const whole = concordanceWithin(x, y, groups);
  const pairs = groups.flatMap((members) =>
    members.length ** 2 > MOST_PAIRS
      ? []
      : members.flatMap((i, index) =>
          members.slice(index + 1).map((j) => ({ i, j, sign: compared(y[i] ?? 0, y[j] ?? 0) })),
        ),
  );
  const isSmall = groups.every((members) => members.length ** 2 <= MOST_PAIRS) && pairs.length <= MOST_PAIRS;
  return (sources) => {
    if (isSmall && !sources.includes(-1)) {
      let difference = 0;
      for (const { i, j, sign } of pairs) {
        difference += sign * compared(x[sources[i] ?? 0] ?? 0, x[sources[j] ?? 0] ?? 0);
      }
      return tauOf({ ...whole, difference });
    }
    const kept = sources.flatMap((source, place) => (source === -1 ? [] : [place]));
    const rest = pointsAt(points, kept);
    const moved = kept.map((place) => x[sources[place] ?? 0] ?? 0);
    const counts = concordanceWithin(moved, rest.y, rest.groups ?? [moved.map((_, place) => place)]);
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
    if (!sources.includes(-1)) {
      const moved = sources.map((source) => x[source] ?? 0);
      const left = dot(moved, moved) - basis.reduce((sum, q) => sum + dot(q, moved) ** 2, 0);
      return left <= 1e-20 * dot(moved, moved) ? undefined : dot(moved, y) / (Math.sqrt(left) * sizeY);
    }
    const kept = sources.flatMap((source, place) => (source === -1 ? [] : [place]));
    const scores = { ...points, x, y };
    const rest = pointsAt(scores, kept);
    const moved = kept.map((place) => x[sources[place] ?? 0] ?? 0);
    const found = relation('pearson', { ...rest, x: moved });
    return found.value?.coefficient;
  };
}
