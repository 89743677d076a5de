import { mean } from './sums.ts';

/** Scores of answers, corrected for what they have whatever is asked. Everything is in nats. */

/** log of the sum of exp: the log-probability of any one of texts that exclude each other. -Infinity for none. */
export function logSumExp(logProbs: readonly number[]): number {
  const most = logProbs.reduce((a, b) => Math.max(a, b), -Infinity);
  if (!Number.isFinite(most)) return most;
  return most + Math.log(logProbs.reduce((sum, each) => sum + Math.exp(each - most), 0));
}

/** Log-probabilities among the candidates alone: each less the log of the sum of all. */
export function normalised(logProbs: readonly number[]): readonly number[] {
  const total = logSumExp(logProbs);
  return logProbs.map((each) => each - total);
}

/**
 * Contextual calibration (Zhao and others 2021): q_y proportional to p_y / mean of p_y after prompts that are free of
 * content. Gives log p_y less the log of that mean, for each candidate.
 *
 * @param free one list of the same candidates for each prompt without content.
 */
export function contextual(
  logProbs: readonly number[],
  free: readonly (readonly number[])[],
): readonly number[] {
  return logProbs.map(
    (own, place) => own - (logSumExp(free.map((each) => each[place] ?? NaN)) - Math.log(free.length)),
  );
}

/**
 * Batch calibration (Zhou and others 2023): log p_y less its mean over a batch of items with the same candidates.
 *
 * @param rows one list of the same candidates for each item of the batch.
 */
export function batchCalibrated(rows: readonly (readonly number[])[]): readonly (readonly number[])[] {
  const centers = (rows[0] ?? []).map((_, place) => mean(rows.map((row) => row[place] ?? NaN)).value ?? NaN);
  return rows.map((row) => row.map((own, place) => own - (centers[place] ?? NaN)));
}
