/** The two parts of a distribution at a point. The smaller is computed, so that small tails keep their digits. */
export interface Tails {
  readonly lower: number;
  readonly upper: number;
}

/** log Gamma(x) for x > 0: Stirling's series from 10 on, below it by Gamma(x + 1) = x Gamma(x). */
export function logGamma(x: number): number {
  let product = 1;
  let shifted = x;
  for (; shifted < 10; shifted += 1) product *= shifted;
  const stirling =
    (shifted - 0.5) * Math.log(shifted) - shifted + 0.5 * Math.log(2 * Math.PI) + stirlingRest(shifted);
  return stirling - Math.log(product);
}

/**
 * log B(a, b) = log Gamma(a) + log Gamma(b) - log Gamma(a + b) for a, b > 0, without the cancellation of that
 * difference where one of them is large (as in R's `lbeta`, after Fullerton's SLATEC).
 */
export function logBeta(a: number, b: number): number {
  const [small, large] = a < b ? [a, b] : [b, a];
  if (large < 10) return logGamma(small) + logGamma(large) - logGamma(small + large);
  const share = small / (small + large);
  if (small < 10) {
    const rest = stirlingRest(large) - stirlingRest(small + large);
    return (
      logGamma(small) + rest + small - small * Math.log(small + large) + (large - 0.5) * Math.log1p(-share)
    );
  }
  return (
    0.5 * Math.log(2 * Math.PI) -
    0.5 * Math.log(large) +
    (stirlingRest(small) + stirlingRest(large) - stirlingRest(small + large)) +
    (small - 0.5) * Math.log(share) +
    large * Math.log1p(-share)
  );
}

/** log Gamma(x) less its leading terms (x - 1/2) log x - x + log(2 pi) / 2, for x >= 10; error below 1e-16. */
function stirlingRest(x: number): number {
  const inverse = 1 / (x * x);
  const coefficients = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156];
  return coefficients.reduceRight((rest, coefficient) => rest * inverse + coefficient, 0) / x;
}

/**
 * Regularised incomplete beta function, lower part I_x(a, b), by its continued fraction (Numerical Recipes, 3rd ed.,
 * section 6.4).
 *
 * @param x from 0 to 1.
 * @param complement 1 - x, given apart because the caller knows it without cancellation.
 */
export function betaTails(x: number, complement: number, a: number, b: number): Tails {
  if (x <= 0) return { lower: 0, upper: 1 };
  if (complement <= 0) return { lower: 1, upper: 0 };
  const front = Math.exp(a * logOf(x, complement) + b * logOf(complement, x) - logBeta(a, b));
  if (x < (a + 1) / (a + b + 2)) {
    const lower = (front * betaFraction(x, a, b)) / a;
    return { lower, upper: 1 - lower };
  }
  const upper = (front * betaFraction(complement, b, a)) / b;
  return { lower: 1 - upper, upper };
}

/** log x, by the complement where x is close to 1. */
function logOf(x: number, complement: number): number {
  return complement < 0.5 ? Math.log1p(-complement) : Math.log(x);
}

/** Modified Lentz evaluation; converges in O(sqrt(max(a, b))) steps. */
function betaFraction(x: number, a: number, b: number): number {
  return lentz(1, (term) => {
    const m = term >> 1;
    if (term === 1) return { numerator: (-(a + b) * x) / (a + 1), denominator: 1 };
    return term % 2 === 0
      ? { numerator: (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m)), denominator: 1 }
      : { numerator: (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1)), denominator: 1 };
  });
}

/** Regularised incomplete gamma function, lower part P(a, x): its series, or from x = a + 1 on its fraction. */
export function gammaTails(a: number, x: number): Tails {
  if (x <= 0) return { lower: 0, upper: 1 };
  if (x === Infinity) return { lower: 1, upper: 0 };
  const front = Math.exp(a * Math.log(x) - x - logGamma(a));
  if (x < a + 1) {
    let term = 1 / a;
    let series = term;
    for (let n = 1; n <= 10_000 && term > series * 1e-17; n += 1) {
      term *= x / (a + n);
      series += term;
    }
    return { lower: front * series, upper: 1 - front * series };
  }
  const upper =
    front *
    lentz(x + 1 - a, (term) => ({ numerator: -term * (term - a), denominator: x + 2 * term + 1 - a }));
  return { lower: 1 - upper, upper };
}

/** 1 / (first + n1 / (d1 + n2 / (d2 + ...))) by the modified Lentz algorithm. */
function lentz(
  first: number,
  termAt: (term: number) => { readonly numerator: number; readonly denominator: number },
): number {
  const tiny = 1e-300;
  const awayFromZero = (value: number): number => (Math.abs(value) < tiny ? tiny : value);
  let fraction = awayFromZero(first);
  let c = fraction;
  let d = 0;
  for (let term = 1; term <= 20_000; term += 1) {
    const { numerator, denominator } = termAt(term);
    d = 1 / awayFromZero(denominator + numerator * d);
    c = awayFromZero(denominator + numerator / c);
    const step = c * d;
    fraction *= step;
    if (Math.abs(step - 1) < 1e-16) break;
  }
  return 1 / fraction;
}

/**
 * The argument at which a rising function reaches a value, by bisection down to neighbouring doubles; as exact as the
 * function is.
 *
 * @param low where the function is below the value; `high` where it is not.
 */
export function solveRising(
  reaches: (argument: number) => boolean,
  { low, high }: { readonly low: number; readonly high: number },
): number {
  for (;;) {
    const middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) return middle;
    if (reaches(middle)) high = middle;
    else low = middle;
  }
}
