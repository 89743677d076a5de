import { logGamma } from './special-functions.ts';
import { normalLower } from './tails.ts';

/** Points of Simpson's rule over the distribution of the estimated deviation: errors stay under 1e-10. */
const POINTS = 1000;

/** So many standard deviations of the estimated deviation are looked at on each side. */
const WIDTH = 10;

/**
 * P(T <= t) of the noncentral t: the mean of Phi(t s - shift) over s, the root of a chi-squared over its degrees of freedom
 * (Johnson, Kotz and Balakrishnan 1995, chapter 31), by Simpson's rule.
 *
 * @param shift noncentrality: the true mean over its standard error.
 */
export function noncentralT(t: number, degrees: number, shift: number): number {
  const deviation = 1 / Math.sqrt(2 * degrees);
  const from = Math.max(0, 1 - WIDTH * deviation);
  const step = (1 + WIDTH * deviation - from) / POINTS;
  const constant = Math.LN2 + (degrees / 2) * Math.log(degrees / 2) - logGamma(degrees / 2);
  let total = 0;
  for (let point = 0; point <= POINTS; point += 1) {
    const s = from + point * step;
    const power = degrees === 1 ? 0 : (degrees - 1) * Math.log(s);
    const density = Math.exp(constant + power - (degrees * s * s) / 2);
    const weight = point === 0 || point === POINTS ? 1 : point % 2 === 1 ? 4 : 2;
    total += weight * density * normalLower(t * s - shift);
  }
  return Math.min(1, (total * step) / 3);
}
