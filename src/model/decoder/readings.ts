import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { ChunkReads } from '../forest/chunk.ts';
import type { Tfjs } from './forward.ts';
import { Failure } from '../../system/failure.ts';

/** What was read, flat, in the order of the ChunkReads it answers. */
export interface RowReadings {
  /** Per target: nats. */
  readonly logProbs: Float64Array;
  /** Per target: 1 is the most probable token. */
  readonly ranks: Int32Array;
  /** Per row with a distribution: nats. */
  readonly entropies: Float64Array;
  readonly topCounts: Int32Array;
  readonly topIds: Int32Array;
  readonly topLogProbs: Float64Array;
}

/** Logits of this many floats (16 MB) at a time: the product wants many rows, memory few... */
const logitsAtOnce = 4 << 20;

/** ...but no fewer rows, or the product with a large vocabulary's head becomes slow. */
const leastRows = 64;

/**
 * Applies lm_head [D, V] to the rows of the final hidden states [N, D] that are read, block by block, and reads them. Logits are
 * float32 as the model gives them; the log-softmax, with the maximum subtracted, is summed in float64.
 */
export async function readRows(
  tf: Tfjs,
  hidden: Tensor2D,
  lm_head: Tensor2D,
  reads: ChunkReads,
): Promise<RowReadings> {
  const V = lm_head.shape[1];
  const distributions = reads.tops.filter((top) => top >= 0);
  const topTotal = distributions.reduce((sum, top) => sum + Math.min(top, V), 0);
  const found: RowReadings = {
    logProbs: new Float64Array(reads.targets.length),
    ranks: new Int32Array(reads.targets.length),
    entropies: new Float64Array(distributions.length),
    topCounts: distributions.map((top) => Math.min(top, V)),
    topIds: new Int32Array(topTotal),
    topLogProbs: new Float64Array(topTotal),
  };
  const rowsAtOnce = Math.max(leastRows, Math.floor(logitsAtOnce / V));
  const at = { target: 0, distribution: 0, top: 0 };
  for (let start = 0; start < reads.rows.length; start += rowsAtOnce) {
    const rows = reads.rows.subarray(start, start + rowsAtOnce);
    const product = tf.tidy(() => tf.matMul(tf.gather(hidden, tf.tensor1d(rows, 'int32')), lm_head));
    const logits = (await product.data()) as Float32Array;
    product.dispose();
    for (let i = 0; i < rows.length; i += 1) {
      const row = logits.subarray(i * V, (i + 1) * V);
      const top = reads.tops[start + i] as number;
      const logSum = logSumExp(row);
      const targets = reads.targetCounts[start + i] as number;
      for (let end = at.target + targets; at.target < end; at.target += 1) {
        const logit = row[reads.targets[at.target] as number] as number;
        found.logProbs[at.target] = logit - logSum;
        found.ranks[at.target] = rankOf(row, logit);
      }
      if (top < 0) continue;
      found.entropies[at.distribution] = entropyOf(row, logSum);
      at.distribution += 1;
      for (const id of topIds(row, top)) {
        found.topIds[at.top] = id;
        found.topLogProbs[at.top] = (row[id] as number) - logSum;
        at.top += 1;
      }
    }
  }
  return found;
}

/** log sum exp, the maximum taken out first. @throws Failure `not-finite` */
export function logSumExp(logits: Float32Array): number {
  let most = -Infinity;
  let sum = 0;
  for (let i = 0; i < logits.length; i += 1) {
    const logit = logits[i] as number;
    if (logit > most) most = logit;
  }
  for (let i = 0; i < logits.length; i += 1) sum += Math.exp((logits[i] as number) - most);
  const logSum = most + Math.log(sum);
  if (Number.isFinite(logSum)) return logSum;
  throw new Failure({
    code: 'not-finite',
    blame: 'user',
    message: 'the model computes logits that are not finite numbers',
    expected: 'finite logits',
    found: String(logSum),
    next: 'check the weights for NaN or infinite values; fetch the model again',
  });
}

function rankOf(logits: Float32Array, logit: number): number {
  let above = 0;
  for (let i = 0; i < logits.length; i += 1) above += Number((logits[i] as number) > logit);
  return above + 1;
}

/** -sum p log p. */
function entropyOf(logits: Float32Array, logSum: number): number {
  let entropy = 0;
  for (let i = 0; i < logits.length; i += 1) {
    const logProb = (logits[i] as number) - logSum;
    entropy -= Math.exp(logProb) * logProb;
  }
  // A distribution that is all on one token may come out as -1e-17.
  return Math.max(entropy, 0);
}

/** Ids of the `count` greatest, greatest first, ties by lower id: insertion into a short sorted list. */
function topIds(logits: Float32Array, count: number): number[] {
  const ids: number[] = [];
  for (let id = 0; id < logits.length && count > 0; id += 1) {
    const logit = logits[id] as number;
    if (ids.length === count && logit <= (logits[ids[count - 1] as number] as number)) continue;
    let place = Math.min(ids.length, count - 1);
    while (place > 0 && logit > (logits[ids[place - 1] as number] as number)) {
      ids[place] = ids[place - 1] as number;
      place -= 1;
    }
    ids[place] = id;
  }
  return ids;
}
