import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { Failure } from '../../system/failure.ts';
import { must } from '../../system/internal-error.ts';
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

/** Slots are padded to a multiple of this: no product has a single row, and no vector of the processor is cut. */
const unit = 16;

/** Tokens whose probabilities are added in float32; the sums of these in float64. */
const run = 64;

/**
 * Applies lm_head [D, V] to those of the final hidden states [N, D] that are read, some slots at a time, and reads them on the
 * backend: what belongs to one slot does not depend on the others. Logits are float32 as the model gives them; the maximum is taken
 * out before exp, and sums over the vocabulary are sums in float64 of float32 sums of 64.
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
  const slotsAtOnce = Math.max(leastSlots, Math.floor(logitsAtOnce / V / unit) * unit);
  const at = { target: 0, distribution: 0, top: 0 };
  for (let start = 0; start < requests.slots.length; start += slotsAtOnce) {
    const end = Math.min(start + slotsAtOnce, requests.slots.length);
    const slots = requests.slots.subarray(start, end);
    const rows = new Int32Array(Math.ceil(slots.length / unit) * unit);
    rows.set(slots);
    const logits = tf.tidy(() => tf.matMul<Tensor2D>(tf.gather(hidden, tf.tensor1d(rows, 'int32')), lm_head));
    try {
      const distribution = Int32Array.from(slots.keys()).filter(
        (row) => (requests.tops[start + row] as number) >= 0,
      );
      const { logSums, distributed } = await softmaxOf(tf, logits, distribution);
      const counts = requests.targetCounts.subarray(start, end);
      const first = at.target;
      const ofRow = rowsOfTargets(counts);
      at.target += ofRow.length;
      await readTargets(tf, logits, {
        ofRow,
        ids: requests.targets.subarray(first, at.target),
        logSums,
        logProbs: found.logProbs.subarray(first, at.target),
        ranks: found.ranks.subarray(first, at.target),
      });
      for (const [i, row] of distribution.entries()) {
        const { logits: all, entropy } = must(distributed[i], 'a distribution');
        found.entropies[at.distribution] = entropy;
        at.distribution += 1;
        for (const id of topIds(all, requests.tops[start + row] as number)) {
          found.topIds[at.top] = id;
          found.topLogProbs[at.top] = (all[id] as number) - (logSums[row] as number);
          at.top += 1;
        }
      }
    } finally {
      logits.dispose();
    }
  }
  return found;
}

/** By target: the row that it is read in. */
function rowsOfTargets(counts: Int32Array): Int32Array {
  const rows = new Int32Array(counts.reduce((sum, count) => sum + count, 0));
  let at = 0;
  for (const [row, count] of counts.entries()) rows.fill(row, at, (at += count));
  return rows;
}

interface Distributed {
  /** [V]. */
  readonly logits: Float32Array;
  /** Nats. */
  readonly entropy: number;
}

/**
 * Of each row of logits [R, V] log sum exp, in nats; of some rows the logits, and -sum p log p.
 * @throws Failure `not-finite`
 */
async function softmaxOf(
  tf: Tfjs,
  logits: Tensor2D,
  distribution: Int32Array,
): Promise<{ readonly logSums: Float64Array; readonly distributed: readonly Distributed[] }> {
  const [R, V] = logits.shape;
  const runs = Math.ceil(V / run);
  const made = tf.tidy(() => {
    const most = tf.max<Tensor2D>(logits, 1, true); // [R, 1]
    const shares = tf.exp<Tensor2D>(tf.sub(logits, most)); // [R, V]
    const whole =
      V % run === 0
        ? shares
        : tf.pad(shares, [
            [0, 0],
            [0, runs * run - V],
          ]);
    const sums = tf.sum(tf.reshape(whole, [R, runs, run]), 2); // [R, V / 64]
    if (distribution.length === 0) return { most, sums };
    const of = tf.tensor1d(distribution, 'int32');
    return { most, sums, logits: tf.gather(logits, of), shares: tf.gather(shares, of) };
  });
  const dataOf = async (tensor: Tensor2D | undefined): Promise<Float32Array> =>
    tensor === undefined ? new Float32Array(0) : ((await tensor.data()) as Float32Array);
  try {
    const [most, sums, all, shares] = [
      await dataOf(made.most),
      await dataOf(made.sums as Tensor2D),
      await dataOf(made.logits),
      await dataOf(made.shares),
    ];
    const total = (row: number): number =>
      sums.subarray(row * runs, (row + 1) * runs).reduce((a, b) => a + b, 0);
    const logSums = Float64Array.from(most, (value, row) => finite(value + Math.log(total(row))));
    const distributed = Array.from(distribution, (row, i) => {
      const ofRow = all.subarray(i * V, (i + 1) * V);
      const sharesOfRow = shares.subarray(i * V, (i + 1) * V);
      return { logits: ofRow, entropy: entropyOf(ofRow, sharesOfRow, must(most[row], 'a maximum')) };
    });
    return { logSums, distributed };
  } finally {
    tf.dispose(Object.values(made));
  }
}

/** Log-probabilities of targets, and their ranks: one more than there are greater logits in the row. */
async function readTargets(
  tf: Tfjs,
  logits: Tensor2D,
  {
    ofRow,
    ids,
    logSums,
    logProbs,
    ranks,
  }: {
    readonly ofRow: Int32Array;
    readonly ids: Int32Array;
    readonly logSums: Float64Array;
    readonly logProbs: Float64Array;
    readonly ranks: Int32Array;
  },
): Promise<void> {
  const [R, V] = logits.shape;
  // On wasm a comparison takes a hundred times as long as a loop.
  const inMemory = tf.getBackend() === 'wasm' ? ((await logits.data()) as Float32Array) : undefined;
  if (inMemory !== undefined) {
    for (const [i, row] of ofRow.entries()) {
      const all = inMemory.subarray(row * V, (row + 1) * V);
      const own = all[ids[i] as number] as number;
      logProbs[i] = own - (logSums[row] as number);
      ranks[i] = rankOf(all, own);
    }
    return;
  }
  for (let start = 0; start < ids.length; start += R) {
    const rows = ofRow.subarray(start, start + R);
    const places = rows.map((row, i) => row * V + (ids[start + i] as number));
    const [own, above] = tf.tidy(() => {
      const ofTargets: Tensor1D = tf.gather(tf.reshape(logits, [R * V]), tf.tensor1d(places, 'int32')); // [T]
      const others = tf.gather(logits, tf.tensor1d(rows, 'int32')); // [T, V]
      const greater = tf.greater(others, tf.reshape(ofTargets, [rows.length, 1])); // [T, V]
      return [ofTargets, tf.sum(tf.cast(greater, 'float32'), 1)] as [Tensor1D, Tensor1D];
    });
    const [logit, greater] = [await own.data(), await above.data()];
    tf.dispose([own, above]);
    for (const [i, row] of rows.entries()) {
      logProbs[start + i] = (logit[i] as number) - (logSums[row] as number);
      ranks[start + i] = (greater[i] as number) + 1;
    }
  }
}

function rankOf(logits: Float32Array, logit: number): number {
  let above = 0;
  for (let i = 0; i < logits.length; i += 1) above += Number((logits[i] as number) > logit);
  return above + 1;
}

function finite(logSum: number): number {
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

/** -sum p log p of p = shares / sum of shares, where shares = exp(logits - most). */
function entropyOf(logits: Float32Array, shares: Float32Array, most: number): number {
  let sum = 0;
  let weighted = 0;
  for (let i = 0; i < shares.length; i += 1) {
    const share = shares[i] as number;
    sum += share;
    // A token that is ruled out, -Infinity, has no share.
    if (share > 0) weighted += share * ((logits[i] as number) - most);
  }
  // A distribution that is all on one token may come out as -1e-17.
  return Math.max(Math.log(sum) - weighted / sum, 0);
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
