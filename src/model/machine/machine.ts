import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { ModelConfig } from '../decoder/config.ts';
import type { ForestAttention, KeyPart } from '../decoder/attention.ts';
import { decoderLayer, rmsNorm, type KeyValues } from '../decoder/forward.ts';
import { readChunk, type ChunkReadings } from '../decoder/readings.ts';
import { ropeTensors } from '../decoder/rope-tensors.ts';
import type { Tfjs } from '../decoder/tfjs.ts';
import type { Chunk } from '../forest/chunk.ts';
import type { ChunkPart } from '../forest/key-parts.ts';
import { must } from '../../system/internal-error.ts';
import type { Embedding } from './weights/embedding.ts';
import { refuseFullHeap } from './wasm-heap.ts';
import type { WeightSource } from './weights/weights.ts';

/** Weights on one instance of a backend, and what runs chunks on them: in this thread, or behind messages in a worker. */
export interface Machine {
  /**
   * Runs the chunks of one sweep. The chunks of a span must come in order, in one call or several. `onStep` hears, between two
   * layers of a chunk, how much of the work is done, 0 to 1. Readings of each chunk; undefined: the pool was told to stop.
   * @throws Failure `not-finite`, `wasm-memory`, `worker-died`
   */
  run(
    chunks: readonly Chunk[],
    onStep?: (share: number) => void,
  ): Promise<readonly ChunkReadings[] | undefined>;
}

/** The machines that hold one model, and a way to stop them. */
export interface MachinePool {
  readonly machines: readonly Machine[];
  /** Makes running chunks stop at their next layer, and those that are begun later, until `resume`. */
  stop(): void;
  resume(): void;
  dispose(): Promise<void>;
}

/** A layer of a large model takes seconds. After this long, timers (the heartbeats of locks among them) and signals get their turn. */
const breathEveryMs = 50;

export interface LocalMachineParts {
  readonly tf: Tfjs;
  readonly config: ModelConfig;
  /** Disposed of with the machine. */
  readonly weights: WeightSource;
  readonly embedding: Embedding;
  /** Asked between two layers of a chunk. Default: never. */
  readonly stopped?: () => boolean;
}

/**
 * A machine in this thread, with what the last chunk left for the next: the main thread (native) or a worker (wasm), on weights that
 * are there or pass by; the same code in all cases.
 */
export class LocalMachine implements Machine {
  readonly #tf: Tfjs;
  readonly #config: ModelConfig;
  readonly #embedding: Embedding;
  readonly #weights: WeightSource;
  readonly #stopped: () => boolean;
  /** By layer. */
  #context: (KeyValues | undefined)[] = [];
  #lastBreath = performance.now();

  constructor({ tf, config, weights, embedding, stopped = () => false }: LocalMachineParts) {
    this.#tf = tf;
    this.#config = config;
    this.#weights = weights;
    this.#embedding = embedding;
    this.#stopped = stopped;
  }

  /** All chunks go through one layer and then all through the next: weights that pass by are needed once. */
  async run(
    chunks: readonly Chunk[],
    onStep?: (share: number) => void,
  ): Promise<readonly ChunkReadings[] | undefined> {
    const states = chunks.map((chunk) => this.#stateOf(chunk));
    let finished = false;
    try {
      finished = await this.#decode(states, onStep);
      return finished ? await this.#read(states) : undefined;
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

  /** False: stopped. */
  async #decode(states: readonly State[], onStep: ((share: number) => void) | undefined): Promise<boolean> {
    const layers = this.#config.num_hidden_layers;
    for (let index = 0; index < layers; index += 1) {
      const layer = await this.#weights.layer(index);
      for (const [at, state] of states.entries()) {
        const { x, rope, attention } = state;
        const context = state.needsContext ? must(this.#context[index], 'context') : undefined;
        const out = decoderLayer(this.#tf, this.#config, layer, {
          x,
          rope,
          attention,
          window: this.#config.windows[index],
          ...(context !== undefined && { context }),
        });
        state.x.dispose();
        state.x = out.x;
        disposeContext(this.#context[index]);
        this.#context[index] = out.kept;
        onStep?.((index * states.length + at + 1) / (layers * states.length));
        if (performance.now() - this.#lastBreath > breathEveryMs) {
          await new Promise((resolve) => setImmediate(resolve));
          this.#lastBreath = performance.now();
        }
        if (this.#stopped()) return false;
      }
      this.#weights.release();
      refuseFullHeap(this.#tf);
    }
    return true;
  }

  async #read(states: readonly State[]): Promise<ChunkReadings[]> {
    const tf = this.#tf;
    const { norm, lm_head } = await this.#weights.head();
    const readings: ChunkReadings[] = [];
    for (const { x, chunk } of states) {
      const hidden = tf.tidy(() => rmsNorm(tf, x, norm, this.#config.rms_norm_eps));
      try {
        readings.push(await readChunk(tf, hidden, lm_head, chunk.requests));
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
    const { blocks, blockSize } = chunk;
    const embedded = this.#embedding.lookUp(chunk.tokens);
    const x = tf.tensor2d(embedded, [blocks * blockSize, this.#config.hidden_size]);
    const rope = ropeTensors(tf, this.#config, chunk.positions, chunk.length);
    const parts = chunk.parts.map((part) => partOnDevice(tf, part, [blocks, blockSize]));
    const keep = chunk.keep.length > 0 ? tf.tensor1d(chunk.keep, 'int32') : undefined;
    return {
      chunk,
      x,
      rope,
      needsContext: chunk.context > 0,
      attention: { blocks, blockSize, parts, ...(keep && { keep }) },
      dispose() {
        for (const { seen, masks } of parts) tf.dispose([seen, ...masks.values()]);
        tf.dispose([this.x, rope.cos, rope.sin]);
        keep?.dispose();
      },
    };
  }
}

function partOnDevice(
  tf: Tfjs,
  { keys, isShared, seen, masks }: ChunkPart,
  [blocks, blockSize]: readonly [number, number],
): KeyPart {
  const [M, B] = isShared ? [1, blocks * blockSize] : [blocks, blockSize];
  return {
    keys,
    isShared,
    seen: tf.tensor1d(seen, 'int32'),
    masks: new Map(masks.map(({ window, values }) => [window, tf.tensor4d(values, [M, 1, B, keys])])),
  };
}

/** A chunk on its way through the layers. */
interface State {
  readonly chunk: Chunk;
  /** [N, D]: what the next layer takes. */
  x: Tensor2D;
  readonly rope: ReturnType<typeof ropeTensors>;
  readonly needsContext: boolean;
  readonly attention: ForestAttention;
  dispose(): void;
}

function disposeContext(context: KeyValues | undefined): void {
  context?.k.dispose();
  context?.v.dispose();
}
