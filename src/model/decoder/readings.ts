import type { Tensor2D } from '@tensorflow/tfjs-core';
import { Failure } from '../../system/failure.ts';
import type { Tfjs } from './tfjs.ts';

/** What to read of a chunk, flat: at slots[i] the next targetCounts[i] of the targets, and tops[i]. Plain data: it crosses threads. */
export interface ChunkRequests {
  /** Slots of the chunk that something is read from. */
  readonly slots: Int32Array;
  readonly targetCounts: Int32Array;
  /** Token ids. */
  readonly targets: Int32Array;
  /** How many top tokens; -1: no distribution at all. */
  readonly tops: Int32Array;
}

/** What was read of a chunk, flat, in the order of the requests that it answers. */
export interface ChunkReadings {
  /** Per target: nats. */
  readonly logProbs: Float64Array;
  /** Per target: 1 is the most probable token. */
  readonly ranks: Int32Array;
  /** Per slot with a distribution: nats. */
  readonly entropies: Float64Array;
  readonly topCounts: Int32Array;
  readonly topIds: Int32Array;
  readonly topLogProbs: Float64Array;
}

/** Logits of this many floats (16 MB) at a time: the product wants many slots, memory few... */
const logitsAtOnce = 4 << 20;

/** ...but no fewer slots, or the product with a large vocabulary's head becomes slow. */
const leastSlots = 64;

/**
 * Applies lm_head [D, V] to those of the final hidden states [N, D] that are read, some slots at a time, and reads them. Logits
 * are float32 as the model gives them; the log-softmax, with the maximum subtracted, is summed in float64.
 * @throws Failure `not-finite`
 */
export async function readChunk(
  tf: Tfjs,
  hidden: Tensor2D,
  lm_head: Tensor2D,
  requests: ChunkRequests,
): Promise<ChunkReadings> {
  const V = lm_head.shape[1];
  const distributions = requests.tops.filter((top) => top >= 0);
  const topTotal = distributions.reduce((sum, top) => sum + Math.min(top, V), 0);
  const found: ChunkReadings = {
    logProbs: new Float64Array(requests.targets.length),
    ranks: new Int32Array(requests.targets.length),
    entropies: new Float64Array(distributions.length),
    topCounts: distributions.map((top) => Math.min(top, V)),
    topIds: new Int32Array(topTotal),
    topLogProbs: new Float64Array(topTotal),
  };
  const slotsAtOnce = Math.max(leastSlots, Math.floor(logitsAtOnce / V));
  const at = { target: 0, distribution: 0, top: 0 };
  for (let start = 0; start < requests.slots.length; start += slotsAtOnce) {
    const slots = requests.slots.subarray(start, start + slotsAtOnce);
    const product = tf.tidy(() => tf.matMul(tf.gather(hidden, tf.tensor1d(slots, 'int32')), lm_head));
    const all = (await product.data()) as Float32Array;
    product.dispose();
    for (let i = 0; i < slots.length; i += 1) {
      const logits = all.subarray(i * V, (i + 1) * V);
      const top = requests.tops[start + i] as number;
      const logSum = logSumExp(logits);
      const targets = requests.targetCounts[start + i] as number;
      for (let end = at.target + targets; at.target < end; at.target += 1) {
        const logit = logits[requests.targets[at.target] as number] as number;
        found.logProbs[at.target] = logit - logSum;
        found.ranks[at.target] = rankOf(logits, logit);
      }
      if (top < 0) continue;
      found.entropies[at.distribution] = entropyOf(logits, logSum);
      at.distribution += 1;
      for (const id of topIds(logits, top)) {
        found.topIds[at.top] = id;
        found.topLogProbs[at.top] = (logits[id] as number) - logSum;
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
    let at = Math.min(ids.length, count - 1);
    while (at > 0 && logit > (logits[ids[at - 1] as number] as number)) {
      ids[at] = ids[at - 1] as number;
      at -= 1;
    }
    ids[at] = id;
  }
  return ids;
}
