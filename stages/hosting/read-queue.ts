import type { Reading, ReadingRequest } from '../../src/model/language-model.ts';
import { requestKey, type ReadingsCache } from './readings-cache.ts';

/** What a stage gets back, in the order of its requests. */
export interface QueuedReadings {
  readonly readings: readonly Reading[];
  readonly figures: {
    /** Tokens in the stage's own requests. */
    readonly tokens_asked: number;
    /** Requests that had been read before. */
    readonly readings_cached: number;
    /** Distinct prefixes that the forward pass computed, for all stages that shared it. */
    readonly prefixes_computed: number;
    readonly stages_in_pass: number;
  };
}

export interface QueueOptions {
  /** Tokens read so far and in all, of the stages that share the pass. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** One forward pass. */
export type ReadAll = (
  requests: readonly ReadingRequest[],
  options: QueueOptions,
) => Promise<{ readonly readings: readonly Reading[]; readonly prefixesComputed: number }>;

interface Waiting {
  readonly requests: readonly ReadingRequest[];
  readonly options: QueueOptions;
  readonly resolve: (readings: QueuedReadings) => void;
  readonly reject: (reason: unknown) => void;
}

/** Stages that start together reach their first read within this time of each other. */
const graceMs = 20;

/** After so many tokens what was read is kept for good: at 200 tokens per second a killed run loses 40 seconds. */
const tokensPerBatch = 8192;

/**
 * Merges the reads of stages that use the same model at the same time: when every stage that was lent the model waits
 * for a read, all that they ask goes into one forward pass, equal requests once.
 */
export class ReadQueue {
  readonly #ready: (signal: AbortSignal | undefined) => Promise<unknown>;
  readonly #read: ReadAll;
  readonly #cache: ReadingsCache;
  #borrowers = 0;
  #waiting: Waiting[] = [];
  #timer: NodeJS.Timeout | undefined;
  #reading = false;

  /** @param ready called before a pass, when something has to be read: opens the model if it is not open. */
  constructor(
    ready: (signal: AbortSignal | undefined) => Promise<unknown>,
    read: ReadAll,
    cache: ReadingsCache,
  ) {
    this.#ready = ready;
    this.#read = read;
    this.#cache = cache;
  }

  get borrowers(): number {
    return this.#borrowers;
  }

  borrow(): void {
    this.#borrowers += 1;
  }

  giveBack(): void {
    this.#borrowers -= 1;
    this.#schedule();
  }

  submit(requests: readonly ReadingRequest[], options: QueueOptions): Promise<QueuedReadings> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ requests, options, resolve, reject });
      this.#schedule();
    });
  }

  /** Every change starts the time of grace again; reads start when all who could read wait. */
  #schedule(): void {
    clearTimeout(this.#timer);
    if (this.#reading || this.#waiting.length === 0 || this.#waiting.length < this.#borrowers) return;
    this.#timer = setTimeout(() => void this.#flush(), graceMs);
  }

  async #flush(): Promise<void> {
    this.#reading = true;
    let together: readonly Waiting[] = [];
    try {
      await this.#cache.load();
      const news = this.#waiting
        .flatMap(({ requests }) => requests)
        .some((request) => !this.#cache.has(request));
      // A model opens for seconds: who comes meanwhile reads in the same pass.
      if (news) await this.#ready(this.#waiting[0]?.options.signal);
      together = this.#take();
      const { readings, prefixesComputed, known } = await this.#readTogether(together);
      for (const { requests, resolve } of together) {
        const keys = requests.map(requestKey);
        resolve({
          readings: keys.map((key) => found(readings.get(key))),
          figures: {
            tokens_asked: requests.reduce((total, { ids }) => total + ids.length, 0),
            readings_cached: keys.filter((key) => known.has(key)).length,
            prefixes_computed: prefixesComputed,
            stages_in_pass: together.length,
          },
        });
      }
    } catch (error) {
      for (const { reject } of together.length > 0 ? together : this.#take()) reject(error);
    } finally {
      this.#reading = false;
      this.#schedule();
    }
  }

  #take(): readonly Waiting[] {
    const waiting = this.#waiting;
    this.#waiting = [];
    return waiting;
  }

  async #readTogether(together: readonly Waiting[]): Promise<{
    readonly readings: ReadonlyMap<string, Reading>;
    readonly prefixesComputed: number;
    readonly known: ReadonlySet<string>;
  }> {
    const asked = new Map(
      together.flatMap(({ requests }) => requests).map((request) => [requestKey(request), request] as const),
    );
    const readings = new Map<string, Reading>();
    const missing: (readonly [string, ReadingRequest])[] = [];
    for (const [key, request] of asked) {
      const reading = this.#cache.get(key);
      if (reading === undefined) missing.push([key, request]);
      else readings.set(key, reading);
    }
    const known = new Set(readings.keys());
    const total = missing.reduce((sum, [, { ids }]) => sum + ids.length, 0);
    const report = (done: number): void => {
      for (const { options } of together) options.onProgress?.(Math.round(done), total);
    };
    const signals = together.flatMap(({ options }) => options.signal ?? []);
    const signal = AbortSignal.any(signals);
    let prefixesComputed = 0;
    let done = 0;
    for (const batch of batchesOf(missing)) {
      const size = batch.reduce((sum, [, { ids }]) => sum + ids.length, 0);
      const result = await this.#read(
        batch.map(([, request]) => request),
        {
          ...(signals.length > 0 && { signal }),
          onProgress: (part, whole) => report(done + (size * part) / Math.max(whole, 1)),
        },
      );
      const fresh = batch.map(([key], index) => [key, found(result.readings[index])] as const);
      await this.#cache.add(fresh);
      for (const [key, reading] of fresh) readings.set(key, reading);
      prefixesComputed += result.prefixesComputed;
      done += size;
      report(done);
    }
    return { readings, prefixesComputed, known };
  }
}

/** Requests in the order of their ids, so that those of one batch share long prefixes. */
function batchesOf(
  requests: readonly (readonly [string, ReadingRequest])[],
): readonly (readonly (readonly [string, ReadingRequest])[])[] {
  const sorted = requests.toSorted(([, a], [, b]) => compareIds(a.ids, b.ids));
  const batches: (readonly [string, ReadingRequest])[][] = [];
  let room = 0;
  for (const entry of sorted) {
    const tokens = entry[1].ids.length;
    const last = batches.at(-1);
    if (last === undefined || tokens > room) {
      batches.push([entry]);
      room = tokensPerBatch - tokens;
    } else {
      last.push(entry);
      room -= tokens;
    }
  }
  return batches;
}

function compareIds(a: readonly number[], b: readonly number[]): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index += 1) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

function found<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('Internal error: expected a reading for each request, was none');
  return value;
}
