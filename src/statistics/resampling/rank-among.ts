import { defined, undefinedBecause, type Maybe } from '../maybe.ts';
import { mean } from '../sums.ts';

export interface RankAmongControls {
  /** Chance of a control at least as large, from 1 / (1 + controls) to 1. */
  readonly p: number;
  /** The smallest p that so many controls can give. */
  readonly smallest: number;
  readonly controls: number;
  readonly controlMean: number;
}

/** Values that differ by rounding alone count as equal; relative to the larger one, or to 1. */
const TOLERANCE = 1e-12;

/**
 * One-sided p of a value among controls that are exchangeable with it where it is nothing special:
 * (1 + count of controls at least as large) / (1 + controls) (Phipson and Smyth 2010). Undefined for no controls and
 * where a value is not finite.
 */
export function rankAmong(value: number, controls: readonly number[]): Maybe<RankAmongControls> {
  if (controls.length === 0) return undefinedBecause('there are no controls');
  if (![value, ...controls].every(Number.isFinite)) return undefinedBecause('a value is not finite');
  const bound = value - TOLERANCE * Math.max(1, Math.abs(value));
  const asLarge = controls.filter((control) => control >= bound).length;
  return defined({
    p: (1 + asLarge) / (1 + controls.length),
    smallest: 1 / (1 + controls.length),
    controls: controls.length,
    controlMean: mean(controls).value ?? 0,
  });
}
