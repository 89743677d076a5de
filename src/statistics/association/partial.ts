import { defined, mapped, undefinedBecause, type Maybe } from '../maybe.ts';
import { ranksWithin } from '../ranks.ts';
import { areFinite, deviations, sumOfProducts, sumOfSquares } from '../sums.ts';
import { concordance, cosine, tauOf, type Concordance, type CorrelationMethod } from './correlation.ts';

/** Points of two sides, with what is held constant. */
export interface Points {
  readonly x: readonly number[];
  readonly y: readonly number[];
  /** One list of values per control, as long as the sides. */
  readonly controls: readonly (readonly number[])[];
  /** The places of the points of each group: only differences within a group count. One group of all without it. */
  readonly groups?: readonly (readonly number[])[];
}

export interface Relation {
  readonly coefficient: number;
  /** Degrees of freedom: points - groups - 1 - controls that say something of their own. */
  readonly degrees: number;
}

/**
 * Correlation within groups, with controls held constant.
 *
 * - Pearson: each value less the mean of its group (fixed effects), then the residuals of a least-squares line through
 *   the controls; the correlation of the residuals.
 * - Spearman: the same of average ranks, which are taken within each group first (as ppcor and pingouin rank first).
 * - Kendall: tau-b of pairs within groups; with controls from the inverse of the matrix of taus (Kendall's partial tau).
 *
 * Undefined where no degree of freedom is left, a side is constant within groups, or the controls explain it wholly.
 */
export function relation(method: CorrelationMethod, points: Points): Maybe<Relation> {
  const { x, y, controls } = points;
  const groups = points.groups ?? [x.map((_, place) => place)];
  if (x.length < 3) return undefinedBecause('fewer than three points');
  if (![x, y, ...controls].every(areFinite)) return undefinedBecause('a value is infinite');
  const spare = x.length - groups.length - 1;
  if (spare < 1) return undefinedBecause('no degrees of freedom are left within groups');
  return method === 'kendall'
    ? tauRelation(points, groups, spare)
    : linearRelation(method, points, groups, spare);
}

function linearRelation(
  method: 'pearson' | 'spearman',
  points: Points,
  groups: readonly (readonly number[])[],
  spare: number,
): Maybe<Relation> {
  const scores = scoresOf(method, points, groups);
  const [x, y, basis] = [scores.x, scores.y, orthonormalBasis(scores.controls)];
  const degrees = spare - basis.length;
  if (degrees < 1) return undefinedBecause('no degrees of freedom are left after the controls');
  if (sumOfSquares(x) === 0 || sumOfSquares(y) === 0) {
    return undefinedBecause(
      groups.length > 1 ? 'one side is constant within its groups' : 'one side is constant',
    );
  }
  const [restX, restY] = [x, y].map((side) => restAfter(side, basis));
  if (restX === undefined || restY === undefined) {
    return undefinedBecause('the controls explain one side wholly');
  }
  return defined({ coefficient: cosine(restX, restY), degrees });
}

/** Sides and controls as the method reads them, each less the mean of its group; in units of their own. */
export function scoresOf(
  method: 'pearson' | 'spearman',
  { x, y, controls }: Points,
  groups: readonly (readonly number[])[],
): { readonly x: readonly number[]; readonly y: readonly number[]; readonly controls: Points['controls'] } {
  const score = (values: readonly number[]): readonly number[] =>
    deviations(method === 'spearman' ? ranksWithin(values, groups) : values, groups).parts;
  return { x: score(x), y: score(y), controls: controls.map(score) };
}

/** Vectors of length 1 at right angles that span what the controls span; a control that others explain adds none. */
export function orthonormalBasis(controls: readonly (readonly number[])[]): readonly (readonly number[])[] {
  const basis: (readonly number[])[] = [];
  for (const control of controls) {
    const rest = restAfter(control, basis);
    if (rest === undefined) continue;
    const length = Math.sqrt(sumOfSquares(rest));
    basis.push(rest.map((value) => value / length));
  }
  return basis;
}

/**
 * What is left of a vector at right angles to the basis. Twice is enough (Giraud, Langou, Rozložník 2005): the second
 * pass removes what rounding left of the first. Undefined where only rounding is left.
 */
export function restAfter(
  vector: readonly number[],
  basis: readonly (readonly number[])[],
): readonly number[] | undefined {
  let rest = vector;
  for (const direction of [...basis, ...basis]) {
    const part = sumOfProducts(rest, direction);
    rest = rest.map((value, place) => value - part * (direction[place] ?? 0));
  }
  const [left, before] = [sumOfSquares(rest), sumOfSquares(vector)];
  return left <= before * 1e-20 ? undefined : rest;
}

function tauRelation(
  { x, y, controls }: Points,
  groups: readonly (readonly number[])[],
  spare: number,
): Maybe<Relation> {
  const pairs = (a: readonly number[], b: readonly number[]): Concordance => concordanceWithin(a, b, groups);
  const own = pairs(x, y);
  if (own.untiedX === 0 || own.untiedY === 0)
    return undefinedBecause('one side is constant within its groups');
  const telling = controls.filter((control) => pairs(control, control).untiedX > 0);
  const degrees = spare - telling.length;
  if (degrees < 1) return undefinedBecause('no degrees of freedom are left after the controls');
  if (telling.length === 0) return defined({ coefficient: tauOf(own), degrees });
  const sides = [x, y, ...telling];
  const taus = sides.map((a) => sides.map((b) => tauOf(pairs(a, b))));
  const coefficient = partialOfFirstTwo(taus);
  return coefficient === undefined
    ? undefinedBecause('the controls explain one side wholly')
    : defined({ coefficient, degrees });
}

/** Pairs of points of the same group, counted over all groups. */
export function concordanceWithin(
  x: readonly number[],
  y: readonly number[],
  groups: readonly (readonly number[])[],
): Concordance {
  const total = { difference: 0, untiedX: 0, untiedY: 0 };
  for (const members of groups) {
    const own = concordance(
      members.map((place) => x[place] ?? 0),
      members.map((place) => y[place] ?? 0),
    );
    total.difference += own.difference;
    total.untiedX += own.untiedX;
    total.untiedY += own.untiedY;
  }
  return total;
}

/**
 * Partial coefficient of the first two of several sides from the matrix of their coefficients, one control after the
 * other: (r_xy - r_xz r_yz) / sqrt((1 - r_xz^2) (1 - r_yz^2)). Undefined where a control is a side.
 */
function partialOfFirstTwo(matrix: readonly (readonly number[])[]): number | undefined {
  const last = matrix.length - 1;
  if (last < 2) return matrix[0]?.[1];
  const at = (i: number, j: number): number => matrix[i]?.[j] ?? 0;
  const left = Array.from({ length: last }, (_, i) => (1 - at(i, last)) * (1 + at(i, last)));
  if (left.some((share) => share <= 1e-20)) return undefined;
  const reduced = left.map((own, i) =>
    left.map((other, j) => (i === j ? 1 : (at(i, j) - at(i, last) * at(j, last)) / Math.sqrt(own * other))),
  );
  return partialOfFirstTwo(reduced);
}

/** The coefficient alone. */
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
