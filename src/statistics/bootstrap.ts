import { seededRandom } from './random.ts';
import { quantileOfSorted } from './summary.ts';

export interface BootstrapInterval {
  readonly low: number;
  readonly high: number;
  /** Resamples that gave a finite value; the interval is over these. */
  readonly resamples: number;
}

/**
 * Percentile interval of a statistic by resampling whole clusters with replacement (Efron 1979; clusters: Davison
 * and Hinkley 1997, section 3.8). NaN where there are fewer than two clusters, or where most resamples give no value.
 *
 * @param clusters the indices of the rows of each cluster.
 * @param statistic of the rows at these indices, which may repeat.
 */
export function clusterBootstrap(
  clusters: readonly (readonly number[])[],
  statistic: (indices: readonly number[]) => number,
  { samples, seed, level }: { readonly samples: number; readonly seed: number; readonly level: number },
): BootstrapInterval {
  if (clusters.length < 2) return { low: NaN, high: NaN, resamples: 0 };
  const random = seededRandom(seed);
  const values: number[] = [];
  for (let sample = 0; sample < samples; sample += 1) {
    const indices: number[] = [];
    for (let draw = 0; draw < clusters.length; draw += 1) {
      indices.push(...(clusters[Math.floor(random() * clusters.length)] ?? []));
    }
    const value = statistic(indices);
    if (Number.isFinite(value)) values.push(value);
  }
  if (values.length < samples / 2) return { low: NaN, high: NaN, resamples: values.length };
  values.sort((a, b) => a - b);
  return {
    low: quantileOfSorted(values, (1 - level) / 2),
    high: quantileOfSorted(values, (1 + level) / 2),
    resamples: values.length,
  };
}
