import { tQuantile } from './distributions/student-t.ts';
import { defined, undefinedBecause, type Interval, type Maybe } from './maybe.ts';
import { compared } from './ranks.ts';
import { areFinite, deviations, sumOfSquares } from './sums.ts';

/**
 * Sample standard deviation, sqrt(sum of squared deviations / (n - 1)), in the unit of the values. Undefined for fewer
 * than two values and where one is infinite.
 */
export function sampleDeviation(values: readonly number[]): Maybe<number> {
  if (values.length === 0) return undefinedBecause('no values');
  if (values.length === 1) return undefinedBecause('one value has no spread');
  if (!areFinite(values)) return undefinedBecause('a value is infinite');
  const { parts, unit } = deviations(values);
  return defined(Math.sqrt(sumOfSquares(parts) / (values.length - 1)) * unit);
}

/** A standard error of a mean with its degrees of freedom. */
export interface StandardError {
  readonly error: number;
  readonly degrees: number;
}

/** Standard error of a mean of independent values, s / sqrt(n), with n - 1 degrees of freedom; undefined as s is. */
export function standardError(values: readonly number[]): Maybe<StandardError> {
  const deviation = sampleDeviation(values);
  if (deviation.why !== undefined) return deviation;
  return defined({ error: deviation.value / Math.sqrt(values.length), degrees: values.length - 1 });
}

/** Two-sided interval of a given coverage around a mean: mean -/+ t((1 + level) / 2, degrees) * error. */
export function tInterval(center: number, { error, degrees }: StandardError, level: number): Interval {
  const half = error === 0 ? 0 : tQuantile((1 + level) / 2, degrees) * error;
  return { low: center - half, high: center + half };
}

/** Middle value, or the mean of the two in the middle; undefined as a quantile is. */
export function median(values: readonly number[]): Maybe<number> {
  return quantile(values, 0.5);
}

/**
 * Quantile by linear interpolation between order statistics (Hyndman and Fan's type 7, the default of numpy and R).
 * Undefined for no values, and between infinite values of both signs.
 *
 * @param probability from 0 to 1.
 */
export function quantile(values: readonly number[], probability: number): Maybe<number> {
  return quantileOfSorted(values.toSorted(compared), probability);
}

/** The same of values that are sorted already. */
export function quantileOfSorted(sorted: readonly number[], probability: number): Maybe<number> {
  if (sorted.length === 0) return undefinedBecause('no values');
  const position = (sorted.length - 1) * probability;
  const below = Math.floor(position);
  const low = sorted[below] ?? 0;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] ?? 0;
  const share = position - below;
  if (low === high || share === 0) return defined(low);
  if (low === -Infinity && high === Infinity) return undefinedBecause('infinite values of both signs');
  if (!Number.isFinite(low)) return defined(low);
  if (!Number.isFinite(high)) return defined(high);
  const step = high - low;
  return defined(Number.isFinite(step) ? low + step * share : low * (1 - share) + high * share);
}
