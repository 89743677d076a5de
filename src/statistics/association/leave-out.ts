import { defined, type Maybe } from '../maybe.ts';
import { ascendingOrder } from '../ranks.ts';
import { deviations } from '../sums.ts';
import { concordancesOf } from './concordances.ts';
import { concordance, tauOf, type CorrelationMethod } from './correlation.ts';
import { addProducts, partialOfProducts, type Products } from './products.ts';
import { coefficientOf, concordanceWithin, pointsAt, type Points } from './partial.ts';

/**
 * The coefficient without each unit, in turn: what `coefficientOf` gives of the points that are left, at a cost of O(n) a
 * unit at most. Where too little is left for sums to be updated safely (the points come close to a line, or hardly any
 * spread stays), `coefficientOf` computes it.
 *
 * @param byUnit the places of the points of each unit.
 */
export function leaveOut(
  method: CorrelationMethod,
  points: Points,
  byUnit: readonly (readonly number[])[],
): readonly Maybe<number>[] {
  const groups = points.groups ?? [points.x.map((_, place) => place)];
  const without = quickly(method, points, groups);
  const groupOf = new Int32Array(points.x.length);
  for (const [group, members] of groups.entries()) for (const place of members) groupOf[place] = group;
  return byUnit.map((left) => {
    const found = without?.(byGroup(left, groupOf));
    if (found !== undefined && Math.abs(found) < 1 - CLOSE) return defined(found);
    const gone = new Set(left);
    const kept = points.x.flatMap((_, place) => (gone.has(place) ? [] : [place]));
    return coefficientOf(method, pointsAt(points, kept));
  });
}

/** Nearer to 1 than this, whether a coefficient is 1 is left to the computation that decides it. */
const CLOSE = 1e-9;

/** The coefficient without some places, which stand by group; undefined where it has to be computed in full. */
type Without = (left: ReadonlyMap<number, readonly number[]>) => number | undefined;

function quickly(
  method: CorrelationMethod,
  points: Points,
  groups: readonly (readonly number[])[],
): Without | undefined {
  const isFinite = [points.x, points.y, ...points.controls].every((side) => side.every(Number.isFinite));
  if (!isFinite || coefficientOf(method, points).why !== undefined) return undefined;
  if (method === 'kendall') return points.controls.length > 0 ? undefined : tauWithout(points, groups);
  return productsWithout(method, points, groups);
}

function byGroup(places: readonly number[], groupOf: Int32Array): ReadonlyMap<number, readonly number[]> {
  const found = new Map<number, number[]>();
  for (const place of places) {
    const group = groupOf[place] ?? 0;
    const members = found.get(group);
    if (members === undefined) found.set(group, [place]);
    else members.push(place);
  }
  return found;
}

/**
 * From sums of products within groups, of which those of the groups that lose points are replaced.
 */
function productsWithout(
  method: 'pearson' | 'spearman',
  { x, y, controls }: Points,
  groups: readonly (readonly number[])[],
): Without {
  const sides = [x, y, ...controls];
  const own = method === 'spearman' ? rankProducts(sides, groups) : valueProducts(sides, groups);
  const whole = own.map((productsOf) => productsOf([]));
  const total = new Float64Array(sides.length ** 2);
  for (const { products } of whole)
    for (const [cell, value] of products.entries()) total[cell] = (total[cell] ?? 0) + value;
  const points = x.length;
  return (left) => {
    const rest = Float64Array.from(total);
    let [gone, empty] = [0, 0];
    for (const [group, places] of left) {
      const after = own[group]?.(places);
      after?.products.forEach((value, cell) => {
        rest[cell] = (rest[cell] ?? 0) + (value - (whole[group]?.products[cell] ?? 0));
      });
      gone += places.length;
      if (after?.count === 0) empty += 1;
    }
    const kept = points - gone;
    if (kept < 3 || kept - (groups.length - empty) - 1 - controls.length < 1) return undefined;
    return partialOfProducts(rest, total, sides.length);
  };
}

/** Sums of products of the sides' values in a group without some of its places, about their means. */
type ProductsWithout = (left: readonly number[]) => Products;

function valueProducts(
  sides: readonly (readonly number[])[],
  groups: readonly (readonly number[])[],
): readonly ProductsWithout[] {
  const width = sides.length;
  const parts = sides.map((side) => Float64Array.from(deviations(side, groups).parts));
  return groups.map((members) => {
    const sums = new Float64Array(width);
    const products = new Float64Array(width * width);
    for (const place of members) addProducts(parts, place, 1, sums, products);
    return (left) => {
      const [restSums, rest] = [Float64Array.from(sums), Float64Array.from(products)];
      for (const place of left) addProducts(parts, place, -1, restSums, rest);
      return aboutMeans(members.length - left.length, restSums, rest);
    };
  });
}

function aboutMeans(count: number, sums: Float64Array, products: Float64Array): Products {
  const width = sums.length;
  if (count === 0) return { count, products: new Float64Array(width * width) };
  for (let a = 0; a < width; a += 1) {
    for (let b = 0; b < width; b += 1)
      products[a * width + b] = (products[a * width + b] ?? 0) - ((sums[a] ?? 0) * (sums[b] ?? 0)) / count;
  }
  return { count, products };
}

/** The same of average ranks, taken anew among what is left: by one pass through the order of each side. Exact. */
function rankProducts(
  sides: readonly (readonly number[])[],
  groups: readonly (readonly number[])[],
): readonly ProductsWithout[] {
  const width = sides.length;
  const length = sides[0]?.length ?? 0;
  const isLeft = new Uint8Array(length);
  const allRanks = sides.map((side) => ({ side, ranks: new Float64Array(length) }));
  return groups.map((members) => {
    const sorted = allRanks.map(({ side, ranks }) => ({ ...sortedPlaces(side, members), ranks }));
    return (left) => {
      for (const place of left) isLeft[place] = 1;
      for (const { places, numbers, ranks } of sorted) rankKept(places, numbers, isLeft, ranks);
      const count = members.length - left.length;
      const products = new Float64Array(width * width);
      for (const [a, one] of sorted.entries()) {
        for (const [b, other] of sorted.entries()) {
          products[a * width + b] =
            b < a
              ? (products[b * width + a] ?? 0)
              : productOf(members, isLeft, one.ranks, other.ranks, (count + 1) / 2);
        }
      }
      for (const place of left) isLeft[place] = 0;
      return { count, products };
    };
  });
}

/** The places of a group in the order of their values, and of each the number of its value. */
function sortedPlaces(
  side: readonly number[],
  members: readonly number[],
): { readonly places: Int32Array; readonly numbers: Int32Array } {
  const order = ascendingOrder(members.map((place) => side[place] ?? 0));
  const places = Int32Array.from(order, (index) => members[index] ?? 0);
  const numbers = new Int32Array(places.length);
  for (let at = 1; at < places.length; at += 1) {
    numbers[at] = (numbers[at - 1] ?? 0) + (side[places[at] ?? 0] === side[places[at - 1] ?? 0] ? 0 : 1);
  }
  return { places, numbers };
}

/** The sum of products about a mean that both have. */
function productOf(
  members: readonly number[],
  isLeft: Uint8Array,
  one: Float64Array,
  other: Float64Array,
  mean: number,
): number {
  let sum = 0;
  for (const place of members) {
    if (isLeft[place] === 0) sum += ((one[place] ?? 0) - mean) * ((other[place] ?? 0) - mean);
  }
  return sum;
}

/** Average ranks of the places that are kept, from 1, by their order and the numbers of their values. */
function rankKept(places: Int32Array, numbers: Int32Array, isLeft: Uint8Array, ranks: Float64Array): void {
  let before = 0;
  for (let start = 0; start < places.length;) {
    let end = start;
    let tied = 0;
    while (end < places.length && numbers[end] === numbers[start]) {
      if (isLeft[places[end] ?? 0] === 0) tied += 1;
      end += 1;
    }
    const rank = before + (tied + 1) / 2;
    for (let at = start; at < end; at += 1) ranks[places[at] ?? 0] = rank;
    before += tied;
    start = end;
  }
}

/** Pairs that a point is part of go with it, but pairs of two points that go are counted once. */
function tauWithout({ x, y }: Points, groups: readonly (readonly number[])[]): Without {
  const at = (side: readonly number[], places: readonly number[]) => places.map((place) => side[place] ?? 0);
  const total = concordanceWithin(x, y, groups);
  const difference = new Float64Array(x.length);
  const untiedX = new Float64Array(x.length);
  const untiedY = new Float64Array(x.length);
  for (const members of groups) {
    const own = concordancesOf(at(x, members), at(y, members));
    for (const [index, place] of members.entries()) {
      difference[place] = own.difference[index] ?? 0;
      untiedX[place] = own.untiedX[index] ?? 0;
      untiedY[place] = own.untiedY[index] ?? 0;
    }
  }
  return (left) => {
    const rest = { ...total };
    let [gone, empty] = [0, 0];
    for (const [group, places] of left) {
      const among = concordance(at(x, places), at(y, places));
      rest.difference += among.difference;
      rest.untiedX += among.untiedX;
      rest.untiedY += among.untiedY;
      for (const place of places) {
        rest.difference -= difference[place] ?? 0;
        rest.untiedX -= untiedX[place] ?? 0;
        rest.untiedY -= untiedY[place] ?? 0;
      }
      gone += places.length;
      if (places.length === groups[group]?.length) empty += 1;
    }
    const kept = x.length - gone;
    if (kept < 3 || kept - (groups.length - empty) - 1 < 1) return undefined;
    return rest.untiedX === 0 || rest.untiedY === 0 ? undefined : tauOf(rest);
  };
}
