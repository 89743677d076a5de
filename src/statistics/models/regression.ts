import { tQuantile, tTwoSided } from '../distributions/student-t.ts';
import { placesByLabel } from '../groups.ts';
import { defined, undefinedBecause, type Interval, type Maybe } from '../maybe.ts';
import { deviations, sumOfProducts, sumOfSquares } from '../sums.ts';
import { backSubstituted, factored, inverseRoot, type Columns } from './linear-algebra.ts';

export interface Coefficient {
  /** In the unit of y per unit of the column. */
  readonly value: number;
  /** Standard errors: of independent values; cluster-robust CR0, CR1 = CR0 sqrt(G / (G - 1)), Stata's CR1S. */
  readonly ols: number;
  readonly cr0: number;
  readonly cr1: number;
  readonly cr1s: number;
  /** Two-sided p of CR1 by t with G - 1. */
  readonly cr1P: number;
  /** Bell and McCaffrey's CR2 with Satterthwaite's degrees of freedom, its p and its interval. */
  readonly cr2: { readonly error: number; readonly degrees: number; readonly p: number } & Interval;
}

export interface Regression {
  readonly clusters: number;
  readonly rSquared: number;
  readonly residuals: readonly number[];
  /** The intercept first, then one per column. */
  readonly coefficients: readonly Coefficient[];
}

/**
 * Least squares of y on columns and an intercept, with cluster-robust standard errors (formulas of Pustejovsky and
 * Tipton 2018, independent working model; equal to clubSandwich). Undefined where columns explain each other, and for
 * one cluster.
 *
 * @param labels the cluster of each value.
 * @param combinations sums of coefficients that are wanted instead of the coefficients themselves: the weight of the
 *   intercept first, then one per column.
 */
export function regression(
  columns: Columns,
  y: readonly number[],
  labels: readonly string[],
  level: number,
  combinations?: Columns,
): Maybe<Regression> {
  const groups = [...placesByLabel(labels).values()];
  if (groups.length < 2) return undefinedBecause('one cluster says nothing of how clusters vary');
  const design = [y.map(() => 1), ...columns];
  const factors = factored(design);
  if (factors === undefined) return undefinedBecause('a column is explained by the others');
  const { q, r } = factors;
  const along = q.map((direction) => sumOfProducts(direction, y));
  const rows = y.map((_, place) => q.map((direction) => direction[place] ?? 0));
  const residuals = y.map((value, place) => value - sumOfProducts(along, rows[place] ?? []));
  const unexplained = sumOfSquares(residuals);
  const { parts, unit } = deviations(y);
  const values = backSubstituted(r, along);
  // Column j of inverted is R^(-1) e_j; row j of R^(-1) makes coefficient j of Q' y.
  const inverted = design.map((_, j) => backSubstituted(r, unitVector(design.length, j)));
  const robustOf = robustErrors({ rows, residuals, groups }, level);
  const spare = Math.sqrt(unexplained / (y.length - design.length));
  const wanted = combinations ?? design.map((_, j) => unitVector(design.length, j));
  const coefficients = wanted.map((weights): Coefficient => {
    const value = sumOfProducts(weights, values);
    const row = inverted.map((column) => sumOfProducts(weights, column));
    const influence = rows.map((own) => sumOfProducts(own, row));
    return { value, ols: spare * Math.sqrt(sumOfSquares(row)), ...robustOf(value, influence) };
  });
  return defined({
    clusters: groups.length,
    rSquared: 1 - unexplained / (sumOfSquares(parts) * unit ** 2),
    residuals,
    coefficients,
  });
}

function unitVector(length: number, place: number): readonly number[] {
  return Array.from({ length }, (_, index) => (index === place ? 1 : 0));
}

/** The robust errors of an estimate from the influence of each value on it; what all estimates share is made once. */
function robustErrors(
  {
    rows,
    residuals,
    groups,
  }: {
    readonly rows: Columns;
    readonly residuals: readonly number[];
    readonly groups: readonly (readonly number[])[];
  },
  level: number,
): (value: number, influence: readonly number[]) => Omit<Coefficient, 'value' | 'ols'> {
  const of = (values: readonly number[], places: readonly number[]): readonly number[] =>
    places.flatMap((place) => values[place] ?? []);
  const width = rows[0]?.length ?? 0;
  const clusters = groups.map((places) => {
    const own = places.map((place) => rows[place] ?? []);
    const columns = Array.from({ length: width }, (_, j) => own.map((row) => row[j] ?? 0));
    return { places, columns, root: inverseRoot(own), residuals: of(residuals, places) };
  });
  return (value, influence) => {
    const own = clusters.map(({ places, columns, root, residuals: left }) => {
      const plain = of(influence, places);
      const weights = root(plain);
      return {
        plain: sumOfProducts(plain, left),
        adjusted: sumOfProducts(weights, left),
        square: sumOfSquares(weights),
        inner: columns.map((column) => sumOfProducts(column, weights)),
      };
    });
    const cross = own.map((a, i) =>
      own.map((b, j) => (i === j ? a.square : 0) - sumOfProducts(a.inner, b.inner)),
    );
    const trace = cross.reduce((total, row, i) => total + (row[i] ?? 0), 0);
    const count = groups.length;
    const cr0 = Math.sqrt(sumOfSquares(own.map(({ plain }) => plain)));
    const cr1 = cr0 * Math.sqrt(count / (count - 1));
    const error = Math.sqrt(sumOfSquares(own.map(({ adjusted }) => adjusted)));
    const degrees = trace ** 2 / sumOfSquares(cross.flat());
    const half = tQuantile((1 + level) / 2, degrees) * error;
    return {
      cr0,
      cr1,
      cr1s: cr1 * Math.sqrt((residuals.length - 1) / (residuals.length - width)),
      cr1P: tTwoSided(value / cr1, count - 1),
      cr2: { error, degrees, p: tTwoSided(value / error, degrees), low: value - half, high: value + half },
    };
  };
}
