import type { Tensor } from '@tensorflow/tfjs-core';
import type { Checkpoint } from '../../checkpoint/checkpoint.ts';
import type { ModelConfig } from '../../decoder/config.ts';
import type { DecoderWeights, HeadWeights, LayerWeights } from '../../decoder/forward.ts';
import type { Tfjs } from '../../decoder/tfjs.ts';
import {
  headTensors,
  headWeights,
  layerTensors,
  layerWeights,
  type WeightTensor,
} from '../../decoder/weight-tensors.ts';
import { must } from '../../../system/internal-error.ts';
import { putOnDevice } from './device-tensors.ts';
import { TensorReader } from './tensor-reader.ts';

/** Everything on the device: the decoder and the transposed head. */
export interface Weights extends DecoderWeights, HeadWeights {}

/** Where a machine finds its weights, in the order in which a sweep needs them: layer by layer, then the head. */
export interface WeightSource {
  /** Those of one layer; they stay the source's and last until `release`. */
  layer(index: number): Promise<LayerWeights>;
  head(): Promise<HeadWeights>;
  /** The sweep needs no more of what it was given last. */
  release(): void;
  /** A sweep has ended, or was broken off. */
  rewind(): Promise<void>;
  dispose(): Promise<void>;
}

/** One tensor is always under way while another is converted; more would only stand in memory. */
const residentAheadBytes = 32 << 20;

/**
 * Loads all weights onto the current backend, transposed to [in, out] and fused, while the next ones are read. The caller
 * disposes of them with `disposeWeights`, and may close the checkpoint when it has them.
 */
export async function loadWeights(tf: Tfjs, config: ModelConfig, checkpoint: Checkpoint): Promise<Weights> {
  const reader = new TensorReader(checkpoint, residentAheadBytes);
  const head = headTensors(config);
  const layers = Array.from({ length: config.num_hidden_layers }, (_, index) => layerTensors(config, index));
  // The largest first: what their conversion needs beside them is free again for the smaller ones, and leaves no holes.
  const all = [...head, ...layers.flat()].sort((a, b) => reader.bytes(b) - reader.bytes(a));
  try {
    reader.expect(all);
    const loaded = await takeTensors(tf, reader, all);
    return {
      ...headWeights(byField(head, loaded)),
      layers: layers.map((layer) => layerWeights(byField(layer, loaded))),
    };
  } finally {
    await reader.clear();
  }
}

/** Tensors that the reader expects, in its order, put on the device. The caller disposes of them. */
async function takeTensors(
  tf: Tfjs,
  reader: TensorReader,
  tensors: readonly WeightTensor[],
): Promise<Map<WeightTensor, Tensor>> {
  const loaded = new Map<WeightTensor, Tensor>();
  try {
    for (const tensor of tensors) {
      loaded.set(tensor, await reader.take((stored) => putOnDevice(tf, stored)));
    }
    return loaded;
  } catch (error) {
    for (const tensor of loaded.values()) tensor.dispose();
    throw error;
  }
}

function byField(
  tensors: readonly WeightTensor[],
  loaded: ReadonlyMap<WeightTensor, Tensor>,
): Map<string, Tensor> {
  return new Map(
    tensors.map((tensor) => [tensor.field, must(loaded.get(tensor), `${tensor.field} on the device`)]),
  );
}

/**
 * Opens the weights on the current backend. Takes the checkpoint over: it is closed when nothing more is read from it.
 * @throws Failure where the files were written meanwhile
 */
export async function openWeights(
  tf: Tfjs,
  config: ModelConfig,
  checkpoint: Checkpoint,
  placement: 'resident' | 'streamed',
): Promise<WeightSource> {
  if (placement === 'streamed') return new StreamedWeights(tf, config, checkpoint);
  try {
    const weights = new ResidentWeights(await loadWeights(tf, config, checkpoint));
    try {
      checkpoint.confirmUnchanged();
    } catch (error) {
      await weights.dispose();
      throw error;
    }
    return weights;
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
    return Promise.resolve(must(this.#weights.layers[index], `weights of layer ${index}`));
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

/** One layer at a time, loaded anew in every sweep; while a layer computes, the next is read. */
export class StreamedWeights implements WeightSource {
  readonly #tf: Tfjs;
  readonly #checkpoint: Checkpoint;
  readonly #layers: readonly (readonly WeightTensor[])[];
  readonly #head: readonly WeightTensor[];
  readonly #reader: TensorReader;
  /** What was given last. */
  #here: readonly Tensor[] = [];
  /** Whether the reader has been told of this sweep. */
  #begun = false;

  /** @param checkpoint stays open until `dispose`, which closes it */
  constructor(tf: Tfjs, config: ModelConfig, checkpoint: Checkpoint) {
    this.#tf = tf;
    this.#checkpoint = checkpoint;
    this.#layers = Array.from({ length: config.num_hidden_layers }, (_, index) =>
      layerTensors(config, index),
    );
    this.#head = headTensors(config);
    this.#reader = new TensorReader(checkpoint, streamedAheadBytes(config));
  }

  async layer(index: number): Promise<LayerWeights> {
    if (!this.#begun) this.#reader.expect([...this.#layers.slice(index).flat(), ...this.#head]);
    this.#begun = true;
    return layerWeights(await this.#load(must(this.#layers[index], `tensors of layer ${index}`)));
  }

  async head(): Promise<HeadWeights> {
    const head = headWeights(await this.#load(this.#head));
    // The head is the last part of a sweep, and no reading is made without it.
    this.#checkpoint.confirmUnchanged();
    return head;
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

  async #load(tensors: readonly WeightTensor[]): Promise<Map<string, Tensor>> {
    const loaded = await takeTensors(this.#tf, this.#reader, tensors);
    this.#here = [...loaded.values()];
    return byField(tensors, loaded);
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

function* tensorsOf({ norm, lm_head, layers }: Weights): Generator<Tensor> {
  yield norm;
  yield lm_head;
  for (const layer of layers) {
    for (const field of Object.values(layer) as LayerWeights[keyof LayerWeights][]) {
      if (field === undefined) continue;
      if ('kernel' in field) {
        yield field.kernel;
        if (field.bias !== undefined) yield field.bias;
      } else {
        yield field;
      }
    }
  }
}
