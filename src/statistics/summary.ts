import { tQuantile } from './student-t.ts';

/** Neumaier's compensated sum (Neumaier 1974): exact to one rounding for the sizes that occur here. */
export function sum(values: readonly number[]): number {
  let total = 0;
  let lost = 0;
  for (const value of values) {
    const next = total + value;
    lost += Math.abs(total) >= Math.abs(value) ? total - next + value : value - next + total;
    total = next;
  }
  // Infinite terms make the correction NaN; the plain total is right then.
  return Number.isFinite(lost) ? total + lost : total;
}

/** Arithmetic mean; NaN for no values. */
export function mean(values: readonly number[]): number {
  return values.length === 0 ? NaN : sum(values) / values.length;
}

/** Sample standard deviation (n - 1 degrees of freedom); NaN for fewer than two values, as in pandas. */
export function sampleDeviation(values: readonly number[]): number {
  if (values.length < 2) return NaN;
  const center = mean(values);
  return Math.sqrt(sum(values.map((value) => (value - center) ** 2)) / (values.length - 1));
}

/** Middle value, or the mean of the two in the middle; NaN for no values. */
export function median(values: readonly number[]): number {
  if (values.length === 0) return NaN;
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  if (sorted.length % 2 === 1) return upper;
  const lower = sorted[middle - 1] ?? NaN;
  return lower === upper ? upper : (lower + upper) / 2;
}

/** A standard error of a mean with its degrees of freedom. */
export interface StandardError {
  readonly error: number;
  readonly degrees: number;
}

/** s / sqrt(n), n - 1 degrees of freedom; NaN for fewer than two values. */
export function standardError(values: readonly number[]): StandardError {
  return { error: sampleDeviation(values) / Math.sqrt(values.length), degrees: values.length - 1 };
}

/**
 * Standard error of a mean whose values come in clusters (Miller 2024, arXiv:2411.00640; the finite correction is that
 * of inspect_ai): sqrt( sum over clusters of (sum of deviations)^2 * C / (C - 1) ) / n, C - 1 degrees of freedom.
 *
 * @param clusters one label per value.
 */
export function clusteredStandardError(
  values: readonly number[],
  clusters: readonly string[],
): StandardError {
  const center = mean(values);
  const deviations = new Map<string, number[]>();
  values.forEach((value, index) => {
    const label = clusters[index] ?? '';
    const cluster = deviations.get(label) ?? [];
    cluster.push(value - center);
    deviations.set(label, cluster);
  });
  const count = deviations.size;
  if (count < 2) return { error: NaN, degrees: count - 1 };
  const squares = sum([...deviations.values()].map((cluster) => sum(cluster) ** 2));
  return { error: Math.sqrt((squares * count) / (count - 1)) / values.length, degrees: count - 1 };
}

/** Two-sided interval around a mean by Student's t; NaN where there is no standard error. */
export function confidenceInterval(
  center: number,
  { error, degrees }: StandardError,
  level = 0.95,
): { readonly low: number; readonly high: number } {
  if (degrees < 1 || Number.isNaN(error)) return { low: NaN, high: NaN };
  const half = tQuantile(0.5 + level / 2, degrees) * error;
  return { low: center - half, high: center + half };
}

/**
 * Quantile of sorted values by linear interpolation between order statistics (Hyndman and Fan's type 7, the default
 * of numpy and R).
 */
export function quantileOfSorted(sorted: readonly number[], probability: number): number {
  const position = (sorted.length - 1) * probability;
  const below = Math.floor(position);
  const low = sorted[below] ?? NaN;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] ?? NaN;
  return low === high ? low : low + (high - low) * (position - below);
}
