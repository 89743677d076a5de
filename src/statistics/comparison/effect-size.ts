import { logGamma } from '../distributions/special-functions.ts';
import { defined, undefinedBecause, type Maybe } from '../maybe.ts';
import { sampleDeviation } from '../summary.ts';
import { mean } from '../sums.ts';

/** Effect size of paired differences: d_z = mean / sd, without a unit. Undefined where the differences do not vary. */
export function pairedEffect(differences: readonly number[]): Maybe<number> {
  const [center, deviation] = [mean(differences), sampleDeviation(differences)];
  if (center.why !== undefined) return center;
  if (deviation.why !== undefined) return deviation;
  return deviation.value === 0
    ? undefinedBecause('the differences do not vary')
    : defined(center.value / deviation.value);
}

export interface GroupEffect {
  /** In the unit of the values. */
  readonly difference: number;
  readonly degrees: number;
  readonly pooledDeviation: number;
  /** Cohen's d, difference / pooled standard deviation. */
  readonly d: number;
  /** Hedges' g = J d, which is without bias: J = Gamma(df / 2) / (sqrt(df / 2) Gamma((df - 1) / 2)). */
  readonly g: number;
  readonly correction: number;
}

/** Effect size of the difference of two independent groups; undefined where there is no spread to measure it by. */
export function groupEffect(a: readonly number[], b: readonly number[]): Maybe<GroupEffect> {
  const [meanA, meanB] = [mean(a), mean(b)];
  if (meanA.why !== undefined) return meanA;
  if (meanB.why !== undefined) return meanB;
  const degrees = a.length + b.length - 2;
  const squares = (values: readonly number[]): number =>
    (values.length - 1) * (sampleDeviation(values).value ?? 0) ** 2;
  const pooledDeviation = Math.sqrt((squares(a) + squares(b)) / degrees);
  if (degrees < 1 || pooledDeviation === 0) {
    return undefinedBecause('no spread to measure the difference by');
  }
  const difference = meanA.value - meanB.value;
  const d = difference / pooledDeviation;
  const correction =
    degrees === 1
      ? 0
      : Math.exp(logGamma(degrees / 2) - logGamma((degrees - 1) / 2)) / Math.sqrt(degrees / 2);
  return defined({ difference, degrees, pooledDeviation, d, g: correction * d, correction });
}
