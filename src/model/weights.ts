import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { Checkpoint } from './checkpoint.ts';
import type { ModelConfig } from './config.ts';
import { widen, type StoredFloat } from './floats.ts';
import type { DecoderWeights, LayerWeights, Linear, Tfjs } from './forward.ts';

/** Everything on the device: the decoder and the transposed head. */
export interface Weights extends DecoderWeights {
  /** [D, V]: lm_head.weight transposed, or embed_tokens.weight where they are tied. */
  readonly lm_head: Tensor2D;
}

/**
 * Loads all weights onto the current backend, transposed to [in, out] and fused. One tensor at a time passes through JavaScript, in
 * one buffer, so that the peak is little more than what stays. The caller disposes of them with `disposeWeights`.
 */
export function loadWeights(tf: Tfjs, config: ModelConfig, checkpoint: Checkpoint): Weights {
  const head = config.tie_word_embeddings ? 'model.embed_tokens' : 'lm_head';
  // The largest first and with a buffer of its own: while it is transposed it is there three times, and nothing else is yet.
  const lm_head = new Loader(tf, checkpoint).linear([head], false).kernel;
  const loader = new Loader(tf, checkpoint);
  const layers = Array.from({ length: config.num_hidden_layers }, (_, index) =>
    loadLayer(loader, config, index),
  );
  return { layers, norm: loader.vector('model.norm.weight'), lm_head };
}

function loadLayer(loader: Loader, config: ModelConfig, index: number): LayerWeights {
  const { bias } = config;
  const layer = `model.layers.${index}`;
  return {
    input_layernorm: loader.vector(`${layer}.input_layernorm.weight`),
    qkv_proj: loader.linear(
      ['q_proj', 'k_proj', 'v_proj'].map((name) => `${layer}.self_attn.${name}`),
      bias.qkv,
    ),
    ...(config.qk_norm && {
      q_norm: loader.vector(`${layer}.self_attn.q_norm.weight`),
      k_norm: loader.vector(`${layer}.self_attn.k_norm.weight`),
    }),
    o_proj: loader.linear([`${layer}.self_attn.o_proj`], bias.o),
    post_attention_layernorm: loader.vector(`${layer}.post_attention_layernorm.weight`),
    gate_up_proj: loader.linear([`${layer}.mlp.gate_proj`, `${layer}.mlp.up_proj`], bias.mlp),
    down_proj: loader.linear([`${layer}.mlp.down_proj`], bias.mlp),
  };
}

class Loader {
  readonly #tf: Tfjs;
  readonly #checkpoint: Checkpoint;
  #buffer = new Float32Array(0);

  constructor(tf: Tfjs, checkpoint: Checkpoint) {
    this.#tf = tf;
    this.#checkpoint = checkpoint;
  }

  vector(...names: string[]): Tensor1D {
    const values = new Float32Array(names.reduce((sum, name) => sum + this.#checkpoint.size(name), 0));
    this.#readAll(names, values);
    return this.#tf.tensor1d(values);
  }

  /** Layers that read the same input become one: rows under each other as stored, then transposed by the backend. */
  linear(names: readonly string[], biased: boolean): Linear {
    const tf = this.#tf;
    const weights = names.map((name) => `${name}.weight`);
    const size = weights.reduce((sum, name) => sum + this.#checkpoint.size(name), 0);
    const inner = this.#checkpoint.shape(weights[0] as string)[1] as number;
    if (this.#buffer.length < size) this.#buffer = new Float32Array(size);
    const values = this.#buffer.subarray(0, size);
    this.#readAll(weights, values);
    const kernel = tf.tidy(() => tf.transpose(tf.tensor2d(values, [size / inner, inner])));
    return biased ? { kernel, bias: this.vector(...names.map((name) => `${name}.bias`)) } : { kernel };
  }

  #readAll(names: readonly string[], into: Float32Array): void {
    let at = 0;
    for (const name of names) {
      this.#checkpoint.read(name, into.subarray(at));
      at += this.#checkpoint.size(name);
    }
  }
}

export function disposeWeights(weights: Weights): void {
  for (const tensor of tensorsOf(weights)) tensor.dispose();
}

function* tensorsOf(weights: Weights): Generator<Tensor> {
  yield weights.norm;
  yield weights.lm_head;
  for (const layer of weights.layers) {
    for (const part of Object.values(layer) as (Tensor1D | Linear)[]) {
      if ('kernel' in part) {
        yield part.kernel;
        if (part.bias !== undefined) yield part.bias;
      } else {
        yield part;
      }
    }
  }
}

/** embed_tokens as the checkpoint stores it, in memory that threads share; rows are widened when they are looked up. */
export class Embedding {
  readonly stored: SharedArrayBuffer;
  readonly dtype: StoredFloat;
  readonly hidden_size: number;

  constructor({ stored, dtype, hidden_size }: Pick<Embedding, 'stored' | 'dtype' | 'hidden_size'>) {
    this.stored = stored;
    this.dtype = dtype;
    this.hidden_size = hidden_size;
  }

  /** [ids, hidden_size], row-major. */
  rows(ids: ArrayLike<number>): Float32Array {
    const D = this.hidden_size;
    const rows = new Float32Array(ids.length * D);
    for (let i = 0; i < ids.length; i += 1) {
      const into = rows.subarray(i * D, (i + 1) * D);
      const first = (ids[i] as number) * D;
      if (this.dtype === 'F32') into.set(new Float32Array(this.stored, first * 4, D));
      else widen(this.dtype, this.stored, D, into, first * 2);
    }
    return rows;
  }
}
