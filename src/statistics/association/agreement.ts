import { chiSquaredUpper } from '../distributions/tails.ts';
import { defined, undefinedBecause, type Maybe } from '../maybe.ts';
import { averageRanks, tieSizes } from '../ranks.ts';
import { deviations, sum, sumOfSquares } from '../sums.ts';
import { correlation } from './correlation.ts';

export interface Agreement {
  readonly judges: number;
  readonly objects: number;
  /** Kendall's W, 0 (none) to 1 (all rank alike). */
  readonly w: number;
  /** Friedman's chi-squared, m (n - 1) W, with n - 1 degrees of freedom, and its p of no agreement. */
  readonly chiSquared: number;
  readonly degrees: number;
  readonly p: number;
  /** (m W - 1) / (m - 1): the mean Spearman of all pairs of judges where nothing is tied. */
  readonly meanSpearman: number;
}

/**
 * How far judges rank objects alike: W = 12 S / (m^2 (n^3 - n) - m T), S the squared deviations of rank sums, T the sum
 * of t^3 - t over ties (Kendall and Babington Smith 1939). Undefined for one judge, one object, and where all is tied.
 *
 * @param matrix one row per judge (an item), one column per object (a format).
 */
export function agreement(matrix: readonly (readonly number[])[]): Maybe<Agreement> {
  const judges = matrix.length;
  const objects = matrix[0]?.length ?? 0;
  if (judges < 2) return undefinedBecause('one judge agrees with itself');
  if (objects < 2) return undefinedBecause('one object has no rank');
  const ranks = matrix.map(averageRanks);
  const totals = Array.from({ length: objects }, (_, object) => sum(ranks.map((row) => row[object] ?? 0)));
  const { parts, unit } = deviations(totals);
  const spread = sumOfSquares(parts) * unit ** 2;
  const ties = sum(matrix.flatMap((row) => tieSizes(row).map((t) => t ** 3 - t)));
  const most = judges ** 2 * (objects ** 3 - objects) - judges * ties;
  if (most === 0) return undefinedBecause('every judge ranks all objects equal');
  const w = (12 * spread) / most;
  const chiSquared = judges * (objects - 1) * w;
  return defined({
    judges,
    objects,
    w,
    chiSquared,
    degrees: objects - 1,
    p: chiSquaredUpper(chiSquared, objects - 1),
    meanSpearman: (judges * w - 1) / (judges - 1),
  });
}

/** Means over rows, column by column. */
export function columnMeans(matrix: readonly (readonly number[])[]): readonly number[] {
  return (matrix[0] ?? []).map((_, column) => sum(matrix.map((row) => row[column] ?? 0)) / matrix.length);
}

/**
 * Stability of a ranking of columns by their means: Kendall's tau-b between the means of all rows and those without one
 * of them, for each row. Undefined for one row and for fewer than three columns.
 */
export function leaveOneOutTau(matrix: readonly (readonly number[])[]): Maybe<readonly number[]> {
  if (matrix.length < 2) return undefinedBecause('one row cannot be left out');
  const whole = columnMeans(matrix);
  const taus: number[] = [];
  for (const left of matrix.keys()) {
    const tau = correlation('kendall', whole, columnMeans(matrix.filter((_, row) => row !== left)));
    if (tau.why !== undefined) return tau;
    taus.push(tau.value);
  }
  return defined(taus);
}
