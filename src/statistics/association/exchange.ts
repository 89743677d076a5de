import { placesByLabel } from '../groups.ts';
import { undefinedBecause, type Maybe } from '../maybe.ts';
import { ascendingOrder } from '../ranks.ts';
import {
  permutationTest,
  signFlipTest,
  type Draws,
  type PermutationTest,
} from '../resampling/permutation.ts';
import { deviations } from '../sums.ts';
import { Counts, differenceOf, valueNumbers } from './concordances.ts';
import { tauOf, type CorrelationMethod } from './correlation.ts';
import { addProducts, partialOfProducts } from './products.ts';
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
  const sources = new Int32Array(own.numbers.length);
  const isWhole = !placeOf.includes(-1);
  const statistic =
    method === 'kendall' ? tauOfSources(points, isWhole) : linearOfSources(method, points, isWhole);
  return permutationTest(
    own.count,
    (order) => {
      for (let place = 0; place < sources.length; place += 1) {
        sources[place] =
          placeOf[(order[own.numbers[place] ?? 0] ?? 0) * width + (slots.numbers[place] ?? 0)] ?? 0;
      }
      return statistic(sources);
    },
    draws,
  );
}

/** Labels as numbers from 0 in the order of first appearance. */
function numbered(labels: readonly string[]): { readonly numbers: Int32Array; readonly count: number } {
  const known = new Map([...new Set(labels)].map((label, index) => [label, index]));
  return { numbers: Int32Array.from(labels, (label) => known.get(label) ?? 0), count: known.size };
}

/** The statistic where point i has the x of point sources[i]; -1 where the other unit has no such point. */
type OfSources = (sources: Int32Array) => number | undefined;

/**
 * @param isWhole whether every unit has a point in every slot.
 */
function tauOfSources(points: Points, isWhole: boolean): OfSources {
  const { x, y } = points;
  const groups = points.groups ?? [x.map((_, place) => place)];
  const whole = concordanceWithin(x, y, groups);
  const [numbersX, numbersY] = [valueNumbers(x), valueNumbers(y)];
  const moved = new Int32Array(x.length);
  const counts = new Counts(numbersX.count);
  const orders = groups.map((members) => {
    const own = members.map((place) => y[place] ?? 0);
    return Int32Array.from(ascendingOrder(own), (index) => members[index] ?? 0);
  });
  return (sources) => {
    if (isWhole) {
      for (let place = 0; place < moved.length; place += 1)
        moved[place] = numbersX.of[sources[place] ?? 0] ?? 0;
      let difference = 0;
      for (const order of orders) difference += differenceOf(order, numbersY.of, moved, counts);
      return tauOf({ ...whole, difference });
    }
    const kept = placesKept(sources);
    const rest = pointsAt(points, kept);
    const movedX = kept.map((place) => x[sources[place] ?? 0] ?? 0);
    const found = concordanceWithin(movedX, rest.y, rest.groups ?? [movedX.map((_, place) => place)]);
    return found.untiedX === 0 || found.untiedY === 0 ? undefined : tauOf(found);
  };
}

function placesKept(sources: Int32Array): number[] {
  return Array.from(sources.keys()).filter((place) => sources[place] !== -1);
}

/** A dot product where every unit has every slot; sums of products of what is left where not. */
function linearOfSources(method: 'pearson' | 'spearman', points: Points, isWhole: boolean): OfSources {
  const { x, y, basis } = residualScores(method, points);
  const from = Float64Array.from(x);
  const sideY = Float64Array.from(y);
  const directions = basis.map((direction) => Float64Array.from(direction));
  const moved = new Float64Array(x.length);
  const sizeY = Math.sqrt(dot(sideY, sideY));
  if (isWhole) {
    return (sources) => {
      for (let place = 0; place < moved.length; place += 1) moved[place] = from[sources[place] ?? 0] ?? 0;
      const size = dot(moved, moved);
      const left = size - directions.reduce((sum, direction) => sum + dot(direction, moved) ** 2, 0);
      return left <= 1e-20 * size ? undefined : dot(moved, sideY) / (Math.sqrt(left) * sizeY);
    };
  }
  const quickly = partialOfKept(points, sideY);
  return (sources) => {
    for (let place = 0; place < moved.length; place += 1) {
      moved[place] = sources[place] === -1 ? NaN : (from[sources[place] ?? 0] ?? 0);
    }
    const found = quickly(moved);
    if (found !== undefined) return found;
    const kept = placesKept(sources);
    const rest = pointsAt({ ...points, x, y }, kept);
    return relation('pearson', { ...rest, x: kept.map((place) => moved[place] ?? 0) }).value?.coefficient;
  };
}

/**
 * The partial correlation within groups of x, which is NaN where a point is left out, and y; undefined where it has to be
 * computed in full.
 */
function partialOfKept(points: Points, y: Float64Array): (x: Float64Array) => number | undefined {
  const groups = (points.groups ?? [points.x.map((_, place) => place)]).map((each) => Int32Array.from(each));
  const controls = points.controls.map((side) =>
    Float64Array.from(
      deviations(
        side,
        groups.map((each) => [...each]),
      ).parts,
    ),
  );
  const width = controls.length + 2;
  const sums = new Float64Array(width);
  const raw = new Float64Array(width * width);
  return (x) => {
    const sides = [x, y, ...controls];
    const total = new Float64Array(width * width);
    const before = new Float64Array(width * width);
    let [kept, met] = [0, 0];
    for (const members of groups) {
      sums.fill(0);
      raw.fill(0);
      let count = 0;
      for (const place of members) {
        if (Number.isNaN(x[place])) continue;
        count += 1;
        addProducts(sides, place, 1, sums, raw);
      }
      if (count === 0) continue;
      kept += count;
      met += 1;
      for (let cell = 0; cell < raw.length; cell += 1) {
        before[cell] = (before[cell] ?? 0) + (raw[cell] ?? 0);
        total[cell] =
          (total[cell] ?? 0) +
          ((raw[cell] ?? 0) - ((sums[Math.floor(cell / width)] ?? 0) * (sums[cell % width] ?? 0)) / count);
      }
    }
    if (kept < 3 || kept - met - 1 - controls.length < 1) return undefined;
    const found = partialOfProducts(total, before, width);
    return found === undefined || Math.abs(found) > 1 - 1e-9 ? undefined : found;
  };
}

function dot(a: Float64Array, b: Float64Array): number {
  let total = 0;
  for (let place = 0; place < a.length; place += 1) total += (a[place] ?? 0) * (b[place] ?? 0);
  return total;
}
