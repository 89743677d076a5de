import type { Worker } from 'node:worker_threads';
import { hasCode } from '../../system/errno.ts';
import { Failure } from '../../system/failure.ts';
import { must } from '../../system/internal-error.ts';
import { startThread } from '../../system/processes/thread.ts';
import type { ArtifactDescriptor } from '../artifact-io.ts';
import type { Computed, Heard } from './computing.ts';
import { type Crossed, fromCrossed, toCross } from './crossing.ts';
import type { FromThread, SentTask, ThreadData, ToThread } from './messages.ts';
import type { Connection, ServedService } from './services-by-message.ts';

/** A stage that was told to stop has this long, in milliseconds; then its thread is ended. */
const PATIENCE_MS = 2000;

export interface StageThreadOptions {
  /** URL of the module that calls `serveStages`. */
  readonly module: URL;
  readonly store: string;
  readonly services: readonly ServedService[];
  /** Whether it is for kinds that ship, and not for a module of a pipeline's own. */
  readonly ships: boolean;
  /** Told what the thread writes to its standard streams, in whole lines. */
  readonly onOutput: (text: string) => void;
  readonly onExit: () => void;
}

interface Running {
  readonly stage: string;
  /** See `ComputeOptions`. */
  readonly waits: boolean;
  readonly heard: Heard;
  readonly resolve: (computed: Computed) => void;
  readonly reject: (error: unknown) => void;
  readonly connections: Map<string, Connection>;
}

export interface ComputeOptions {
  readonly signal: AbortSignal;
  /** The stage mostly waits for others: when the thread dies while another stage computes in it, that one has ended it. */
  readonly waits: boolean;
}

/** A thread that computes stages: `serve-stages.ts` is the other end. An idle one does not keep the process alive. */
export class StageThread {
  readonly #worker: Worker;
  readonly #services: readonly ServedService[];
  readonly #running = new Map<number, Running>();
  readonly #calls = new Map<number, AbortController>();
  #lastTask = 0;
  #isDead = false;
  /** What nobody in the thread has caught. */
  #uncaught: unknown;

  constructor({ module, store, services, ships, onOutput, onExit }: StageThreadOptions) {
    const workerData: ThreadData = { store, ships };
    this.#services = services;
    this.#worker = startThread(module, { workerData, stdout: true, stderr: true });
    this.#worker.on('message', (message: FromThread) => this.#receive(message));
    this.#worker.on('error', (error) => (this.#uncaught = error));
    this.#worker.on('messageerror', (error) => (this.#uncaught = error));
    this.#worker.on('exit', (code) => {
      this.#die((running) => this.#causeOfDeath(running, code));
      onExit();
    });
    for (const stream of [this.#worker.stdout, this.#worker.stderr]) {
      stream
        .setEncoding('utf8')
        .on('data', (text: string) => onOutput(text.endsWith('\n') ? text : `${text}\n`));
    }
    this.#worker.unref();
  }

  get tasks(): number {
    return this.#running.size;
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  /** @throws what the stage throws; a Failure `stage-thread-died` where its thread does not outlive it */
  async compute(sent: SentTask, heard: Heard, { signal, waits }: ComputeOptions): Promise<Computed> {
    signal.throwIfAborted();
    const task = (this.#lastTask += 1);
    let timer: NodeJS.Timeout | undefined;
    const abort = (): void => {
      this.#send({ type: 'abort', task });
      timer = setTimeout(() => this.#end(task, signal), PATIENCE_MS);
    };
    signal.addEventListener('abort', abort, { once: true });
    this.#worker.ref();
    const connections = new Map<string, Connection>();
    try {
      return await new Promise<Computed>((resolve, reject) => {
        this.#running.set(task, { stage: sent.stage, waits, heard, resolve, reject, connections });
        this.#send({ type: 'compute', task, sent });
      });
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      this.#running.delete(task);
      for (const connection of connections.values()) connection.close();
      if (this.#running.size === 0) this.#worker.unref();
    }
  }

  forget(artifact: ArtifactDescriptor): void {
    this.#send({ type: 'forget', artifact });
  }

  /** Ends the thread, whatever it does. That takes its time while it is in native code. */
  async end(): Promise<void> {
    this.#isDead = true;
    for (const stop of this.#calls.values()) stop.abort();
    this.#worker.unref();
    await this.#worker.terminate();
  }

  /** Ends the thread because a stage in it goes on although it was told to stop. */
  #end(task: number, signal: AbortSignal): void {
    const { heard } = must(this.#running.get(task), 'a task that runs');
    heard.warning(`it did not stop within ${PATIENCE_MS / 1000} s of being told to, and was ended`);
    void this.end();
    this.#die(() => signal.reason);
  }

  #die(causeFor: (running: Running) => unknown): void {
    this.#isDead = true;
    for (const stop of this.#calls.values()) stop.abort();
    for (const running of this.#running.values()) running.reject(causeFor(running));
  }

  #causeOfDeath({ stage, waits }: Running, code: number): unknown {
    const computing = [...this.#running.values()].find((each) => !each.waits);
    if (waits && computing !== undefined) return diedBeside(stage, computing.stage);
    const error = this.#uncaught;
    if (hasCode(error, 'ERR_WORKER_OUT_OF_MEMORY')) return outOfMemory(stage);
    return error ?? exited(stage, code);
  }

  #receive(message: FromThread): void {
    switch (message.type) {
      case 'begun':
        this.#running.get(message.task)?.heard.begun();
        return;
      case 'warning':
        this.#running.get(message.task)?.heard.warning(message.message);
        return;
      case 'progress':
        this.#running.get(message.task)?.heard.progress(message.done, message.total, message.unit);
        return;
      case 'computed':
        this.#running.get(message.task)?.resolve(message.computed);
        return;
      case 'failed':
        this.#running.get(message.task)?.reject(fromCrossed(message.error));
        return;
      case 'call':
        void this.#answer(message);
        return;
      case 'cancel':
        this.#calls.get(message.call)?.abort();
    }
  }

  async #answer({ task, call, service, request }: Extract<FromThread, { type: 'call' }>): Promise<void> {
    const stop = new AbortController();
    this.#calls.set(call, stop);
    try {
      const connection = this.#connect(task, service);
      const value = await connection.call(request, {
        signal: stop.signal,
        onEvent: (event) => this.#send({ type: 'call-event', call, event }),
      });
      this.#send({ type: 'answer', call, value });
    } catch (error) {
      this.#send({ type: 'refusal', call, error: toCross(error) satisfies Crossed });
    } finally {
      this.#calls.delete(call);
    }
  }

  #connect(task: number, service: string): Connection {
    const { connections } = must(this.#running.get(task), 'a stage that asks while it runs');
    const served = must(
      this.#services.find(({ name }) => name === service),
      `the service ${service}`,
    );
    const connection = connections.get(service) ?? served.connect();
    connections.set(service, connection);
    return connection;
  }

  #send(message: ToThread): void {
    if (!this.#isDead) this.#worker.postMessage(message);
  }
}

/** The failure of a stage whose code has ended the thread by itself. */
function exited(stage: string, code: number): Failure {
  return new Failure({
    code: 'stage-thread-died',
    blame: 'user',
    message: `the code of \`${stage}\` ended its thread`,
    expected: 'a stage that gives a result, or throws',
    found: `exit code ${code}`,
    next: 'let it throw instead of calling `process.exit`',
  });
}

function outOfMemory(stage: string): Failure {
  return new Failure({
    code: 'stage-thread-died',
    blame: 'machine',
    message: `\`${stage}\` ran out of memory`,
    found: 'no room in the heap of its thread',
    next: 'let it do with less at once, or give Node a larger heap: NODE_OPTIONS=--max-old-space-size=8192',
  });
}

/** It passes: the stage gets another thread. */
function diedBeside(stage: string, other: string): Failure {
  return new Failure({
    code: 'stage-thread-died',
    blame: 'machine',
    message: `\`${stage}\` lost its thread, which \`${other}\` ended`,
    next: 'run again',
    transient: true,
  });
}
