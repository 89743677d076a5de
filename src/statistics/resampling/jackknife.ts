import { tQuantile, tTwoSided } from '../distributions/student-t.ts';
import { defined, undefinedBecause, type Interval, type Maybe } from '../maybe.ts';
import { sampleDeviation } from '../summary.ts';
import { mean, sumOfSquares } from '../sums.ts';

export interface JackknifeInterval extends Interval {
  /** The standard error of the estimate, on the scale on which the interval is made. */
  readonly error: number;
  readonly degrees: number;
  /** Two-sided p of no effect by the same t. */
  readonly p: number;
}

/**
 * Interval of a statistic by leaving out one unit at a time (Tukey 1958): pseudo-values U s - (U - 1) s_(-u), their
 * standard deviation over sqrt(U) as the standard error, t with U - 1 degrees of freedom, centred on the estimate
 * itself. Undefined for fewer than two units, and where the statistic is undefined without one of them.
 */
export function jackknifeInterval(
  estimate: number,
  leftOut: readonly Maybe<number>[],
  level: number,
): Maybe<JackknifeInterval> {
  const units = leftOut.length;
  if (units < 2) return undefinedBecause('one unit says nothing of how units vary');
  const without = leftOut.flatMap(({ value }) => (value === undefined ? [] : [value]));
  if (without.length < units) return undefinedBecause('there is no estimate without one of the units');
  const deviation = sampleDeviation(without.map((each) => units * estimate - (units - 1) * each));
  if (deviation.why !== undefined) return deviation;
  const error = deviation.value / Math.sqrt(units);
  const half = tQuantile((1 + level) / 2, units - 1) * error;
  const p = error === 0 ? (estimate === 0 ? 1 : 0) : tTwoSided(estimate / error, units - 1);
  return defined({ low: estimate - half, high: estimate + half, error, degrees: units - 1, p });
}

/**
 * The same of a correlation coefficient, on Fisher's z = atanh r. The interval lies within -1 and 1 and always holds
 * its estimate. Undefined also where a coefficient is 1 or -1, whose z is infinite.
 */
export function jackknifeCorrelation(
  coefficient: number,
  leftOut: readonly Maybe<number>[],
  level: number,
): Maybe<JackknifeInterval> {
  if ([coefficient, ...leftOut.map(({ value }) => value ?? 0)].some((r) => Math.abs(r) === 1)) {
    return undefinedBecause('a coefficient of 1 or -1 has no Fisher z');
  }
  const onZ = jackknifeInterval(
    Math.atanh(coefficient),
    leftOut.map((each) => (each.why === undefined ? defined(Math.atanh(each.value)) : each)),
    level,
  );
  if (onZ.why !== undefined) return onZ;
  return defined({ ...onZ.value, low: Math.tanh(onZ.value.low), high: Math.tanh(onZ.value.high) });
}

/** Standard error of a statistic by the jackknife: sqrt((U - 1) / U * sum (s_(-u) - their mean)^2). */
export function jackknifeError(leftOut: readonly number[]): number {
  const center = mean(leftOut).value ?? 0;
  const squares = sumOfSquares(leftOut.map((value) => value - center));
  return Math.sqrt(((leftOut.length - 1) / leftOut.length) * squares);
}
