import { noncentralT } from '../distributions/noncentral-t.ts';
import { tQuantile } from '../distributions/student-t.ts';
import { defined, undefinedBecause, type Maybe } from '../maybe.ts';

/** A paired comparison that is planned. */
export interface Plan {
  /** Standard deviation of the differences of units, in their unit. */
  readonly deviation: number;
  /** The largest p of a finding, two-sided. */
  readonly alpha: number;
}

/** The chance of a finding, by Student's t, of a true difference over so many units (Miller 2024 by the normal). */
export function powerOf(difference: number, units: number, { deviation, alpha }: Plan): number {
  if (units < 2) return 0;
  const critical = tQuantile(1 - alpha / 2, units - 1);
  const shift = (Math.abs(difference) * Math.sqrt(units)) / deviation;
  return 1 - noncentralT(critical, units - 1, shift) + noncentralT(-critical, units - 1, shift);
}

/** More units than anyone asks. */
const MOST_UNITS = 1e7;

/** The fewest units with which a difference is found with this chance. Undefined for none and where nothing varies. */
export function unitsNeeded(difference: number, power: number, plan: Plan): Maybe<number> {
  if (!(plan.deviation > 0)) return undefinedBecause('the differences do not vary');
  if (difference === 0) return undefinedBecause('no number of units finds a difference of 0');
  const isEnough = (units: number): boolean => powerOf(difference, units, plan) >= power;
  let most = 2;
  while (!isEnough(most)) {
    most *= 2;
    if (most > MOST_UNITS) return undefinedBecause('more than ten million units');
  }
  let fewest = Math.max(1, most / 2);
  while (most - fewest > 1) {
    const middle = Math.floor((fewest + most) / 2);
    if (isEnough(middle)) most = middle;
    else fewest = middle;
  }
  return defined(most);
}

/** The smallest difference that so many units find with this chance, to eight digits. */
export function detectable(units: number, power: number, plan: Plan): Maybe<number> {
  if (!(plan.deviation > 0)) return undefinedBecause('the differences do not vary');
  if (units < 2) return undefinedBecause('one unit says nothing of how units vary');
  let [low, high] = [0, plan.deviation];
  while (powerOf(high, units, plan) < power) [low, high] = [high, 2 * high];
  while (high - low > 1e-8 * high) {
    const middle = (low + high) / 2;
    if (powerOf(middle, units, plan) < power) low = middle;
    else high = middle;
  }
  return defined(high);
}
