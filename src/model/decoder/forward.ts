import type { Rank, Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import {
  attendBatch,
  attendForest,
  type BatchAttention,
  type ForestAttention,
  type Projected,
} from './attention.ts';
import type { ModelConfig } from './config.ts';
import { tidied, type Tfjs } from './tfjs.ts';

/*
 * The Llama decoder (arXiv 2302.13971; transformers, modeling_llama.py) over a forest of token prefixes. A prefix is one token in
 * the context of its ancestors, and takes one slot: one row of the matrices here. Letters in the shape comments:
 *
 *   N  slots                        D  hidden_size            H   num_attention_heads
 *   M  blocks of slots, N = M * B   F  intermediate_size      KV  num_key_value_heads
 *   B  slots of a block             V  vocab_size             G   query heads per key head, H = KV * G
 *   S  keys that a block may see    d  head_dim               C   slots of context, computed earlier
 *
 * Attention goes by blocks because a prefix sees only its ancestors: the keys of B neighbouring prefixes are the B prefixes
 * themselves and the path above them, far fewer than the N + C that one large mask would multiply.
 *
 * What a slot gets does not depend on the other slots, to the last bit: norms and activations go row by row, and in a product a row
 * of at least two has the same bits in whatever company. `attention.ts` says how attention keeps to that.
 */

/** y = x kernel + bias. The kernel is [in, out], the transpose of the checkpoint's [out, in]: no product transposes. */
export interface Linear {
  readonly kernel: Tensor2D;
  readonly bias?: Tensor1D;
}

export interface LayerWeights {
  readonly input_layernorm: Tensor1D;
  /** q_proj, k_proj and v_proj side by side: [D, (H + 2 KV) d]. */
  readonly qkv_proj: Linear;
  readonly q_norm?: Tensor1D;
  readonly k_norm?: Tensor1D;
  /** [H d, D]. */
  readonly o_proj: Linear;
  readonly post_attention_layernorm: Tensor1D;
  /** [D, F]. */
  readonly gate_proj: Linear;
  /** [D, F]. */
  readonly up_proj: Linear;
  /** [F, D]. */
  readonly down_proj: Linear;
}

/** What turns embedded tokens into final hidden states; embed_tokens and lm_head are the caller's. */
export interface DecoderWeights {
  readonly layers: readonly LayerWeights[];
  readonly norm: Tensor1D;
}

/** What is applied after the last layer. */
export interface HeadWeights {
  readonly norm: Tensor1D;
  /** [D, V]: lm_head.weight transposed, or embed_tokens.weight where they are tied. */
  readonly lm_head: Tensor2D;
}

/** cos and sin of every slot's position, [N, 1, d]; the first half of sin is negated, for `rotate`. */
export interface RopeTensors {
  readonly cos: Tensor;
  readonly sin: Tensor;
}

/** Keys and values of one layer, by slot, after RoPE: [slots, KV d] and [slots, KV (d + 1)]. */
export interface KeyValues {
  readonly k: Tensor2D;
  readonly v: Tensor2D;
}

export interface DecoderInput {
  /** Embedded tokens, [N, D]. */
  readonly x: Tensor2D;
  readonly rope: RopeTensors;
  readonly attention: BatchAttention;
}

export interface LayerInput extends Omit<DecoderInput, 'attention'> {
  readonly attention: BatchAttention | ForestAttention;
  /** How many positions back, itself included, a slot sees in this layer; undefined: all. */
  readonly window: number | undefined;
  /** Keys and values that this layer computed earlier, C slots. */
  readonly context?: KeyValues;
}

/**
 * Final hidden states [N, D], normed: what lm_head multiplies. Differentiable in x and in every weight. The caller disposes of
 * what it passes in and of the result.
 */
export function forward(
  tf: Tfjs,
  config: ModelConfig,
  weights: DecoderWeights,
  { x: embedded, rope, attention }: DecoderInput,
): Tensor2D {
  return tf.tidy(() => {
    let x = embedded;
    for (const [index, layer] of weights.layers.entries()) {
      const window = config.windows[index];
      ({ x } = decoderLayer(tf, config, layer, { x, rope, attention, window }));
    }
    return rmsNorm(tf, x, weights.norm, config.rms_norm_eps);
  });
}

/**
 * One decoder layer: [N, D] to [N, D], and the keys and values of the slots named by `attention.keep`. The caller disposes of
 * both; everything between is gone when it returns, and each step's own as soon as the step is done: memory that is free at
 * once is used again while it is still in the caches.
 */
export function decoderLayer(
  tf: Tfjs,
  config: ModelConfig,
  layer: LayerWeights,
  input: LayerInput,
): { x: Tensor2D; kept?: KeyValues } {
  const { x } = input;
  return tidied(tf, () => {
    const eps = config.rms_norm_eps;
    const normed = rmsNorm(tf, x, layer.input_layernorm, eps);
    const { output, kept } = attend(tf, config, layer, { ...input, x: normed });
    const h = tf.add<Tensor2D>(x, output);
    const y = tf.add<Tensor2D>(h, mlp(tf, layer, rmsNorm(tf, h, layer.post_attention_layernorm, eps)));
    return kept === undefined ? { x: y } : { x: y, kept };
  });
}

/** x / rms(x) * weight along the last axis (arXiv 1910.07467). */
export function rmsNorm<T extends Tensor>(tf: Tfjs, x: T, weight: Tensor1D, eps: number): T {
  return tf.tidy(() => {
    const variance = tf.mean(tf.square(x), -1, true);
    return tf.mul<T>(tf.mul(x, tf.rsqrt(tf.add(variance, eps))), weight);
  });
}

function attend(
  tf: Tfjs,
  config: ModelConfig,
  layer: LayerWeights,
  input: LayerInput,
): { output: Tensor2D; kept?: KeyValues } {
  const { attention, window } = input;
  return tidied(tf, () => {
    const projected = project(tf, config, layer, input);
    const mixed =
      'parts' in attention
        ? attendForest(tf, config, attention, window, projected)
        : attendBatch(tf, config, attention, window, projected);
    const output = linear(tf, mixed, layer.o_proj); // [N, D]
    if (!('parts' in attention) || attention.keep === undefined) return { output };
    const { k, v } = projected;
    return { output, kept: { k: tf.gather(k, attention.keep), v: tf.gather(v, attention.keep) } };
  });
}

/** Queries are turned and scaled, keys turned. */
function project(
  tf: Tfjs,
  config: ModelConfig,
  layer: LayerWeights,
  { x, rope, attention, context }: LayerInput,
): Projected {
  const { num_attention_heads: H, num_key_value_heads: KV, head_dim: d, rms_norm_eps: eps } = config;
  const [N] = x.shape;
  return tidied(tf, () => {
    const qkv = linear(tf, x, layer.qkv_proj);
    let q = tf.reshape(tf.slice(qkv, [0, 0], [N, H * d]), [N, H, d]); // [N, H, d]
    let k = tf.reshape(tf.slice(qkv, [0, H * d], [N, KV * d]), [N, KV, d]); // [N, KV, d]
    const v = tf.slice<Rank.R2, Tensor2D>(qkv, [0, (H + KV) * d], [N, KV * d]); // [N, KV d]
    const values = 'parts' in attention ? withOnes(tf, v, [N, KV, d]) : v;

    // Qwen 3: each head's query and key are normed before they are turned.
    if (layer.q_norm !== undefined) q = rmsNorm(tf, q, layer.q_norm, eps);
    if (layer.k_norm !== undefined) k = rmsNorm(tf, k, layer.k_norm, eps);
    q = tf.mul(rotate(tf, q, rope, d), d ** -0.5);
    const turned: Tensor2D = tf.reshape(rotate(tf, k, rope, d), [N, KV * d]); // [N, KV d]
    return context === undefined
      ? { q, k: turned, v: values }
      : { q, k: tf.concat([context.k, turned], 0), v: tf.concat([context.v, values], 0) };
  });
}

/** [N, KV d] to [N, KV (d + 1)]: after each head's values a 1, which sums the shares. */
function withOnes(
  tf: Tfjs,
  v: Tensor2D,
  [N, KV, d]: [slots: number, heads: number, headDim: number],
): Tensor2D {
  const perHead = tf.concat([tf.reshape(v, [N, KV, d]), tf.ones([N, KV, 1])], 2);
  return tf.reshape(perHead, [N, KV * (d + 1)]);
}

/** RoPE (arXiv 2104.09864), halves paired as Hugging Face stores them: x cos + rotate_half(x) sin. */
function rotate(tf: Tfjs, x: Tensor, { cos, sin }: RopeTensors, d: number): Tensor {
  const [N = 0, heads = 0] = x.shape;
  const first = tf.slice(x, [0, 0, 0], [N, heads, d / 2]);
  const second = tf.slice(x, [0, 0, d / 2], [N, heads, d / 2]);
  return tf.add(tf.mul(x, cos), tf.mul(tf.concat([second, first], 2), sin)); // [N, heads, d]
}

/** SwiGLU (arXiv 2002.05202): down(silu(gate(x)) * up(x)). */
function mlp(tf: Tfjs, layer: LayerWeights, x: Tensor2D): Tensor2D {
  return tf.tidy(() => {
    const activated = tf.tidy(() => {
      const gate = linear(tf, x, layer.gate_proj); // [N, F]
      return tf.mul(gate, tf.sigmoid(gate));
    }); // [N, F]
    const gated = tf.tidy(() => tf.mul<Tensor2D>(activated, linear(tf, x, layer.up_proj))); // [N, F]
    return linear(tf, gated, layer.down_proj); // [N, D]
  });
}

function linear(tf: Tfjs, x: Tensor2D, { kernel, bias }: Linear): Tensor2D {
  const y = tf.matMul<Tensor2D>(x, kernel);
  return bias === undefined ? y : tf.add(y, bias);
}
