import { betaTails, gammaTails, logGamma, solveRising } from './special-functions.ts';

/** P(|Z| >= |z|) of the standard normal: Q(1/2, z^2 / 2). */
export function normalTwoSided(z: number): number {
  return gammaTails(0.5, (z * z) / 2).upper;
}

/** P(Z <= z) of the standard normal. */
export function normalLower(z: number): number {
  const half = normalTwoSided(z) / 2;
  return z < 0 ? half : 1 - half;
}

/** The z with P(Z <= z) = probability, strictly between 0 and 1. */
export function normalQuantile(probability: number): number {
  if (probability === 0.5) return 0;
  if (probability > 0.5) return -normalQuantile(1 - probability);
  return -solveRising((z) => normalTwoSided(z) / 2 <= probability, { low: 0, high: 40 });
}

/** P(X >= x) of chi-squared: Q(degrees / 2, x / 2). */
export function chiSquaredUpper(x: number, degrees: number): number {
  return gammaTails(degrees / 2, x / 2).upper;
}

/** P(X >= f) of Fisher's F with two numbers of degrees of freedom. */
export function fUpper(f: number, above: number, below: number): number {
  const scaled = above * f;
  return betaTails(below / (below + scaled), scaled / (below + scaled), below / 2, above / 2).lower;
}

/** The x with P(X <= x) = probability of Beta(a, b). */
export function betaQuantile(probability: number, a: number, b: number): number {
  const reaches = (x: number): boolean => betaTails(x, 1 - x, a, b).lower >= probability;
  return solveRising(reaches, { low: 0, high: 1 });
}

/** P(X = k) and P(X <= k) of a fair coin thrown `throws` times. */
export function fairCoin(k: number, throws: number): { readonly point: number; readonly upTo: number } {
  const point = throws <= 1000 ? productOfRatios(k, throws) : Math.exp(logPoint(k, throws));
  let term = point;
  let upTo = point;
  for (let fewer = k; fewer > 0 && term > upTo * 1e-18; fewer -= 1) {
    term *= fewer / (throws - fewer + 1);
    upTo += term;
  }
  return { point, upTo };
}

/** Exact where few are thrown; 2^-1000 is still a normal number. */
function productOfRatios(k: number, throws: number): number {
  let point = 2 ** -throws;
  for (let heads = 1; heads <= k; heads += 1) point = (point * (throws - heads + 1)) / heads;
  return point;
}

function logPoint(k: number, throws: number): number {
  return logGamma(throws + 1) - logGamma(k + 1) - logGamma(throws - k + 1) - throws * Math.LN2;
}
