/** Several candidates, one of which is picked by the largest score. */

/** Index of the largest; the first of equals. NaN is never picked; with nothing to pick, 0. */
export function argmax(scores: readonly number[]): number {
  let best = 0;
  for (const [index, score] of scores.entries()) {
    const most = scores[best] ?? NaN;
    if (score > most || (Number.isNaN(most) && !Number.isNaN(score))) best = index;
  }
  return best;
}

/** exp(score) over the sum of all: probabilities among the candidates alone. The largest is taken out first. */
export function shares(logProbs: readonly number[]): readonly number[] {
  const most = Math.max(...logProbs);
  const weights = logProbs.map((logProb) => Math.exp(logProb - most));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/** Sum of the values that are marked. */
export function massOf(values: readonly number[], isMarked: readonly boolean[]): number {
  return values.reduce((sum, value, index) => (isMarked[index] === true ? sum + value : sum), 0);
}

/**
 * Squared distance of probabilities from certainty of the right candidate: the sum over all candidates, 0 to 2 (Brier 1950).
 * Undefined unless exactly one is right.
 */
export function brier(probabilities: readonly number[], isRight: readonly boolean[]): number | undefined {
  if (isRight.filter(Boolean).length !== 1) return undefined;
  return probabilities.reduce((sum, p, index) => sum + (p - (isRight[index] === true ? 1 : 0)) ** 2, 0);
}

/** The largest score of a right candidate less the largest of a wrong one. Undefined where there is none of either. */
export function margin(scores: readonly number[], isRight: readonly boolean[]): number | undefined {
  const right = scores.filter((_, index) => isRight[index] === true);
  const wrong = scores.filter((_, index) => isRight[index] !== true);
  return right.length === 0 || wrong.length === 0 ? undefined : Math.max(...right) - Math.max(...wrong);
}
