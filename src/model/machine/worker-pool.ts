import { Worker } from 'node:worker_threads';
import type { Chunk } from '../forest/chunk.ts';
import type { ModelConfig } from '../checkpoint/config.ts';
import { Failure, type FailureDetails } from '../../system/failure.ts';
import type { Placement } from './memory.ts';
import type { RowReadings } from '../decoder/readings.ts';
import type { Embedding } from './weights.ts';

export type FromWorker =
  | { readonly type: 'ready' }
  | { readonly type: 'step'; readonly share: number }
  | { readonly type: 'done'; readonly found: readonly RowReadings[] }
  | { readonly type: 'aborted' }
  | { readonly type: 'failure'; readonly details: FailureDetails }
  | { readonly type: 'bug'; readonly error: string };

/** Something that runs chunks in order: a Machine here, or one in a worker. */
export interface Runner {
  /** Readings of each chunk; undefined: aborted. `onStep` hears how much is done, 0 to 1. */
  run(
    chunks: readonly Chunk[],
    onStep?: (share: number) => void,
  ): Promise<readonly RowReadings[] | undefined>;
}

interface PoolOptions {
  readonly folder: string;
  readonly config: ModelConfig;
  readonly embedding: Embedding;
  readonly placement: Placement;
}

/**
 * Wasm instances in worker threads, one per core. Idle workers do not keep the process alive; a worker that dies fails what
 * it was doing, and every later request.
 */
export class WorkerPool {
  readonly runners: readonly Runner[];
  readonly #workers: readonly WorkerRunner[];
  readonly #abortFlag = new Int32Array(new SharedArrayBuffer(4));

  constructor({ folder, config, embedding, placement }: PoolOptions) {
    const { stored, dtype, hidden_size } = embedding;
    const data = {
      folder,
      config,
      placement,
      embedding: { stored, dtype, hidden_size },
      abortFlag: this.#abortFlag,
    };
    this.#workers = Array.from({ length: placement.threads }, () => new WorkerRunner(startWorker(data)));
    this.runners = this.#workers;
  }

  /** Resolves when every worker has its weights, or knows where to find them. */
  async ready(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.ready));
  }

  /** Makes running chunks stop at their next layer; `false` lets new ones run. */
  set aborted(value: boolean) {
    Atomics.store(this.#abortFlag, 0, value ? 1 : 0);
  }

  async dispose(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}

function startWorker(workerData: unknown): Worker {
  const here = import.meta.url;
  // Compiled, worker.js stands beside this file. From source, a worker needs tsx's loader before it can import worker.ts.
  if (here.endsWith('.js')) return new Worker(new URL('./worker.js', here), { workerData });
  const source = JSON.stringify(new URL('./worker.ts', here).href);
  const bootstrap = `import('tsx/esm/api').then(({ register }) => { register(); return import(${source}); });`;
  return new Worker(bootstrap, { eval: true, workerData });
}

class WorkerRunner implements Runner {
  readonly ready: Promise<void>;
  readonly #worker: Worker;
  #settle: { resolve(message: FromWorker): void; reject(error: Error): void } | undefined;
  #dead: Error | undefined;
  #onStep: ((share: number) => void) | undefined;

  constructor(worker: Worker) {
    this.#worker = worker;
    worker.on('message', (message: FromWorker) => this.#receive(message));
    worker.on('error', (error) =>
      this.#die(died(error instanceof Error ? error.message : String(error), 'passes')),
    );
    worker.on('exit', (code) => this.#die(died(`it exited with code ${code}`, 'passes')));
    this.ready = this.#await().then(() => undefined);
  }

  async run(
    chunks: readonly Chunk[],
    onStep?: (share: number) => void,
  ): Promise<readonly RowReadings[] | undefined> {
    this.#onStep = onStep;
    const answer = this.#await();
    this.#worker.postMessage(chunks);
    const message = await answer;
    return message.type === 'done' ? message.found : undefined;
  }

  async terminate(): Promise<void> {
    this.#dead ??= new Error('Internal error: expected an open model, was disposed of');
    await this.#worker.terminate();
  }

  async #await(): Promise<FromWorker> {
    if (this.#dead !== undefined) throw this.#dead;
    this.#worker.ref();
    try {
      return await new Promise<FromWorker>((resolve, reject) => {
        this.#settle = { resolve, reject };
      });
    } finally {
      this.#settle = undefined;
      this.#worker.unref();
    }
  }

  #receive(message: FromWorker): void {
    if (message.type === 'failure') this.#settle?.reject(new Failure(message.details));
    else if (message.type === 'bug') this.#die(died(message.error, 'comes again'));
    else if (message.type === 'step') this.#onStep?.(message.share);
    else this.#settle?.resolve(message);
  }

  #die(error: Error): void {
    this.#dead ??= error;
    this.#settle?.reject(this.#dead);
  }
}

/** What the machine did to a worker passes; a bug in it comes again. */
function died(found: string, what: 'passes' | 'comes again'): Failure {
  return new Failure({
    code: 'worker-died',
    blame: 'machine',
    message: 'a worker that ran the model has died',
    expected: 'a worker that answers',
    found,
    next: 'run again; if memory was short, with fewer threads or the native backend',
    ...(what === 'passes' && { transient: true }),
  });
}
