import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import type { ModelConfig } from '../checkpoint/config.ts';
import { putOnDevice } from './device-tensors.ts';
import { widen, type StoredFloat } from '../checkpoint/floats.ts';
import type { DecoderWeights, LayerWeights, Linear, Tfjs } from '../decoder/forward.ts';
import { headParts, layerOf, layerParts, type Part } from '../decoder/layer-tensors.ts';
import { PartReader } from './tensor-reader.ts';

/** What is applied after the last layer. */
export interface HeadWeights {
  readonly norm: Tensor1D;
  /** [D, V]: lm_head.weight transposed, or embed_tokens.weight where they are tied. */
  readonly lm_head: Tensor2D;
}

/** Everything on the device: the decoder and the transposed head. */
export interface Weights extends DecoderWeights, HeadWeights {}

/** Where a machine finds its weights, in the order in which a pass needs them: layer by layer, then the head. */
export interface WeightSource {
  /** Those of one layer; they stay the source's and last until `release`. */
  layer(index: number): Promise<LayerWeights>;
  head(): Promise<HeadWeights>;
  /** The pass needs no more of what it was given last. */
  release(): void;
  /** A pass has ended, or was broken off. */
  rewind(): Promise<void>;
  dispose(): Promise<void>;
}

/** One part is always under way while another is converted; more would only stand in memory. */
const residentAheadBytes = 32 << 20;

/**
 * Loads all weights onto the current backend, transposed to [in, out] and fused, while the next ones are read. The caller
 * disposes of them with `disposeWeights`, and may close the checkpoint when it has them.
 */
export async function loadWeights(tf: Tfjs, config: ModelConfig, checkpoint: Checkpoint): Promise<Weights> {
  const reader = new PartReader(checkpoint, residentAheadBytes);
  const head = headParts(config);
  const layers = Array.from({ length: config.num_hidden_layers }, (_, index) => layerParts(config, index));
  // The largest first: what their conversion needs beside them is free again for the smaller ones, and leaves no holes.
  const parts = [...head, ...layers.flat()].sort((a, b) => reader.bytes(b) - reader.bytes(a));
  try {
    reader.expect(parts);
    const tensors = await takeParts(tf, reader, parts);
    return { ...headOf(head, tensors), layers: layers.map((layer) => layerOf(byPlace(layer, tensors))) };
  } finally {
    await reader.clear();
  }
}

async function takeParts(tf: Tfjs, reader: PartReader, parts: readonly Part[]): Promise<Map<Part, Tensor>> {
  const tensors = new Map<Part, Tensor>();
  try {
    for (const part of parts) {
      tensors.set(part, await reader.take((stored) => putOnDevice(tf, stored)));
    }
    return tensors;
  } catch (error) {
    for (const tensor of tensors.values()) tensor.dispose();
    throw error;
  }
}

function byPlace(parts: readonly Part[], tensors: ReadonlyMap<Part, Tensor>): Map<string, Tensor> {
  return new Map(parts.map((part) => [part.place, tensors.get(part) as Tensor]));
}

function headOf(parts: readonly Part[], found: ReadonlyMap<Part, Tensor>): HeadWeights {
  const tensors = byPlace(parts, found);
  return { norm: tensors.get('norm') as Tensor1D, lm_head: tensors.get('lm_head') as Tensor2D };
}

/**
 * Opens the weights on the current backend. Takes the checkpoint over: it is closed when nothing more is read from it.
 */
export async function openWeights(
  tf: Tfjs,
  config: ModelConfig,
  checkpoint: Checkpoint,
  placement: 'resident' | 'streamed',
): Promise<WeightSource> {
  if (placement === 'streamed') return new StreamedWeights(tf, config, checkpoint);
  try {
    return new ResidentWeights(await loadWeights(tf, config, checkpoint));
  } finally {
    checkpoint.close();
  }
}

/** All weights, loaded once. */
export class ResidentWeights implements WeightSource {
  readonly #weights: Weights;

  constructor(weights: Weights) {
    this.#weights = weights;
  }

  layer(index: number): Promise<LayerWeights> {
    return Promise.resolve(this.#weights.layers[index] as LayerWeights);
  }

  head(): Promise<HeadWeights> {
    return Promise.resolve(this.#weights);
  }

  release(): void {
    // They stay.
  }

  rewind(): Promise<void> {
    return Promise.resolve();
  }

  dispose(): Promise<void> {
    disposeWeights(this.#weights);
    return Promise.resolve();
  }
}

/** One layer at a time, loaded anew in every pass; while a layer computes, the next is read. */
export class StreamedWeights implements WeightSource {
  readonly #tf: Tfjs;
  readonly #checkpoint: Checkpoint;
  readonly #layers: readonly (readonly Part[])[];
  readonly #head: readonly Part[];
  readonly #reader: PartReader;
  #here: readonly Tensor[] = [];
  /** Whether the reader has been told of this pass. */
  #begun = false;

  /** @param checkpoint stays open until `dispose`, which closes it */
  constructor(tf: Tfjs, config: ModelConfig, checkpoint: Checkpoint) {
    this.#tf = tf;
    this.#checkpoint = checkpoint;
    this.#layers = Array.from({ length: config.num_hidden_layers }, (_, index) => layerParts(config, index));
    this.#head = headParts(config);
    this.#reader = new PartReader(checkpoint, streamedAheadBytes(config));
  }

  async layer(index: number): Promise<LayerWeights> {
    if (!this.#begun) this.#reader.expect([...this.#layers.slice(index).flat(), ...this.#head]);
    this.#begun = true;
    const parts = this.#layers[index] as readonly Part[];
    return layerOf(byPlace(parts, await this.#load(parts)));
  }

  async head(): Promise<HeadWeights> {
    return headOf(this.#head, await this.#load(this.#head));
  }

  release(): void {
    for (const tensor of this.#here) tensor.dispose();
    this.#here = [];
  }

  async rewind(): Promise<void> {
    this.release();
    this.#begun = false;
    await this.#reader.clear();
  }

  async dispose(): Promise<void> {
    await this.rewind();
    this.#checkpoint.close();
  }

  async #load(parts: readonly Part[]): Promise<Map<Part, Tensor>> {
    const tensors = await takeParts(this.#tf, this.#reader, parts);
    this.#here = [...tensors.values()];
    return tensors;
  }
}

/** The bytes of one layer that is stored in 16 bits. */
export function streamedAheadBytes(config: ModelConfig): number {
  const { hidden_size: D, intermediate_size: F, num_attention_heads: H, num_key_value_heads: KV } = config;
  return 2 * D * (3 * F + 2 * (H + KV) * config.head_dim);
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
