import type { Worker } from 'node:worker_threads';
import type { ModelConfig } from '../decoder/config.ts';
import type { ChunkReadings } from '../decoder/readings.ts';
import type { Chunk } from '../forest/chunk.ts';
import type { FileStates } from '../../system/contents/file-state.ts';
import { Failure } from '../../system/failure.ts';
import type { Embedding } from './weights/embedding.ts';
import type { Machine, MachinePool } from './machine.ts';
import type { Placement } from './memory.ts';
import type { FromWorker, WorkerData } from './worker-messages.ts';
import { InternalError } from '../../system/internal-error.ts';
import { startThread } from '../../system/processes/thread.ts';

interface PoolOptions {
  readonly folder: string;
  readonly config: ModelConfig;
  /** Of the files when they were hashed. */
  readonly states: FileStates | undefined;
  readonly embedding: Embedding;
  readonly placement: Placement;
}

/**
 * Wasm instances in worker threads, one per core. Idle workers do not keep the process alive; a worker that dies fails what
 * it was doing, and every later request.
 */
export class WorkerPool implements MachinePool {
  readonly machines: readonly WorkerMachine[];
  readonly #stopFlag = new Int32Array(new SharedArrayBuffer(4));

  constructor({ folder, config, states, embedding, placement }: PoolOptions) {
    const data: WorkerData = {
      folder,
      config,
      states,
      weights: placement.weights,
      embedding: embedding.data,
      stopFlag: this.#stopFlag,
    };
    this.machines = Array.from({ length: placement.threads }, () => new WorkerMachine(startWorker(data)));
  }

  /** Resolves when every worker has its weights, or knows where to find them. */
  async ready(): Promise<void> {
    await Promise.all(this.machines.map((machine) => machine.ready));
  }

  stop(): void {
    Atomics.store(this.#stopFlag, 0, 1);
  }

  resume(): void {
    Atomics.store(this.#stopFlag, 0, 0);
  }

  async dispose(): Promise<void> {
    await Promise.all(this.machines.map((machine) => machine.terminate()));
  }
}

function startWorker(workerData: WorkerData): Worker {
  const here = import.meta.url;
  return startThread(new URL(here.endsWith('.js') ? './worker.js' : './worker.ts', here), { workerData });
}

/** A machine in a worker: `worker.ts` is the other end. */
class WorkerMachine implements Machine {
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
  ): Promise<readonly ChunkReadings[] | undefined> {
    this.#onStep = onStep;
    const answer = this.#await();
    this.#worker.postMessage(chunks);
    const message = await answer;
    return message.type === 'done' ? message.readings : undefined;
  }

  async terminate(): Promise<void> {
    this.#dead ??= new InternalError('expected an open model, was disposed of');
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
