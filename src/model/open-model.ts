import { chooseBackend, chunkLimits, loadNativeBackend } from './machine/backends.ts';
import { Checkpoint } from './checkpoint/checkpoint.ts';
import { chunksOf, segments, type ChunkLimits } from './forest/chunk.ts';
import { readConfig, type ModelConfig } from './checkpoint/config.ts';
import { identifyModel } from './checkpoint/identity.ts';
import type { BackendName, LanguageModel, MemoryUse, ModelIdentity, Numerics, Reading, ReadingRequest, ReadOptions, ReadResult, Tokenizer } from './language-model.ts';
import { Machine } from './machine/machine.ts';
import { passBytes, placeWeights, type Placement } from './machine/memory.ts';
import { NodeReads } from './forest/prefix-requests.ts';
import { numericsOf } from './machine/numerics.ts';
import { passesOf, Progress } from './forest/sweeps.ts';
import type { RowReadings } from './decoder/readings.ts';
import { checkRequests, lengthClasses } from './forest/requests.ts';
import { openTokenizer } from './text/tokenizer.ts';
import { Embedding, openWeights } from './machine/weights.ts';
import { WorkerPool, type Runner } from './machine/worker-pool.ts';

export interface OpenOptions {
  /** Default: `chooseBackend()`. */
  readonly backend?: BackendName;
  /** Wasm workers, at least 1. Default: one per core, fewer where memory is short. */
  readonly threads?: number;
  /**
   * What the process may take, in bytes: weights stay in memory where that fits, else they are streamed layer by layer.
   * Default: what is free.
   */
  readonly memory?: number;
  /** Where the weights are, whatever fits. Default: by `memory`. */
  readonly weights?: Placement['weights'];
  /** Closes what was opened so far and rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Who the model is, where the caller knows already. Default: its files are hashed. */
  readonly identity?: ModelIdentity;
  /** Where digests of unchanged files are remembered; see `identifyModel`. */
  readonly memo?: string;
  /** The folder's tokenizer, where the caller opens it anyway. */
  readonly tokenizer?: Promise<Tokenizer>;
  /** Sizes of the work's pieces, where the backend's own do not suit. */
  readonly limits?: Partial<ChunkLimits>;
}

/**
 * Opens a Hugging Face model folder: checks config and weights, loads the tokenizer, and puts the weights where they run.
 * @throws Failure for whatever is missing, damaged, not supported or does not fit
 */
export async function openModel(folder: string, options: OpenOptions = {}): Promise<LanguageModel> {
  options.signal?.throwIfAborted();
  const backend = options.backend ?? chooseBackend();
  const config = readConfig(folder);
  const checkpoint = new Checkpoint(folder, config);
  let starting: Promise<Engine>;
  let placement: Placement;
  try {
    const name = 'model.embed_tokens.weight';
    const embedding = new Embedding({
      stored: checkpoint.readStored(name),
      dtype: checkpoint.dtype(name),
      hidden_size: config.hidden_size,
    });
    placement = placeWeights({
      backend,
      config,
      embeddingBytes: embedding.stored.byteLength,
      budgetBytes: options.memory,
      threads: options.threads,
    });
    if (options.weights !== undefined) placement = { ...placement, weights: options.weights };
    // Workers load the weights while this thread hashes the files and reads the tokenizer.
    starting = startEngine(backend, { folder, config, checkpoint, embedding, placement });
  } catch (error) {
    checkpoint.close();
    throw error;
  }
  starting.catch(() => undefined);
  try {
    const tokenizer = await (options.tokenizer ?? openTokenizer(folder));
    const identity = options.identity ?? (await identifyModel(folder, options.memo));
    const engine = await starting;
    options.signal?.throwIfAborted();
    return new OpenModel({
      identity,
      numerics: numericsOf(backend),
      tokenizer,
      config,
      engine,
      placement,
      limits: { ...chunkLimits(backend), ...options.limits },
      passBytes: placement.weights === 'streamed' ? passBytes(backend) : 0,
    });
  } catch (error) {
    await starting.then((started) => started.dispose()).catch(() => undefined);
    throw error;
  }
}

/** Runners for segments, and a way to stop them. */
interface Engine {
  readonly runners: readonly Runner[];
  abort(value: boolean): void;
  dispose(): Promise<void>;
}

interface EngineOptions {
  readonly folder: string;
  readonly config: ModelConfig;
  /** Closed when nothing more is read from it. */
  readonly checkpoint: Checkpoint;
  readonly embedding: Embedding;
  readonly placement: Placement;
}

async function startEngine(
  backend: BackendName,
  { folder, config, checkpoint, embedding, placement }: EngineOptions,
): Promise<Engine> {
  if (backend === 'wasm') {
    checkpoint.close();
    const pool = new WorkerPool({ folder, config, embedding, placement });
    try {
      await pool.ready();
    } catch (error) {
      await pool.dispose();
      throw error;
    }
    return {
      runners: pool.runners,
      abort: (value) => {
        pool.aborted = value;
      },
      dispose: () => pool.dispose(),
    };
  }
  const tf = await loadNativeBackend(backend).then(
    (native) => native.tf,
    (error: unknown) => {
      checkpoint.close();
      throw error;
    },
  );
  const weights = await openWeights(tf, config, checkpoint, placement.weights);
  const machine = new Machine(tf, config, weights, embedding);
  let aborted = false;
  return {
    runners: [
      { run: (chunks, onStep) => machine.run(chunks, { aborted: () => aborted, ...(onStep && { onStep }) }) },
    ],
    abort: (value) => {
      aborted = value;
    },
    dispose: () => machine.dispose(),
  };
}

/**
 * A runner with fewer prefixes than this loses time at the beginning and the end: of 7,711 prefixes, reads of 512 took 9 %
 * (tensorflow) and 17 % (wasm, two workers) longer than one read of all; of this many per runner, no longer.
 */
const leastPrefixes = 1024;

class OpenModel implements LanguageModel {
  readonly identity: ModelIdentity;
  readonly numerics: Numerics;
  readonly tokenizer: Tokenizer;
  readonly contextLength: number;
  readonly vocabularySize: number;
  readonly efficientPrefixes: number;
  readonly #config: ModelConfig;
  readonly #engine: Engine;
  readonly #limits: ChunkLimits;
  readonly #passBytes: number;
  readonly #placement: Placement;
  /** Reads wait for each other: they share the machines and what is kept on them. */
  #last: Promise<unknown> = Promise.resolve();
  #disposed = false;

  constructor(parts: {
    identity: ModelIdentity;
    numerics: Numerics;
    tokenizer: Tokenizer;
    config: ModelConfig;
    engine: Engine;
    placement: Placement;
    limits: ChunkLimits;
    /** How much of a segment goes through the layers at once; 0: one chunk. */
    passBytes: number;
  }) {
    this.identity = parts.identity;
    this.numerics = parts.numerics;
    this.tokenizer = parts.tokenizer;
    this.contextLength = parts.config.context_length;
    this.vocabularySize = parts.config.vocab_size;
    // Streamed weights are read once for as many prefixes as go through together.
    const streams = parts.passBytes > 0 ? 8 : 1;
    this.efficientPrefixes =
      Math.max(leastPrefixes, parts.limits.nodes) * parts.engine.runners.length * streams;
    this.#config = parts.config;
    this.#engine = parts.engine;
    this.#limits = parts.limits;
    this.#placement = parts.placement;
    this.#passBytes = parts.passBytes;
  }

  read(requests: readonly ReadingRequest[], options: ReadOptions = {}): Promise<ReadResult> {
    const reading = this.#last.then(() => this.#read(requests, options));
    this.#last = reading.catch(() => undefined);
    return reading;
  }

  memoryUse(): MemoryUse {
    // maxRSS is in kilobytes everywhere.
    return { weights: this.#placement.weights, peakBytes: 1024 * process.resourceUsage().maxRSS };
  }

  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#engine.abort(true);
    await this.#last;
    await this.#engine.dispose();
  }

  async #read(requests: readonly ReadingRequest[], options: ReadOptions): Promise<ReadResult> {
    if (this.#disposed) throw new Error('Internal error: expected an open model, was disposed of');
    options.signal?.throwIfAborted();
    checkRequests(requests, this);
    const trees = lengthClasses(requests, this.#config.rope).map(({ length, members }) => ({
      length,
      members,
      reads: new NodeReads(members.map((member) => requests[member] as ReadingRequest)),
    }));
    const total = trees.reduce((sum, { reads }) => sum + reads.compute.length, 0);

    const progress = new Progress(total, options.onProgress);
    const abort = (): void => this.#engine.abort(true);
    options.signal?.addEventListener('abort', abort, { once: true });
    try {
      for (const { reads, length } of trees) await this.#compute(reads, length, progress);
    } catch (error) {
      options.signal?.throwIfAborted();
      throw error;
    } finally {
      options.signal?.removeEventListener('abort', abort);
      if (!this.#disposed) this.#engine.abort(false);
    }

    const readings: Reading[] = [];
    for (const { members, reads } of trees) {
      for (const [i, reading] of reads.readings().entries()) readings[members[i] as number] = reading;
    }
    return {
      readings,
      tokensAsked: requests.reduce((sum, { ids }) => sum + ids.length, 0),
      prefixesComputed: total,
    };
  }

  /** Segments go to whichever runner is free; each runs its chunks in order. */
  async #compute(reads: NodeReads, length: number, progress: Progress): Promise<void> {
    const { runners } = this.#engine;
    if (reads.compute.length === 0) return;
    // Several each, so that none waits long for the last; but where weights are streamed, every segment streams them.
    const pieces = runners.length === 1 || this.#passBytes > 0 ? runners.length : 4 * runners.length;
    const smallest = 16;
    const most = Math.max(1, Math.min(pieces, Math.floor(reads.compute.length / smallest)));
    const waiting = segments(reads.tree, reads.compute, most);
    const shape = {
      num_attention_heads: this.#config.num_attention_heads,
      windows: [...new Set(this.#config.windows)],
    };
    let failure: { readonly error: unknown } | undefined;
    const work = async (runner: Runner): Promise<void> => {
      for (let segment = waiting.shift(); segment !== undefined; segment = waiting.shift()) {
        let again = segment.unread;
        const steps = chunksOf(reads.tree, segment, reads, shape, this.#limits, length);
        for (const pass of passesOf(steps, this.#config.hidden_size, this.#passBytes)) {
          const computed = pass.reduce((sum, { count }) => sum + count, 0);
          const fresh = Math.max(computed - again, 0);
          again = Math.max(again - computed, 0);
          const found = await runner.run(
            pass.map(({ chunk }) => chunk),
            (share) => progress.at(runner, share * fresh),
          );
          if (found === undefined) throw new Error('Internal error: expected readings, was aborted');
          for (const [i, { chunk, readNodes }] of pass.entries()) {
            reads.take(readNodes, chunk.reads, found[i] as RowReadings);
          }
          progress.done(runner, fresh);
        }
      }
    };
    await Promise.all(
      runners.map((runner) =>
        work(runner).catch((error: unknown) => {
          failure ??= { error };
          this.#engine.abort(true);
        }),
      ),
    );
    if (failure !== undefined) throw failure.error;
  }
}
