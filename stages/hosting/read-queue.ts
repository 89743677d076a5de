import type { CompleteReading, Reading, ReadingRequest } from '../../src/model/language-model.ts';
import type { ReadingRows } from './reading-rows.ts';

/** What a stage gets back, in the order of its requests. */
export interface QueuedReadings {
  readonly readings: readonly Reading[];
  readonly figures: {
    /** Tokens in the stage's own requests. */
    readonly tokens_asked: number;
    readonly readings_asked: number;
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
  options: QueueOptions & { readonly onReadings: (complete: readonly CompleteReading[]) => void },
) => Promise<{ readonly readings: readonly Reading[]; readonly prefixesComputed: number }>;

interface Waiting {
  readonly requests: readonly ReadingRequest[];
  readonly options: QueueOptions;
  readonly resolve: (readings: QueuedReadings) => void;
  readonly reject: (reason: unknown) => void;
}

/** Stages that start together reach their first read within this time of each other. */
const graceMs = 20;

/** What was read is kept for good this often: a run that is killed loses less than a second of reading. */
const saveEveryMs = 500;

/** A pass holds the tree of all its tokens: with more of them there are several, each of which computes a path anew. */
const tokensPerPass = 1 << 19;

/**
 * Merges the reads of stages that use the same model at the same time: when every stage that was lent the model waits
 * for a read, all that they ask goes into one forward pass, equal requests once.
 */
export class ReadQueue {
  readonly #ready: (signal: AbortSignal | undefined) => Promise<unknown>;
  readonly #read: ReadAll;
  readonly #rows: ReadingRows;
  #borrowers = 0;
  #waiting: Waiting[] = [];
  #timer: NodeJS.Timeout | undefined;
  #reading = false;

  /** @param ready called before a pass, when something has to be read: opens the model if it is not open. */
  constructor(
    ready: (signal: AbortSignal | undefined) => Promise<unknown>,
    read: ReadAll,
    rows: ReadingRows,
  ) {
    this.#ready = ready;
    this.#read = read;
    this.#rows = rows;
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
      // A model opens for seconds: who comes meanwhile reads in the same pass.
      if (this.#missing(this.#waiting).length > 0) await this.#ready(this.#waiting[0]?.options.signal);
      together = this.#take();
      const missing = this.#missing(together);
      const news = new Set(missing.map(([key]) => key));
      const prefixesComputed = await this.#readTogether(together, missing);
      for (const { requests, resolve } of together) {
        const keys = requests.map((request) => this.#rows.key(request));
        resolve({
          readings: requests.map((request, index) => found(this.#rows.get(keys[index] ?? '', request))),
          figures: {
            tokens_asked: requests.reduce((total, { ids }) => total + ids.length, 0),
            readings_asked: requests.length,
            readings_cached: keys.filter((key) => !news.has(key)).length,
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

  /** What was not read before, each once and with the most top tokens that anybody asks for. */
  #missing(waiting: readonly Waiting[]): Keyed[] {
    const asked = new Map<string, ReadingRequest>();
    for (const request of waiting.flatMap(({ requests }) => requests)) {
      const key = this.#rows.key(request);
      const before = asked.get(key);
      if (before === undefined || (before.topTokens ?? 0) < (request.topTokens ?? 0)) asked.set(key, request);
    }
    this.#rows.fetch(asked);
    return [...asked].filter(([key, request]) => this.#rows.get(key, request) === undefined);
  }

  /** Reads what is missing and gives the number of prefixes computed. What was read stays, also when the pass ends early. */
  async #readTogether(together: readonly Waiting[], missing: readonly Keyed[]): Promise<number> {
    const total = missing.reduce((sum, [, { ids }]) => sum + ids.length, 0);
    const report = (done: number): void => {
      for (const { options } of together) options.onProgress?.(Math.round(done), total);
    };
    const unsaved = new AbortController();
    const signal = AbortSignal.any([
      unsaved.signal,
      ...together.flatMap(({ options }) => options.signal ?? []),
    ]);
    let saving = Promise.resolve();
    let savedAt = performance.now();
    let prefixesComputed = 0;
    let done = 0;
    try {
      for (const pass of passesOf(missing)) {
        const size = pass.reduce((sum, [, { ids }]) => sum + ids.length, 0);
        const put = (index: number, reading: Reading): void => {
          const [key, request] = found(pass[index]);
          if (this.#rows.get(key, request) === undefined) this.#rows.put(key, request, reading);
        };
        const result = await this.#read(
          pass.map(([, request]) => request),
          {
            signal,
            onProgress: (part, whole) => report(done + (size * part) / Math.max(whole, 1)),
            onReadings: (complete) => {
              for (const { request, reading } of complete) put(request, reading);
              if (performance.now() - savedAt < saveEveryMs) return;
              savedAt = performance.now();
              saving = saving.then(() => this.#rows.save());
              saving.catch((error: unknown) => unsaved.abort(error));
            },
          },
        );
        for (const [index, reading] of result.readings.entries()) put(index, reading);
        prefixesComputed += result.prefixesComputed;
        done += size;
        report(done);
      }
    } finally {
      await saving;
      await this.#rows.save();
    }
    return prefixesComputed;
  }
}

type Keyed = readonly [key: string, request: ReadingRequest];

/** Requests in the order of their ids, so that those of one pass share long prefixes. */
function passesOf(requests: readonly Keyed[]): readonly (readonly Keyed[])[] {
  const sorted = requests.toSorted(([, a], [, b]) => compareIds(a.ids, b.ids));
  const passes: Keyed[][] = [];
  let room = 0;
  for (const entry of sorted) {
    const tokens = entry[1].ids.length;
    const last = passes.at(-1);
    if (last === undefined || tokens > room) {
      passes.push([entry]);
      room = tokensPerPass - tokens;
    } else {
      last.push(entry);
      room -= tokens;
    }
  }
  return passes;
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
