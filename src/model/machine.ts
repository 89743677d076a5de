import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { ropeTensors } from './batch.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { Chunk } from './chunk.ts';
import type { ModelConfig } from './config.ts';
import { decoderLayer, rmsNorm, type Attention, type KeyValues, type Tfjs } from './forward.ts';
import { readRows, type RowReadings } from './readings.ts';
import { disposeWeights, loadWeights, type Embedding, type Weights } from './weights.ts';

/** A layer of a large model takes seconds; after this long, timers and signals get their turn. */
const breathEveryMs = 50;

/**
 * Weights on one backend instance, and what the last chunk left for the next. Runs in the main thread (native) or in a worker
 * (wasm); the same code either way.
 */
export class Machine {
  readonly #tf: Tfjs;
  readonly #config: ModelConfig;
  readonly #embedding: Embedding;
  readonly #weights: Weights;
  #context: readonly KeyValues[] = [];
  #lastBreath = performance.now();

  constructor(tf: Tfjs, config: ModelConfig, checkpoint: Checkpoint, embedding: Embedding) {
    this.#tf = tf;
    this.#config = config;
    this.#embedding = embedding;
    this.#weights = loadWeights(tf, config, checkpoint);
  }

  /**
   * Runs one chunk; chunks of a segment must come in order. Undefined if `aborted` said so between two layers.
   * @throws ModelFailure `not-finite`
   */
  async run(chunk: Chunk, aborted: () => boolean = () => false): Promise<RowReadings | undefined> {
    const tf = this.#tf;
    if (chunk.context === 0) this.#forget();
    const inputs = this.#inputs(chunk);
    const kept: KeyValues[] = [];
    let { x } = inputs;
    try {
      for (const [index, layer] of this.#weights.layers.entries()) {
        const out = decoderLayer(tf, this.#config, layer, index, x, inputs.rope, inputs.attention);
        x.dispose();
        x = out.x;
        if (out.kept !== undefined) kept.push(out.kept);
        if (performance.now() - this.#lastBreath > breathEveryMs) {
          await new Promise((resolve) => setImmediate(resolve));
          this.#lastBreath = performance.now();
        }
        if (aborted()) {
          disposeAll(kept);
          return undefined;
        }
      }
      this.#forget();
      this.#context = kept;
      const hidden = tf.tidy(() => rmsNorm(tf, x, this.#weights.norm, this.#config.rms_norm_eps));
      try {
        return await readRows(tf, hidden, this.#weights.lm_head, chunk.reads);
      } finally {
        hidden.dispose();
      }
    } finally {
      x.dispose();
      inputs.dispose();
    }
  }

  dispose(): void {
    this.#forget();
    disposeWeights(this.#weights);
  }

  #forget(): void {
    disposeAll(this.#context);
    this.#context = [];
  }

  #inputs(chunk: Chunk): {
    x: Tensor2D;
    rope: ReturnType<typeof ropeTensors>;
    attention: Attention;
    dispose(): void;
  } {
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
      attention: {
        blocks,
        rows,
        keys,
        seen,
        masks,
        ...(chunk.context > 0 && { context: this.#context }),
        ...(keep && { keep }),
      },
      dispose() {
        for (const tensor of [rope.cos, rope.sin, seen, ...masks.values()]) tensor.dispose();
        keep?.dispose();
      },
    };
  }
}

function disposeAll(context: readonly KeyValues[]): void {
  for (const { k, v } of context) {
    k.dispose();
    v.dispose();
  }
}
