import { defined, undefinedBecause, type Maybe } from '../maybe.ts';
import { allOrders, randomOrder, seededRandom } from '../random.ts';

/** How resampling is drawn where not all of it can be counted. */
export interface Draws {
  readonly samples: number;
  readonly seed: number;
}

export interface PermutationTest {
  /** Two-sided, from 0 to 1. */
  readonly p: number;
  /**
   * The smallest p that so few units can give: of all orders of these values, or all signs. Ranks read backwards are as
   * extreme as ranks, so that 4 units give 2 of 24 at best.
   */
  readonly smallest: number;
  /** Orders or sign vectors that were looked at. */
  readonly draws: number;
  /** Whether these were all that there are. */
  readonly exact: boolean;
}

/** Statistics that differ by rounding alone count as equal; relative to the size of the observed one, or to 1. */
const TOLERANCE = 1e-12;

/** Up to so many orders all are looked at: 7! = 5040. */
const MOST_ORDERS = 5040;

/**
 * Permutation p of a statistic whose units are exchangeable where nothing goes with anything: the share of orders of
 * the units in which |statistic| is at least as large as observed. All orders of up to 7 units; for more,
 * (1 + count) / (1 + samples) of random ones (Phipson and Smyth 2010). Undefined for fewer than two units and where the
 * statistic is.
 *
 * @param statistic of an order of the units; an order for which it is undefined counts against the claim.
 */
export function permutationTest(
  units: number,
  statistic: (order: readonly number[]) => number | undefined,
  { samples, seed }: Draws,
): Maybe<PermutationTest> {
  if (units < 2) return undefinedBecause('fewer than two units');
  let orders = 1;
  for (let unit = 2; unit <= units && orders <= MOST_ORDERS; unit += 1) orders *= unit;
  const identity = Array.from({ length: units }, (_, place) => place);
  const observed = statistic(identity);
  if (observed === undefined) return undefinedBecause('the statistic is undefined');
  if (orders <= MOST_ORDERS) {
    const all = [...mapOf(allOrders(units), statistic)];
    const largest = all.reduce<number>((most, value) => Math.max(most, Math.abs(value ?? 0)), 0);
    const [p, smallest] = [observed, largest].map((reached) => asExtreme(reached, all) / orders);
    return defined({ p: p ?? 1, smallest: smallest ?? 1, draws: orders, exact: true });
  }
  const random = seededRandom(seed);
  const drawn = (function* draw() {
    for (let sample = 0; sample < samples; sample += 1) yield statistic(randomOrder(units, random));
  })();
  const p = (1 + asExtreme(observed, drawn)) / (1 + samples);
  return defined({ p, smallest: 1 / (1 + samples), draws: samples, exact: false });
}

/** How many values are at least as far from 0 as what was observed. */
export function asExtreme(observed: number, values: Iterable<number | undefined>): number {
  const bound = Math.abs(observed) - TOLERANCE * Math.max(1, Math.abs(observed));
  let count = 0;
  for (const value of values) if (value === undefined || Math.abs(value) >= bound) count += 1;
  return count;
}

function* mapOf<From, To>(values: Iterable<From>, map: (value: From) => To): Generator<To> {
  for (const value of values) yield map(value);
}

/** Up to so many contributions all sign vectors are counted, in two halves of 2^15. */
const MOST_SIGNS = 30;

/**
 * Sign-flip p of a sum of contributions whose signs are exchangeable under no effect (Fisher 1935): the share of the
 * 2^G sign vectors in which |sum| is at least as large as observed. All of them up to 30 contributions; for more,
 * (1 + count) / (1 + samples) of random ones. Undefined for none.
 */
export function signFlipTest(
  contributions: readonly number[],
  { samples, seed }: Draws,
): Maybe<PermutationTest> {
  if (contributions.length === 0) return undefinedBecause('no values');
  const size = contributions.reduce((total, value) => total + Math.abs(value), 0);
  const vectors = 2 ** contributions.length;
  if (size === 0) return defined({ p: 1, smallest: 2 / vectors, draws: 1, exact: true });
  const parts = contributions.map((value) => value / size);
  const bound = Math.abs(parts.reduce((a, b) => a + b, 0)) - TOLERANCE;
  if (contributions.length <= MOST_SIGNS) {
    const p = countExtreme(parts, bound) / vectors;
    return defined({ p, smallest: Math.min(1, 2 / vectors), draws: vectors, exact: true });
  }
  const random = seededRandom(seed);
  let count = 0;
  for (let sample = 0; sample < samples; sample += 1) {
    const total = parts.reduce((sum, part) => sum + (random() < 0.5 ? -part : part), 0);
    if (Math.abs(total) >= bound) count += 1;
  }
  const p = (1 + count) / (1 + samples);
  return defined({ p, smallest: 1 / (1 + samples), draws: samples, exact: false });
}

/** Sign vectors whose |sum| reaches the bound, by sorted sums of two halves (Pagano and Tritchler 1983 in spirit). */
function countExtreme(parts: readonly number[], bound: number): number {
  if (bound <= 0) return 2 ** parts.length;
  const middle = parts.length >> 1;
  const [left, right] = [signedSums(parts.slice(0, middle)), signedSums(parts.slice(middle))];
  // Signs come in pairs of opposites, so sums from the bound upwards are half of those that count.
  let count = 0;
  let from = right.length;
  for (const sum of left) {
    while (from > 0 && sum + (right[from - 1] ?? 0) >= bound) from -= 1;
    count += right.length - from;
  }
  return 2 * count;
}

/** The sums of all sign vectors, ascending. */
function signedSums(parts: readonly number[]): Float64Array {
  const sums = new Float64Array(2 ** parts.length);
  let length = 1;
  for (const part of parts) {
    for (let place = 0; place < length; place += 1) {
      const sum = sums[place] ?? 0;
      sums[place] = sum - part;
      sums[length + place] = sum + part;
    }
    length *= 2;
  }
  return sums.sort();
}
