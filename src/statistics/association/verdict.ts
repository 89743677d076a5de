import type { Interval, Maybe } from '../maybe.ts';

export type Prediction = 'negative' | 'positive' | 'any';

/**
 * - `supported`: p at most 1 - level, an interval that excludes 0, and the predicted sign.
 * - `contradicted`: the same with the other sign.
 * - `no evidence`: neither.
 * - `undecided`: p is small enough, but there is no interval to say so too.
 * - `too few`: under four units of every kind, or so few that no data could give such a p.
 * - `undefined`: there is no coefficient.
 */
export type Verdict = 'supported' | 'contradicted' | 'no evidence' | 'undecided' | 'too few' | 'undefined';

/** The verdict on a predicted relation, by the rule above; without a prediction either sign supports it. */
export function verdictOn(
  coefficient: Maybe<number>,
  evidence: {
    readonly enoughUnits: boolean;
    /** The smallest p that so few units could give. */
    readonly smallest: number;
    readonly interval: Maybe<Interval>;
    readonly p: Maybe<number>;
  },
  { predicted, level }: { readonly predicted: Prediction; readonly level: number },
): Verdict {
  if (coefficient.why !== undefined) return 'undefined';
  if (!evidence.enoughUnits) return 'too few';
  const { interval, p } = evidence;
  if (p.why !== undefined) return 'undecided';
  const alpha = 1 - level + 1e-12;
  if (evidence.smallest > alpha) return 'too few';
  if (p.value > alpha) return 'no evidence';
  if (interval.why !== undefined) return 'undecided';
  if (interval.value.low <= 0 && interval.value.high >= 0) return 'no evidence';
  const sign = coefficient.value < 0 ? 'negative' : 'positive';
  return predicted === 'any' || predicted === sign ? 'supported' : 'contradicted';
}
