import { betaQuantile, normalQuantile } from '../distributions/tails.ts';
import { defined, undefinedBecause, type Interval, type Maybe } from '../maybe.ts';

/**
 * Wilson's score interval (1927) of a share, k of n independent trials. Undefined for no trials.
 *
 * (k + z^2 / 2 -/+ z sqrt(k (n - k) / n + z^2 / 4)) / (n + z^2), within 0 and 1.
 */
export function wilsonInterval(k: number, n: number, level: number): Maybe<Interval> {
  if (n === 0) return undefinedBecause('no trials');
  const z = normalQuantile((1 + level) / 2);
  const half = z * Math.sqrt((k * (n - k)) / n + (z * z) / 4);
  const center = k + (z * z) / 2;
  return defined({
    low: k === 0 ? 0 : (center - half) / (n + z * z),
    high: k === n ? 1 : (center + half) / (n + z * z),
  });
}

/**
 * Equal-tailed credible interval of a share, k of n: quantiles of Beta(k + prior, n - k + prior). Undefined for no
 * trials.
 *
 * @param prior 1 for a uniform one (Bowyer, Aitchison, Ivanova 2025), 1/2 for Jeffreys'.
 */
export function betaInterval(k: number, n: number, prior: number, level: number): Maybe<Interval> {
  if (n === 0) return undefinedBecause('no trials');
  const at = (probability: number): number => betaQuantile(probability, k + prior, n - k + prior);
  return defined({ low: at((1 - level) / 2), high: at((1 + level) / 2) });
}

/** Clopper and Pearson's interval (1934), which covers at least at its level, as a rule more. */
export function clopperPearsonInterval(k: number, n: number, level: number): Maybe<Interval> {
  if (n === 0) return undefinedBecause('no trials');
  return defined({
    low: k === 0 ? 0 : betaQuantile((1 - level) / 2, k, n - k + 1),
    high: k === n ? 1 : betaQuantile((1 + level) / 2, k + 1, n - k),
  });
}
