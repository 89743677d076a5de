import { normalLower, normalQuantile } from '../distributions/tails.ts';
import { defined, undefinedBecause, type Interval, type Maybe } from '../maybe.ts';
import { quantile, sampleDeviation } from '../summary.ts';
import { areEqual, mean } from '../sums.ts';

export interface Bootstrap {
  /** Standard deviation of the replicates. */
  readonly error: number;
  readonly percentile: Interval;
  readonly basic: Interval;
  /** Bias-corrected and accelerated (Efron 1987), with the levels at which it reads the replicates. */
  readonly bca: Maybe<
    Interval & { readonly levels: Interval; readonly z0: number; readonly acceleration: number }
  >;
}

/**
 * Bootstrap intervals of a statistic from its replicates. Undefined for no replicates. BCa is undefined where the
 * statistic does not vary, and where no replicate lies on one side of the estimate.
 *
 * @param leftOut the statistic without one unit at a time, for the acceleration.
 */
export function bootstrapIntervals(
  estimate: number,
  replicates: readonly number[],
  leftOut: readonly number[],
  level: number,
): Maybe<Bootstrap> {
  const deviation = sampleDeviation(replicates);
  if (deviation.why !== undefined) return deviation;
  const at = (probability: number): number => quantile(replicates, probability).value ?? estimate;
  const percentile = { low: at((1 - level) / 2), high: at((1 + level) / 2) };
  const basic = { low: 2 * estimate - percentile.high, high: 2 * estimate - percentile.low };
  return defined({
    error: deviation.value,
    percentile,
    basic,
    bca: accelerated(estimate, replicates, leftOut, level),
  });
}

/** Replicates that differ from the estimate by rounding alone count as equal to it. */
const TOLERANCE = 1e-13;

function accelerated(
  estimate: number,
  replicates: readonly number[],
  leftOut: readonly number[],
  level: number,
): Bootstrap['bca'] {
  if (areEqual(replicates)) return undefinedBecause('the statistic does not vary');
  const below = replicates.filter((value) => value < estimate - TOLERANCE).length;
  const above = replicates.filter((value) => value > estimate + TOLERANCE).length;
  const share = (below + (replicates.length - above)) / (2 * replicates.length);
  if (share <= 0 || share >= 1) return undefinedBecause('all replicates lie on one side of the estimate');
  const z0 = normalQuantile(share);
  const center = mean(leftOut).value ?? 0;
  const powers = (power: number): number =>
    leftOut.reduce((total, each) => total + (center - each) ** power, 0);
  const acceleration = powers(2) === 0 ? 0 : powers(3) / (6 * powers(2) ** 1.5);
  const corrected = (probability: number): number => {
    const z = z0 + normalQuantile(probability);
    return normalLower(z0 + z / (1 - acceleration * z));
  };
  const levels = { low: corrected((1 - level) / 2), high: corrected((1 + level) / 2) };
  const at = (probability: number): number => quantile(replicates, probability).value ?? estimate;
  return defined({ low: at(levels.low), high: at(levels.high), levels, z0, acceleration });
}
