import type { Rank, Tensor, Tensor1D, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import { must } from '../../system/internal-error.ts';
import type { ModelConfig } from './config.ts';
import { tidied, type Tfjs } from './tfjs.ts';

/*
 * Attention over a forest of prefixes, a part of the keys at a time, with a running softmax (arXiv 2205.14135): memory grows with the
 * length of a text, not with its square. Letters in the shape comments are those of `forward.ts`.
 *
 * What a slot gets must not depend on its company, to the last bit. It does not, because
 *
 * - parts are cut by depth, so that a slot's keys fall into the same parts wherever it stands;
 * - the keys of a part are in the order of their depth, and those that a slot does not see have a share of exactly 0: in a sum that is
 *   taken one term after the other, as products take it over so few terms, they change nothing;
 * - sums of shares are taken by the same products, as one more column of the values, all 1, and a maximum has no order;
 * - a part of which a slot sees nothing multiplies by exactly 1 what was there, and adds 0.
 */

/** Keys of one range of depths. */
export interface KeyPart {
  /** S: keys that a block may see. */
  readonly keys: number;
  /** Whether all blocks see the same keys, and so are one block of N slots. */
  readonly isShared: boolean;
  /** int32 [M S], or [S] where it is shared: slots, counted through context (C slots) and then the chunk (N slots). */
  readonly seen: Tensor1D;
  /**
   * 0 where a slot sees a key and -1e9 where not, [M, 1, B, S] or [1, 1, N, S], by window (undefined: the whole past). None where
   * every slot sees every key.
   */
  readonly masks: ReadonlyMap<number | undefined, Tensor4D>;
}

/** Who sees whom in a chunk of a forest: the same in every layer, but for the mask. */
export interface ForestAttention {
  /** M. */
  readonly blocks: number;
  /** B. */
  readonly blockSize: number;
  /** By depth. */
  readonly parts: readonly KeyPart[];
  /** int32: which slots of context followed by chunk to keep as the next context. */
  readonly keep?: Tensor1D;
}

/** A batch of sequences of equal length: each block sees its own slots only. */
export interface BatchAttention {
  /** M. */
  readonly blocks: number;
  /** B. */
  readonly blockSize: number;
  /** [M or 1, 1, B, B], by window. */
  readonly masks: ReadonlyMap<number | undefined, Tensor4D>;
}

/** Queries of the slots, [N, H, d]; keys and values of context and slots under each other. */
export interface Projected {
  readonly q: Tensor;
  /** [C + N, KV d]. */
  readonly k: Tensor2D;
  /** [C + N, KV d]; in a forest [C + N, KV (d + 1)]: to each head's values comes a 1. */
  readonly v: Tensor2D;
}

/** After some parts, as if there were no others. */
interface Running {
  /** [P, R, 1]: of P products of R rows each, the greatest score. */
  readonly most: Tensor3D;
  /** [P, R, d + 1]: values by their shares, and at the end the sum of shares; both in units of exp(most). */
  readonly sums: Tensor3D;
}

/** Values mixed by their shares, [N, H d]. */
export function attendForest(
  tf: Tfjs,
  config: ModelConfig,
  { blocks, blockSize, parts }: ForestAttention,
  window: number | undefined,
  projected: Projected,
): Tensor2D {
  const { num_attention_heads: H, head_dim: d } = config;
  const N = blocks * blockSize;
  return tf.tidy(() => {
    let running: (Running & { readonly isShared: boolean }) | undefined;
    let queries: Tensor3D | undefined;
    for (const part of parts) {
      const [M, B] = part.isShared ? [1, N] : [blocks, blockSize];
      if (queries === undefined || running?.isShared !== part.isShared) {
        queries?.dispose();
        queries = queriesOf(tf, config, projected.q, [M, B]);
      }
      const before =
        running?.isShared === true && !part.isShared
          ? inBlocks(tf, running, H, [blocks, blockSize])
          : running;
      const next = attendPart(tf, config, part, { M, B, window, queries, projected, before });
      if (before !== running) tf.dispose([before?.most, before?.sums] as Tensor[]);
      tf.dispose([running?.most, running?.sums] as Tensor[]);
      running = { ...next, isShared: part.isShared };
    }
    const { sums, isShared } = must(running, 'a part of keys');
    const [M, B] = isShared ? [1, N] : [blocks, blockSize];
    const [P, R] = sums.shape;
    const perHead = tf.div(tf.slice(sums, [0, 0, 0], [P, R, d]), tf.slice(sums, [0, 0, d], [P, R, 1]));
    return joined(tf, perHead, [M, H, B, d]);
  });
}

/** Key head j serves query heads j G .. j G + G - 1, so the G heads of a group are just more rows: K and V are not repeated. */
function queriesOf(
  tf: Tfjs,
  { num_attention_heads: H, num_key_value_heads: KV, head_dim: d }: ModelConfig,
  q: Tensor,
  [M, B]: readonly [blocks: number, blockSize: number],
): Tensor3D {
  return tf.tidy(() => batched(tf, tf.reshape(q, [M, B, H, d]), [0, 2, 1, 3], [M * KV, (H / KV) * B, d]));
}

/** Takes one more part in. */
function attendPart(
  tf: Tfjs,
  config: ModelConfig,
  { keys: S, seen, masks }: KeyPart,
  {
    M,
    B,
    window,
    queries,
    projected: { k, v },
    before,
  }: {
    readonly M: number;
    readonly B: number;
    readonly window: number | undefined;
    /** [P, R, d]. */
    readonly queries: Tensor3D;
    readonly projected: Projected;
    readonly before: Running | undefined;
  },
): Running {
  const { num_attention_heads: H, num_key_value_heads: KV, head_dim: d } = config;
  const G = H / KV;
  const [P, R] = [M * KV, G * B];
  const mask = masks.get(window);
  return tidied(tf, () => {
    const scores = tf.tidy(() => {
      const keys = batched(tf, tf.reshape(tf.gather(k, seen), [M, S, KV, d]), [0, 2, 3, 1], [P, d, S]); // [P, d, S]
      const all = product(tf, queries, keys); // [P, R, S]
      if (mask === undefined) return all;
      return tf.reshape<Rank.R3>(tf.add(tf.reshape(all, [M, H, B, S]), mask), [P, R, S]);
    });
    const highest = tf.max<Tensor3D>(scores, 2, true); // [P, R, 1]
    const most = before === undefined ? highest : tf.maximum<Tensor3D>(before.most, highest);
    const shares = tf.tidy(() => tf.exp<Tensor3D>(tf.sub(scores, most))); // [P, R, S]
    scores.dispose();
    const values = tf.tidy(() =>
      batched(tf, tf.reshape(tf.gather(v, seen), [M, S, KV, d + 1]), [0, 2, 1, 3], [P, S, d + 1]),
    ); // [P, S, d + 1]
    const sums = product(tf, shares, values); // [P, R, d + 1]
    if (before === undefined) return { most, sums };
    return { most, sums: tf.add(tf.mul(before.sums, tf.exp(tf.sub(before.most, most))), sums) };
  });
}

/** What all blocks had as one, [KV, G N, …], block by block: [M KV, G B, …]. */
function inBlocks(
  tf: Tfjs,
  { most, sums }: Running,
  H: number,
  [M, B]: readonly [blocks: number, blockSize: number],
): Running {
  const cut = (x: Tensor3D): Tensor3D => {
    const [KV, rows, columns] = x.shape;
    const shape = [M * KV, rows / M, columns] as const;
    return tf.tidy(() => batched(tf, tf.reshape(x, [H, M, B, columns]), [1, 0, 2, 3], [...shape]));
  };
  return { most: cut(most), sums: cut(sums) };
}

/** The same for a batch, with all keys of a block at once: differentiable. */
export function attendBatch(
  tf: Tfjs,
  config: ModelConfig,
  { blocks: M, blockSize: B, masks }: BatchAttention,
  window: number | undefined,
  { q, k, v }: Projected,
): Tensor2D {
  const { num_attention_heads: H, num_key_value_heads: KV, head_dim: d } = config;
  const G = H / KV;
  const mask = must(masks.get(window), `a mask for the window ${window ?? 'of the whole past'}`);
  return tf.tidy(() => {
    const queries = queriesOf(tf, config, q, [M, B]); // [M KV, G B, d]
    const keys = batched(tf, tf.reshape(k, [M, B, KV, d]), [0, 2, 3, 1], [M * KV, d, B]); // [M KV, d, B]
    const values = batched(tf, tf.reshape(v, [M, B, KV, d]), [0, 2, 1, 3], [M * KV, B, d]); // [M KV, B, d]
    const scores = tf.reshape(product(tf, queries, keys), [M, H, B, B]); // [M, H, B, B]
    const shares = tf.reshape<Rank.R3>(tf.softmax(tf.add(scores, mask)), [M * KV, G * B, B]); // [M KV, G B, B]
    return joined(tf, product(tf, shares, values), [M, H, B, d]);
  });
}

/** What each head has, as [M, H, B, d], slot by slot: [N, H d]. */
function joined(
  tf: Tfjs,
  perHead: Tensor,
  [M, H, B, d]: readonly [blocks: number, heads: number, blockSize: number, headDim: number],
): Tensor2D {
  return tf.reshape(tf.transpose(tf.reshape(perHead, [M, H, B, d]), [0, 2, 1, 3]), [M * B, H * d]);
}

/** Axes in another order, then in another shape: what `product` takes. */
function batched(
  tf: Tfjs,
  x: Tensor,
  order: number[],
  shape: [batch: number, rows: number, columns: number],
): Tensor3D {
  return tf.reshape(tf.transpose(x, order), shape);
}

/**
 * Batched product [P, m, n] x [P, n, o]. On wasm one by one: XNNPACK serves only single products, and the path that
 * tfjs takes for batches is twenty times slower.
 */
function product(tf: Tfjs, a: Tensor3D, b: Tensor3D): Tensor3D {
  if (tf.getBackend() !== 'wasm') return tf.matMul(a, b);
  const bs = tf.unstack(b);
  const products = tf.unstack(a).map((each, i) => tf.matMul<Tensor2D>(each as Tensor2D, bs[i] as Tensor2D));
  return tf.stack(products) as Tensor3D;
}
