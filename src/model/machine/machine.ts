import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { ropeTensors } from '../decoder/batch.ts';
import type { Chunk } from '../forest/chunk.ts';
import type { ModelConfig } from '../checkpoint/config.ts';
import { decoderLayer, rmsNorm, type Attention, type KeyValues, type Tfjs } from '../decoder/forward.ts';
import { refuseFullHeap } from './memory.ts';
import { readRows, type RowReadings } from '../decoder/readings.ts';
import type { Embedding, WeightSource } from './weights.ts';

/** A layer of a large model takes seconds; after this long, timers and signals get their turn. */
const breathEveryMs = 50;

export interface RunOptions {
  /** Asked between two layers of a chunk. */
  readonly aborted?: () => boolean;
  /** Called between two layers of a chunk with how much of the work is done, 0 to 1. */
  readonly onStep?: (share: number) => void;
}

/**
 * A model on one backend instance, and what the last chunk left for the next. Runs in the main thread (native) or in a worker
 * (wasm), on weights that are there or pass by; the same code in all cases.
 */
export class Machine {
  readonly #tf: Tfjs;
  readonly #config: ModelConfig;
  readonly #embedding: Embedding;
  readonly #weights: WeightSource;
  /** By layer. */
  #context: (KeyValues | undefined)[] = [];
  #lastBreath = performance.now();

  constructor(tf: Tfjs, config: ModelConfig, weights: WeightSource, embedding: Embedding) {
    this.#tf = tf;
    this.#config = config;
    this.#weights = weights;
    this.#embedding = embedding;
  }

  /**
   * Runs chunks, in order, all of them through one layer and then all through the next: weights that pass by are needed once.
   * Chunks of a segment must come in order, in one call or several. Undefined if `aborted` said so.
   * @throws Failure `not-finite`, `wasm-memory`
   */
  async run(chunks: readonly Chunk[], options: RunOptions = {}): Promise<RowReadings[] | undefined> {
    const states = chunks.map((chunk) => this.#stateOf(chunk));
    let finished = false;
    try {
      finished = await this.#decode(states, options);
      return finished ? await this.#read(chunks, states) : undefined;
    } finally {
      if (!finished) this.#forget();
      for (const state of states) state.dispose();
      await this.#weights.rewind();
    }
  }

  async dispose(): Promise<void> {
    this.#forget();
    await this.#weights.dispose();
  }

  /** False: aborted. */
  async #decode(states: readonly State[], { aborted, onStep }: RunOptions): Promise<boolean> {
    const layers = this.#config.num_hidden_layers;
    for (let index = 0; index < layers; index += 1) {
      const layer = await this.#weights.layer(index);
      for (const [at, state] of states.entries()) {
        const context = state.needsContext ? this.#context[index] : undefined;
        const attention = context === undefined ? state.attention : { ...state.attention, context };
        const out = decoderLayer(this.#tf, this.#config, layer, index, state.x, state.rope, attention);
        state.x.dispose();
        state.x = out.x;
        disposeContext(this.#context[index]);
        this.#context[index] = out.kept;
        onStep?.((index * states.length + at + 1) / (layers * states.length));
        if (performance.now() - this.#lastBreath > breathEveryMs) {
          await new Promise((resolve) => setImmediate(resolve));
          this.#lastBreath = performance.now();
        }
        if (aborted?.() === true) return false;
      }
      this.#weights.release();
      refuseFullHeap(this.#tf);
    }
    return true;
  }

  async #read(chunks: readonly Chunk[], states: readonly State[]): Promise<RowReadings[]> {
    const tf = this.#tf;
    const { norm, lm_head } = await this.#weights.head();
    const readings: RowReadings[] = [];
    for (const [at, { reads }] of chunks.entries()) {
      const { x } = states[at] as State;
      const hidden = tf.tidy(() => rmsNorm(tf, x, norm, this.#config.rms_norm_eps));
      try {
        readings.push(await readRows(tf, hidden, lm_head, reads));
      } finally {
        hidden.dispose();
      }
    }
    refuseFullHeap(tf);
    return readings;
  }

  #forget(): void {
    for (const context of this.#context) disposeContext(context);
    this.#context = [];
  }

  #stateOf(chunk: Chunk): State {
    const tf = this.#tf;
    const { blocks, rows, keys } = chunk;
    const x = tf.tensor2d(this.#embedding.rows(chunk.tokens), [blocks * rows, this.#config.hidden_size]);
    const rope = ropeTensors(tf, this.#config, chunk.positions, chunk.length);
    const seen = tf.tensor1d(chunk.seen, 'int32');
    const masks = new Map<number | undefined, Tensor4D>();
    for (const { window, values } of chunk.masks)
      masks.set(window, tf.tensor4d(values, [blocks, 1, rows, keys]));
    const keep = chunk.keep.length > 0 ? tf.tensor1d(chunk.keep, 'int32') : undefined;
    return {
      x,
      rope,
      needsContext: chunk.context > 0,
      attention: { blocks, rows, keys, seen, masks, ...(keep && { keep }) },
      dispose() {
        for (const tensor of [this.x, rope.cos, rope.sin, seen, ...masks.values()]) tensor.dispose();
        keep?.dispose();
      },
    };
  }
}

/** A chunk on its way through the layers. */
interface State {
  /** [N, D]: what the next layer takes. */
  x: Tensor2D;
  readonly rope: ReturnType<typeof ropeTensors>;
  readonly needsContext: boolean;
  readonly attention: Omit<Attention, 'context'>;
  dispose(): void;
}

function disposeContext(context: KeyValues | undefined): void {
  context?.k.dispose();
  context?.v.dispose();
}
