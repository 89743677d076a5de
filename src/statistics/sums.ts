import { defined, undefinedBecause, type Maybe } from './maybe.ts';

/**
 * The sum to one rounding, whatever the order and the sizes of the terms: Shewchuk's expansion of partial sums (1997),
 * rounded as Python's `fsum` does. Infinite only where a term is or the sum itself passes the largest double; NaN for
 * infinite terms of both signs.
 */
export function sum(values: readonly number[]): number {
  const { total, scale } = scaledSum(values);
  return total / scale;
}

/**
 * Arithmetic mean, sum / n, in the unit of the values. The sum may pass the largest double; the mean does not.
 * Undefined for no values and for infinite values of both signs.
 */
export function mean(values: readonly number[]): Maybe<number> {
  const [first] = values;
  if (first === undefined) return undefinedBecause('no values');
  if (areEqual(values)) return defined(first);
  const { total, scale } = scaledSum(values);
  if (Number.isNaN(total)) return undefinedBecause('infinite values of both signs');
  return defined(total / values.length / scale);
}

/** Whether all values are the same double. */
export function areEqual(values: readonly number[]): boolean {
  return values.every((value) => value === values[0]);
}

export function areFinite(values: readonly number[]): boolean {
  return values.every((value) => Number.isFinite(value));
}

/** Deviations from a mean: the true ones are `parts` times `unit`. */
export interface Deviations {
  readonly parts: readonly number[];
  /** A power of two near the largest value, so that squares of parts neither underflow nor overflow. */
  readonly unit: number;
}

/**
 * Each finite value less the mean of its group. Values are first taken relative to the first of their group, which is
 * exact for values that lie close together (Sterbenz), and then to the mean of that; equal values give exactly 0.
 *
 * @param groups the places of the members of each group; all values are one group unless it says otherwise.
 */
export function deviations(
  values: readonly number[],
  groups: readonly (readonly number[])[] = [values.map((_, index) => index)],
): Deviations {
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const unit = largest === 0 ? 1 : 2 ** Math.min(1023, Math.floor(Math.log2(largest)));
  const parts = new Array<number>(values.length).fill(0);
  for (const members of groups) {
    const first = (values[members[0] ?? 0] ?? 0) / unit;
    const shifted = members.map((index) => (values[index] ?? 0) / unit - first);
    const center = sum(shifted) / members.length;
    members.forEach((index, place) => (parts[index] = (shifted[place] ?? 0) - center));
  }
  return { parts, unit };
}

export function sumOfSquares(values: readonly number[]): number {
  return sum(values.map((value) => value * value));
}

export function sumOfProducts(a: readonly number[], b: readonly number[]): number {
  return sum(a.map((value, index) => value * (b[index] ?? 0)));
}

/** The sum is `total / scale`; the scale keeps partial sums of large terms finite. */
function scaledSum(values: readonly number[]): { readonly total: number; readonly scale: number } {
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (!Number.isFinite(largest)) return { total: values.reduce((a, b) => a + b, 0), scale: 1 };
  const scale = largest > 2 ** 960 ? 2 ** -64 : 1;
  const partials: number[] = [];
  for (const value of values) {
    let carried = value * scale;
    let kept = 0;
    for (let place = 0; place < partials.length; place += 1) {
      const partial = partials[place] ?? 0;
      const [large, small] = Math.abs(carried) >= Math.abs(partial) ? [carried, partial] : [partial, carried];
      const high = large + small;
      const low = small - (high - large);
      if (low !== 0) {
        partials[kept] = low;
        kept += 1;
      }
      carried = high;
    }
    partials.length = kept;
    partials.push(carried);
  }
  return { total: roundedTotal(partials), scale };
}

/** Partials do not overlap and grow; the last is the total but for its rounding, ties to even. */
function roundedTotal(partials: readonly number[]): number {
  let place = partials.length - 1;
  let total = partials[place] ?? 0;
  while (place > 0) {
    place -= 1;
    const before = total;
    const partial = partials[place] ?? 0;
    total = before + partial;
    const lost = partial - (total - before);
    if (lost === 0) continue;
    const next = partials[place - 1] ?? 0;
    if ((lost < 0 && next < 0) || (lost > 0 && next > 0)) {
      const twice = lost * 2;
      if (twice === total + twice - total) total += twice;
    }
    break;
  }
  return total;
}
