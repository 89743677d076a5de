import { meantOrders } from '../../system/names-in-order.ts';
import { availableParallelism } from 'node:os';
import type { ArtifactDescriptor } from '../artifact-io.ts';
import { isModulePath } from '../pipeline/module-path.ts';
import type { StageToRun } from '../pipeline/pipeline.ts';
import { must } from '../../system/internal-error.ts';
import type { Computed, Computing, Heard, Task } from './computing.ts';
import type { KindName, SentTask } from './messages.ts';
import type { ServedService } from './services-by-message.ts';
import { StageThread } from './stage-thread.ts';

/**
 * Threads at most. Stages of a pipeline's own that wait for something, a server, are worth more of them than there are cores; kinds
 * that ship compute, and have as many as there are cores.
 */
const MOST_THREADS = Math.max(4, Math.min(8, availableParallelism()));

/**
 * A stage waits this long for a thread, in milliseconds, before another one is started. A thread takes half a second of a
 * core until it is as quick as one that is warm, on a machine that is busy more: it pays where stages take several seconds.
 */
const GROWTH_MS = 2000;

export interface StageThreadsOptions {
  /** URL of the module that calls `serveStages`. */
  readonly module: URL;
  /** Folder of the store; absolute. */
  readonly store: string;
  readonly services: readonly ServedService[];
  /** Told what stages write to the standard streams of their thread, in whole lines. */
  readonly onOutput: (text: string) => void;
}

/** Threads for the stages of a run. */
export interface StageThreads extends Computing {
  /** Ends all threads; resolves when they have ended. */
  close(): Promise<void>;
}

interface Waiting {
  readonly tenant: string;
  /** It mostly waits, for readings or for a figure: such stages run in one thread, which has room for another one. */
  readonly isShared: boolean;
  readonly start: (slot: Slot) => void;
}

interface Slot {
  readonly thread: StageThread;
  /** Whose code it runs. */
  readonly tenant: string;
  /** Stages that have it: such as share it, and at most one other. */
  shared: number;
  alone: number;
}

/** That of the kinds that ship. Each module of a pipeline's own is another: what it leaves behind is its own. */
const SHIPPED = '';

export function openStageThreads(options: StageThreadsOptions): StageThreads {
  return new Threads(options);
}

/** One stage at a time computes in a thread. Threads stay warm for the next stage. */
class Threads implements StageThreads {
  readonly #options: StageThreadsOptions;
  #slots: Slot[] = [];
  #waiting: Waiting[] = [];
  #growth: NodeJS.Timeout | undefined;
  readonly #ending = new Set<Promise<void>>();

  constructor(options: StageThreadsOptions) {
    this.#options = options;
  }

  expect(stages: readonly StageToRun[]): void {
    const tenants = new Set(stages.map((stage) => tenantOf(nameOf(stage))));
    for (const tenant of [...tenants].slice(0, MOST_THREADS)) {
      if (!this.#slots.some((slot) => slot.tenant === tenant)) this.#open(tenant);
    }
  }

  async compute({ stage, inputs, baseDir }: Task, heard: Heard, signal: AbortSignal): Promise<Computed> {
    const kind = nameOf(stage);
    const { name, options, externals, shape } = stage;
    const orders = meantOrders(options);
    const sent: SentTask = { stage: name, kind, options, orders, externals, shape, inputs, baseDir };
    const tenant = tenantOf(kind);
    const shared = tenant === SHIPPED && isShared(stage);
    const slot = await this.#slot(tenant, shared, signal);
    try {
      return await slot.thread.compute(sent, heard, { signal, waits: shared });
    } finally {
      slot[shared ? 'shared' : 'alone'] -= 1;
      this.#assign();
    }
  }

  forget(artifact: ArtifactDescriptor): void {
    for (const { thread } of this.#slots) thread.forget(artifact);
  }

  async close(): Promise<void> {
    clearTimeout(this.#growth);
    for (const { thread } of this.#slots) this.#end(thread);
    this.#slots = [];
    await Promise.all(this.#ending);
  }

  #end(thread: StageThread): void {
    const ending = thread.end().finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }

  #slot(tenant: string, shared: boolean, signal: AbortSignal): Promise<Slot> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const abort = (): void => {
        this.#waiting = this.#waiting.filter((each) => each !== waiting);
        reject(signal.reason as Error);
      };
      const waiting: Waiting = {
        tenant,
        isShared: shared,
        start(slot) {
          signal.removeEventListener('abort', abort);
          resolve(slot);
        },
      };
      signal.addEventListener('abort', abort, { once: true });
      this.#waiting.push(waiting);
      this.#assign();
    });
  }

  /** Gives threads to those who wait, in the order in which they came. */
  #assign(): void {
    this.#waiting = this.#waiting.filter((waiting) => {
      const slot = this.#slotFor(waiting);
      if (slot !== undefined) take(slot, waiting);
      return slot === undefined;
    });
    if (this.#waiting.length === 0 || this.#growth !== undefined) return;
    this.#growth = setTimeout(() => this.#grow(), GROWTH_MS);
  }

  #slotFor({ tenant, isShared: shared }: Waiting): Slot | undefined {
    const own = this.#slots.filter((slot) => slot.tenant === tenant && !slot.thread.isDead);
    const free = own.filter((slot) => slot.alone === 0);
    const [least] = free.toSorted((a, b) => (shared ? b.shared - a.shared : a.shared - b.shared));
    return least ?? (own.length === 0 ? this.#open(tenant) : undefined);
  }

  /** One thread more for whoever has waited long. */
  #grow(): void {
    this.#growth = undefined;
    for (const waiting of this.#waiting) {
      const slot = this.#open(waiting.tenant);
      if (slot === undefined) continue;
      this.#waiting = this.#waiting.filter((each) => each !== waiting);
      take(slot, waiting);
      this.#assign();
      return;
    }
  }

  /** A new thread, in the place of an idle one where there are as many as there may be; undefined where all work. */
  #open(tenant: string): Slot | undefined {
    const ofTenant = this.#slots.filter((slot) => slot.tenant === tenant).length;
    if (tenant === SHIPPED && ofTenant >= availableParallelism()) return undefined;
    if (this.#slots.length >= MOST_THREADS) {
      const idle = this.#slots.find(({ shared, alone }) => shared + alone === 0);
      if (idle === undefined) return undefined;
      this.#end(idle.thread);
      this.#remove(idle);
    }
    const thread = new StageThread({
      ...this.#options,
      ships: tenant === SHIPPED,
      onExit: () => {
        this.#remove(slot);
        this.#assign();
      },
    });
    const slot: Slot = { thread, tenant, shared: 0, alone: 0 };
    this.#slots.push(slot);
    return slot;
  }

  #remove(gone: Slot): void {
    this.#slots = this.#slots.filter((slot) => slot !== gone);
  }
}

function take(slot: Slot, { isShared: shared, start }: Waiting): void {
  slot[shared ? 'shared' : 'alone'] += 1;
  start(slot);
}

function nameOf({ kind, uses, code, gathered }: StageToRun): KindName {
  if (gathered === true) return { type: 'gather' };
  if (isModulePath(uses)) return { type: 'own', code: must(code, `the code of ${uses}`) };
  return { type: 'shipped', name: kind.name };
}

function tenantOf(kind: KindName): string {
  return kind.type === 'own' ? kind.code.text : SHIPPED;
}

function isShared({ kind, options, externals }: StageToRun): boolean {
  return Object.values(kind.resources?.(options, externals) ?? {}).some((hold) => typeof hold === 'object');
}
