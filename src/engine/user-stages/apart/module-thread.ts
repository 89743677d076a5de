import type { Worker } from 'node:worker_threads';
import { hasCode } from '../../../system/errno.ts';
import { must } from '../../../system/internal-error.ts';
import { startThread } from '../../../system/processes/thread.ts';
import { fromCrossed } from '../../computing/crossing.ts';
import type { StageCode } from '../../pipeline/kinds.ts';
import { NoAnswer } from './no-answer.ts';
import type { Answer, AskedFunction, Question } from './messages.ts';

/** Where modules of a pipeline's own are loaded and asked before they run. */
export interface Apart {
  /** URL of the module that calls `serveModule`. */
  readonly thread: URL;
  /** Shows what a module prints, in whole lines. */
  readonly print: (lines: string) => void;
  /** How long one answer may take, in milliseconds. Default: ten seconds, which hold a start on a machine that is busy. */
  readonly limitMs?: number;
}

const LIMIT_MS = 10_000;
/** What a heap of a module holds before a run, in MiB: it reads options and names of columns, and no data. */
const HEAP_MIB = 512;
/** A thread ends that was not asked for so long, in milliseconds; a program that watches files loads modules anew at each edit. */
const IDLE_MS = 2000;

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** A thread for one module, started when something is asked. It keeps the process alive only while it owes an answer. */
export class ModuleThread {
  readonly #code: StageCode;
  readonly #apart: Apart;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #idle: NodeJS.Timeout | undefined;
  #last = 0;

  constructor(code: StageCode, apart: Apart) {
    this.#code = code;
    this.#apart = apart;
  }

  /**
   * @param asked absent: what the module exports
   * @throws what the module throws; NoAnswer
   */
  async ask(asked?: { readonly name: AskedFunction; readonly given: readonly unknown[] }): Promise<unknown> {
    clearTimeout(this.#idle);
    const worker = (this.#worker ??= this.#start());
    const number = (this.#last += 1);
    const { limitMs = LIMIT_MS } = this.#apart;
    let limit: NodeJS.Timeout | undefined;
    worker.ref();
    try {
      return await new Promise((resolve, reject) => {
        this.#waiting.set(number, { resolve, reject });
        limit = setTimeout(
          () => this.#end(new NoAnswer(`gave no answer within ${limitMs / 1000} s, and was ended`)),
          limitMs,
        );
        worker.postMessage({ number, code: this.#code, ...(asked && { asked }) } satisfies Question);
      });
    } finally {
      clearTimeout(limit);
      this.#waiting.delete(number);
      if (this.#waiting.size === 0) this.#rest(worker);
    }
  }

  #start(): Worker {
    const worker = startThread(this.#apart.thread, {
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB },
    });
    let uncaught: unknown;
    worker.on('message', (answer: Answer) => {
      if ('printed' in answer) {
        this.#apart.print(answer.printed.endsWith('\n') ? answer.printed : `${answer.printed}\n`);
        return;
      }
      const waiting = this.#waiting.get(answer.number);
      if ('error' in answer) waiting?.reject(fromCrossed(answer.error));
      else waiting?.resolve(answer.value);
    });
    worker.on('error', (error) => (uncaught = error));
    worker.on('exit', (code) => {
      if (worker === this.#worker) this.#end(causeOfDeath(uncaught, code));
    });
    return worker;
  }

  #rest(worker: Worker): void {
    // One that has ended is not there to be ended again.
    if (worker !== this.#worker) return;
    worker.unref();
    this.#idle = setTimeout(() => this.#end(new NoAnswer('was ended')), IDLE_MS).unref();
  }

  #end(cause: unknown): void {
    const worker = must(this.#worker, 'a thread that ends');
    this.#worker = undefined;
    clearTimeout(this.#idle);
    void worker.terminate();
    for (const { reject } of this.#waiting.values()) reject(cause);
  }
}

function causeOfDeath(uncaught: unknown, code: number): unknown {
  if (hasCode(uncaught, 'ERR_WORKER_OUT_OF_MEMORY'))
    return new NoAnswer(`needed more than ${HEAP_MIB} MiB before a run`);
  return uncaught ?? new NoAnswer(`ended its thread with exit code ${code}`);
}
