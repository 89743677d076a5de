import { placesByLabel } from '../groups.ts';
import { defined, undefinedBecause, type Maybe } from '../maybe.ts';
import type { StandardError } from '../summary.ts';
import { areFinite, deviations, sum, sumOfSquares } from '../sums.ts';

/** Standard errors of a mean whose values come in clusters, in the unit of the values. */
export interface ClusteredErrors {
  readonly clusters: number;
  /** sqrt(sum over clusters of (sum of deviations)^2) / N; too small for few clusters. */
  readonly cr0: number;
  /** CR0 sqrt(G / (G - 1)), t with G - 1 (what inspect_ai does; Miller 2024); too small where clusters differ in size. */
  readonly cr1: StandardError;
  /** Bell and McCaffrey (2002) with Satterthwaite's degrees of freedom: holds its level with few unequal clusters. */
  readonly cr2: StandardError;
}

/**
 * Cluster-robust standard errors of a mean. CR2, for clusters of n_g of N values with sums of deviations e_g:
 * a_g = (1 - n_g / N)^(-1/2), V = sum (a_g e_g)^2 / N^2, df = tr(W)^2 / sum W^2 with W = A (diag n - n n' / N) A / N^2
 * (Pustejovsky and Tipton 2018; equal to clubSandwich). With clusters of one value each it is s / sqrt(n).
 * Undefined for no values, one cluster and infinite values.
 *
 * @param labels one per value.
 */
export function clusteredErrors(
  values: readonly number[],
  labels: readonly string[],
): Maybe<ClusteredErrors> {
  if (values.length === 0) return undefinedBecause('no values');
  if (values.length === 1) return undefinedBecause('one value has no spread');
  if (!areFinite(values)) return undefinedBecause('a value is infinite');
  const groups = [...placesByLabel(labels).values()];
  const clusters = groups.length;
  if (clusters < 2) return undefinedBecause('one cluster says nothing of how clusters vary');
  const { parts, unit } = deviations(values);
  const count = values.length;
  const members = groups.map((places) => {
    const total = sum(places.map((place) => parts[place] ?? 0));
    return { size: places.length, total, adjusted: 1 / Math.sqrt(1 - places.length / count) };
  });
  const cr0 = (Math.sqrt(sumOfSquares(members.map(({ total }) => total))) / count) * unit;
  const corrected = sumOfSquares(members.map(({ total, adjusted }) => total * adjusted));
  // W is diagonal less an outer product, so that its trace and its squares need no matrix.
  const outer = members.map(({ size, adjusted }) => adjusted ** 2 * size ** 2);
  const diagonal = members.map(({ size, adjusted }) => adjusted ** 2 * (size - size ** 2 / count));
  const offDiagonal = (sum(outer) ** 2 - sumOfSquares(outer)) / count ** 2;
  return defined({
    clusters,
    cr0,
    cr1: { error: cr0 * Math.sqrt(clusters / (clusters - 1)), degrees: clusters - 1 },
    cr2: {
      error: (Math.sqrt(corrected) / count) * unit,
      degrees: sum(diagonal) ** 2 / (sumOfSquares(diagonal) + offDiagonal),
    },
  });
}
