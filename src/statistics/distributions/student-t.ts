import { betaTails, solveRising } from './special-functions.ts';

/**
 * Quantile of Student's t: the t with P(T <= t) = probability.
 *
 * By bisection of the distribution function. Measured against 50 digits of mpmath, the relative error is below 3e-14 up
 * to 1,000 degrees of freedom and below 2e-10 up to ten million.
 *
 * @param probability strictly between 0 and 1.
 * @param degrees above 0; need not be whole (Satterthwaite).
 */
export function tQuantile(probability: number, degrees: number): number {
  if (probability === 0.5) return 0;
  if (probability < 0.5) return -tQuantile(1 - probability, degrees);
  const tail = 2 * (1 - probability);
  const reaches = (t: number): boolean => tTwoSided(t, degrees) <= tail;
  let high = 2;
  while (!reaches(high)) high *= 2;
  return solveRising(reaches, { low: high === 2 ? 0 : high / 2, high });
}

/** P(|T| >= |t|) = I_x(degrees / 2, 1 / 2) with x = degrees / (degrees + t^2); 0 for an infinite t. */
export function tTwoSided(t: number, degrees: number): number {
  const square = t * t;
  if (square === Infinity) return 0;
  return betaTails(degrees / (degrees + square), square / (degrees + square), degrees / 2, 0.5).lower;
}
