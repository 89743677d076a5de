import { Checkpoint } from './checkpoint/checkpoint.ts';
import { readConfig } from './checkpoint/config.ts';
import { type IdentifiedModel, identifyModel } from './checkpoint/identity.ts';
import type { ModelConfig } from './decoder/config.ts';
import type { ChunkLimits } from './forest/chunk.ts';
import type {
  BackendName,
  LanguageModel,
  MemoryUse,
  ModelIdentity,
  ReadingModel,
  ReadingRequest,
  ReadOptions,
  ReadResult,
} from './language-model.ts';
import type { FileStates } from '../system/contents/file-state.ts';
import { chooseBackend, loadNativeBackend } from './machine/backends.ts';
import { Embedding } from './machine/weights/embedding.ts';
import { ForestReader } from './machine/forest-reader.ts';
import { chunkLimits, sweepBytes } from './machine/limits.ts';
import { LocalMachine, type MachinePool } from './machine/machine.ts';
import { floatsOf, placeWeights, type Placement } from './machine/memory.ts';
import { openWeights } from './machine/weights/weights.ts';
import { WorkerPool } from './machine/worker-pool.ts';
import { openTokenizer } from './text/tokenizer.ts';
import { InternalError } from '../system/internal-error.ts';

/** Without states, any weights will do. */
type Identified = Pick<IdentifiedModel, 'identity'> & Partial<IdentifiedModel>;

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
  /**
   * Who the model is, where the caller knows already: weights that are not in the state in which they were hashed are
   * refused, when they are opened and while they are read. Default: its files are hashed.
   */
  readonly identified?: Identified;
  /** Sizes of chunks and blocks, where the backend's own do not suit. */
  readonly limits?: Partial<ChunkLimits>;
}

/**
 * Opens a Hugging Face model folder: checks config and weights, loads the tokenizer, and puts the weights where they run.
 * @throws Failure for whatever is missing, damaged, not supported or does not fit
 */
export async function openModel(folder: string, options: OpenOptions = {}): Promise<LanguageModel> {
  const model = await openForReading(folder, options);
  try {
    return Object.assign(model, { tokenizer: await openTokenizer(folder) });
  } catch (error) {
    await model.dispose();
    throw error;
  }
}

/**
 * As `openModel`, for who brings token ids.
 * @throws Failure
 */
export async function openForReading(folder: string, options: OpenOptions = {}): Promise<ReadingModel> {
  options.signal?.throwIfAborted();
  const backend = options.backend ?? chooseBackend();
  const config = readConfig(folder);
  const { identity, states } = options.identified ?? (await identify(folder, config));
  const checkpoint = new Checkpoint(folder, config, states);
  const { embedding, placement } = await prepare(checkpoint, config, backend, options);
  const pool = await startMachines(backend, { folder, config, states, checkpoint, embedding, placement });
  try {
    options.signal?.throwIfAborted();
    const reader = new ForestReader({
      config,
      pool,
      limits: { ...chunkLimits(backend, floatsOf(config).all), ...options.limits },
      sweepBytes: placement.weights === 'streamed' ? sweepBytes(backend) : 0,
    });
    return new OpenModel({ identity, config, reader, pool, placement });
  } catch (error) {
    await pool.dispose();
    throw error;
  }
}

async function identify(folder: string, config: ModelConfig): Promise<Identified> {
  // What is wrong with the weights is told before anything else.
  new Checkpoint(folder, config).close();
  return identifyModel(folder);
}

/** The embedding in memory, and where the other weights will be. Closes the checkpoint when it throws. */
async function prepare(
  checkpoint: Checkpoint,
  config: ModelConfig,
  backend: BackendName,
  { memory, threads, weights }: OpenOptions,
): Promise<{ embedding: Embedding; placement: Placement }> {
  try {
    const embedding = await Embedding.of(checkpoint, config);
    checkpoint.confirmUnchanged();
    const placement = placeWeights({
      backend,
      config,
      embeddingBytes: embedding.data.stored.byteLength,
      budgetBytes: memory,
      threads,
    });
    return { embedding, placement: { ...placement, ...(weights !== undefined && { weights }) } };
  } catch (error) {
    checkpoint.close();
    throw error;
  }
}

interface StartOptions {
  readonly folder: string;
  readonly config: ModelConfig;
  readonly states: FileStates | undefined;
  /** Closed when nothing more is read from it. */
  readonly checkpoint: Checkpoint;
  readonly embedding: Embedding;
  readonly placement: Placement;
}

/** Wasm: a worker for each thread that is asked for. Native: one machine in this thread, which has threads of its own. */
async function startMachines(backend: BackendName, options: StartOptions): Promise<MachinePool> {
  if (backend !== 'wasm') return startNative(backend, options);
  // Workers open the folder themselves.
  options.checkpoint.close();
  const pool = new WorkerPool(options);
  try {
    await pool.ready();
    return pool;
  } catch (error) {
    await pool.dispose();
    throw error;
  }
}

async function startNative(
  backend: Exclude<BackendName, 'wasm'>,
  { config, checkpoint, embedding, placement }: StartOptions,
): Promise<MachinePool> {
  const { tf } = await loadNativeBackend(backend).catch((error: unknown) => {
    checkpoint.close();
    throw error;
  });
  const weights = await openWeights(tf, config, checkpoint, placement.weights);
  let stopped = false;
  const machine = new LocalMachine({ tf, config, weights, embedding, stopped: () => stopped });
  return {
    machines: [machine],
    stop: () => {
      stopped = true;
    },
    resume: () => {
      stopped = false;
    },
    dispose: () => machine.dispose(),
  };
}

interface OpenModelParts {
  readonly identity: ModelIdentity;
  readonly config: ModelConfig;
  readonly reader: ForestReader;
  readonly pool: MachinePool;
  readonly placement: Placement;
}

class OpenModel implements ReadingModel {
  readonly identity: ModelIdentity;
  readonly contextLength: number;
  readonly vocabularySize: number;
  readonly efficientPrefixes: number;
  readonly #reader: ForestReader;
  readonly #pool: MachinePool;
  readonly #placement: Placement;
  /** Reads wait for each other: they share the machines and what is kept on them. */
  #last: Promise<unknown> = Promise.resolve();
  #disposed = false;

  constructor({ identity, config, reader, pool, placement }: OpenModelParts) {
    this.identity = identity;
    this.contextLength = config.context_length;
    this.vocabularySize = config.vocab_size;
    this.efficientPrefixes = reader.efficientPrefixes;
    this.#reader = reader;
    this.#pool = pool;
    this.#placement = placement;
  }

  read(requests: readonly ReadingRequest[], options: ReadOptions = {}): Promise<ReadResult> {
    const reading = this.#last.then(() => {
      if (this.#disposed) throw new InternalError('expected an open model, was disposed of');
      return this.#reader.read(requests, options);
    });
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
    this.#pool.stop();
    await this.#last;
    await this.#pool.dispose();
  }
}
