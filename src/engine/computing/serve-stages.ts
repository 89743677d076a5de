import { withOrders } from '../../system/names-in-order.ts';
import { parentPort, workerData } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import type { Artifact } from '../artifact.ts';
import { gatherKind } from '../pipeline/matrix/gather.ts';
import type { StageCode } from '../pipeline/kinds.ts';
import type { StageKind } from '../stage-kind.ts';
import { openStore, type Store } from '../store/store.ts';
import { type Described, guarded } from '../user-stages/descriptor.ts';
import { importBundle } from '../user-stages/import-bundle.ts';
import { must } from '../../system/internal-error.ts';
import { compute } from './compute.ts';
import type { Computed } from './computing.ts';
import { fromCrossed, toCross } from './crossing.ts';
import { decode, InputReader } from './input-reader.ts';
import type { FromThread, KindName, SentTask, ThreadData, ToThread } from './messages.ts';
import { type CallOptions, type RemoteService, type ServiceCall, servicesBy } from './services-by-message.ts';

export interface ServeOptions {
  /** Loads the kinds that ship, by name; a thread for a module of a pipeline's own does without. */
  readonly kinds: () => Promise<ReadonlyMap<string, StageKind<unknown>>>;
  readonly services: readonly RemoteService[];
}

/** Progress is told at most this often, in milliseconds: a stage that counts rows would fill the queue with it. */
const PROGRESS_MS = 50;

/** Computes the stages that the main thread sends to this one. */
export function serveStages(options: ServeOptions): void {
  const port = must(parentPort, 'a thread with a parent');
  const { store, ships } = workerData as ThreadData;
  if (ships) void options.kinds();
  const thread = new StageThread(port, openStore(store), options);
  port.on('message', (message: ToThread) => thread.receive(message));
}

interface Call {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly onEvent: ((event: unknown) => void) | undefined;
}

class StageThread {
  readonly #port: MessagePort;
  readonly #store: Store;
  readonly #reader: InputReader;
  readonly #options: ServeOptions;
  readonly #stops = new Map<number, AbortController>();
  readonly #calls = new Map<number, Call>();
  readonly #own = new Map<string, Promise<StageKind<unknown>>>();
  #lastCall = 0;

  constructor(port: MessagePort, store: Store, options: ServeOptions) {
    this.#port = port;
    this.#store = store;
    this.#reader = new InputReader(store);
    this.#options = options;
  }

  receive(message: ToThread): void {
    switch (message.type) {
      case 'compute':
        void this.#compute(message.task, message.sent);
        return;
      case 'abort':
        this.#stops.get(message.task)?.abort();
        return;
      case 'forget':
        this.#reader.forget(message.artifact);
        return;
      case 'answer':
        this.#settle(message.call)?.resolve(message.value);
        return;
      case 'refusal':
        this.#settle(message.call)?.reject(fromCrossed(message.error));
        return;
      case 'call-event':
        this.#calls.get(message.call)?.onEvent?.(message.event);
    }
  }

  async #compute(task: number, sent: SentTask): Promise<void> {
    const stop = new AbortController();
    this.#stops.set(task, stop);
    this.#send({ type: 'begun', task });
    try {
      const kind = await this.#kindOf(sent.kind);
      // As before the pipeline was checked: options are checked once more here.
      const options = withOrders(sent.options, sent.orders);
      await kind.prepare?.(options);
      const computed = await compute(
        { ...sent, options, name: sent.stage, kind },
        {
          inputs: await this.#inputsOf(sent),
          baseDir: sent.baseDir,
          services: servicesBy(this.#options.services, (name) => this.#callOf(task, name)),
          signal: stop.signal,
          heard: {
            warning: (message) => this.#send({ type: 'warning', task, message }),
            progress: this.#progressOf(task),
          },
        },
      );
      this.#sendComputed(task, computed);
    } catch (error) {
      this.#send({ type: 'failed', task, error: toCross(error) });
    } finally {
      this.#stops.delete(task);
    }
  }

  /** A stage of the pipeline's own gets inputs that nobody else has: what it does to them, others must not see. */
  async #inputsOf({ kind, inputs }: SentTask) {
    if (kind.type !== 'own') return this.#reader.readAll(inputs);
    const entries = Object.entries(inputs).map(
      async ([name, input]) => [name, plain(await decode(input, this.#store))] as const,
    );
    return Object.fromEntries(await Promise.all(entries));
  }

  async #kindOf(name: KindName): Promise<StageKind<unknown>> {
    switch (name.type) {
      case 'gather':
        return gatherKind;
      case 'shipped':
        return must((await this.#options.kinds()).get(name.name), `a kind ${name.name}`);
      case 'own': {
        const { text } = name.code;
        const loaded = this.#own.get(text) ?? loadKind(name.code);
        this.#own.set(text, loaded);
        return loaded;
      }
    }
  }

  #progressOf(task: number): (done: number, total: number, unit: string) => void {
    let told = -Infinity;
    return (done, total, unit) => {
      const now = performance.now();
      if (now - told < PROGRESS_MS && done !== total) return;
      told = now;
      this.#send({ type: 'progress', task, done, total, unit });
    };
  }

  #callOf(task: number, service: string): ServiceCall {
    return (request, { onEvent, signal }: CallOptions = {}) =>
      new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        const call = (this.#lastCall += 1);
        const cancel = (): void => {
          this.#send({ type: 'cancel', call });
          this.#settle(call)?.reject(signal?.reason);
        };
        const forget = (): void => signal?.removeEventListener('abort', cancel);
        this.#calls.set(call, {
          resolve: (value) => {
            forget();
            resolve(value);
          },
          reject: (error) => {
            forget();
            reject(error instanceof Error ? error : new Error(String(error)));
          },
          onEvent,
        });
        signal?.addEventListener('abort', cancel, { once: true });
        this.#send({ type: 'call', task, call, service, request });
      });
  }

  #settle(call: number): Call | undefined {
    const found = this.#calls.get(call);
    this.#calls.delete(call);
    return found;
  }

  #sendComputed(task: number, computed: Computed): void {
    const files = new Map([...computed.files].map(([name, bytes]) => [name, owned(bytes)]));
    const buffers = new Set([...files.values()].map(({ buffer }) => buffer as ArrayBuffer));
    this.#port.postMessage(
      { type: 'computed', task, computed: { ...computed, files } } satisfies FromThread,
      [...buffers],
    );
  }

  #send(message: FromThread): void {
    this.#port.postMessage(message);
  }
}

/** With rows as plain data, which a stage of the pipeline's own may do anything to. */
function plain(artifact: Artifact): Artifact {
  return artifact.type === 'table' ? { ...artifact, table: { ...artifact.table } } : artifact;
}

/** The bytes in a buffer of their own, which can be given away: small ones share Node's. */
function owned(bytes: Uint8Array): Uint8Array {
  const { buffer, byteOffset, byteLength } = bytes;
  const isWhole = buffer instanceof ArrayBuffer && byteOffset === 0 && byteLength === buffer.byteLength;
  return isWhole ? bytes : new Uint8Array(bytes);
}

async function loadKind({ text, uses, url }: StageCode): Promise<StageKind<unknown>> {
  const { default: exported } = await importBundle(text);
  // It has been found to be a stage before the pipeline was planned.
  return guarded(exported as Described, uses, url);
}
