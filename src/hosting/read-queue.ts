import type {
  FoundReading,
  LanguageModel,
  MemoryUse,
  Reading,
  ReadingRequest,
  ReadOptions,
} from '../model/language-model.ts';
import { must } from '../system/internal-error.ts';
import { batchesOf, type Keyed } from './batches.ts';
import type { KeptReadings } from './readings/kept-readings.ts';

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
    /** 1: weights were streamed layer by layer, 0: they were all in memory. Absent: nothing had to be computed. */
    readonly weights_streamed?: number;
    /** Most resident memory of the whole process until the end of the pass. Absent: nothing had to be computed. */
    readonly peak_memory_bytes?: number;
  };
}

export interface QueueOptions {
  /** Tokens of readings that are kept so far, and of all, of the stages that share the pass: what a run that is killed does not lose. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** One forward pass. */
export type ReadAll = (
  requests: readonly ReadingRequest[],
  options: Pick<ReadOptions, 'onReadings' | 'signal'>,
) => Promise<{
  readonly readings: readonly Reading[];
  readonly prefixesComputed: number;
  readonly memory?: MemoryUse | undefined;
}>;

interface Waiting {
  readonly requests: readonly ReadingRequest[];
  /** Of each request. A key is a digest: it is made once. */
  readonly keys: readonly string[];
  readonly options: QueueOptions;
  readonly resolve: (readings: QueuedReadings) => void;
  readonly reject: (reason: unknown) => void;
}

/** How often what was read is kept for good, while a pass goes on. */
const keepEveryMs = 1000;

/** Stages that start together reach their first read within this time of each other. */
const graceMs = 20;

/**
 * Merges the reads of stages that use the same model at the same time: when every stage that was lent the model waits
 * for a read, all that they ask goes into one forward pass, equal requests once.
 */
export class ReadQueue {
  readonly #ready: (signal: AbortSignal | undefined) => Promise<Pick<LanguageModel, 'efficientPrefixes'>>;
  readonly #read: ReadAll;
  readonly #kept: KeptReadings;
  #borrowers = 0;
  #waiting: Waiting[] = [];
  #timer: NodeJS.Timeout | undefined;
  #reading = false;

  /** @param ready called before a pass, when something has to be read: opens the model if it is not open. */
  constructor(
    ready: (signal: AbortSignal | undefined) => Promise<Pick<LanguageModel, 'efficientPrefixes'>>,
    read: ReadAll,
    kept: KeptReadings,
  ) {
    this.#ready = ready;
    this.#read = read;
    this.#kept = kept;
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
      const keys = requests.map((request) => this.#kept.key(request));
      this.#waiting.push({ requests, keys, options, resolve, reject });
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
      if (this.#asked(this.#waiting).some((entry) => this.#isNew(entry)))
        await this.#ready(signalOf(this.#waiting));
      together = this.#take();
      const asked = this.#asked(together);
      const news = new Set(asked.filter((entry) => this.#isNew(entry)).map(([key]) => key));
      const { prefixesComputed, memory } = await this.#readTogether(together, asked);
      for (const { requests, keys, resolve } of together) {
        resolve({
          readings: requests.map((request, index) =>
            must(
              this.#kept.get(must(keys[index], 'a key for each request'), request),
              'a reading for each request',
            ),
          ),
          figures: {
            tokens_asked: requests.reduce((total, { ids }) => total + ids.length, 0),
            readings_asked: requests.length,
            readings_cached: keys.filter((key) => !news.has(key)).length,
            prefixes_computed: prefixesComputed,
            stages_in_pass: together.length,
            ...(memory !== undefined && {
              weights_streamed: Number(memory.weights === 'streamed'),
              peak_memory_bytes: memory.peakBytes,
            }),
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

  /** Each request once, with the most top tokens that anybody asks for; what is kept of them is known from here on. */
  #asked(waiting: readonly Waiting[]): Keyed[] {
    const asked = new Map<string, ReadingRequest>();
    for (const { requests, keys } of waiting) {
      for (const [index, request] of requests.entries()) {
        const key = must(keys[index], 'a key for each request');
        const before = asked.get(key);
        if (before === undefined || (before.topTokens ?? 0) < (request.topTokens ?? 0))
          asked.set(key, request);
      }
    }
    this.#kept.fetch(asked);
    return [...asked];
  }

  #isNew([key, request]: Keyed): boolean {
    return this.#kept.get(key, request) === undefined;
  }

  /**
   * Reads what is new, batch by batch, and gives the number of prefixes computed. What is read is kept at once, then every second and at
   * the end of a batch: a run that was killed reads the rest, and comes to the same numbers, which depend on no company.
   */
  async #readTogether(
    together: readonly Waiting[],
    asked: readonly Keyed[],
  ): Promise<{ readonly prefixesComputed: number; readonly memory: MemoryUse | undefined }> {
    const total = asked
      .filter((entry) => this.#isNew(entry))
      .reduce((sum, [, { ids }]) => sum + ids.length, 0);
    const report = (done: number): void => {
      for (const { options } of together) options.onProgress?.(done, total);
    };
    const signal = signalOf(together);
    let prefixesComputed = 0;
    let memory: MemoryUse | undefined;
    let done = 0;
    let keptAt = -Infinity;
    if (total === 0) return { prefixesComputed, memory };
    const { efficientPrefixes } = await this.#ready(signal);
    for (const all of batchesOf(asked, efficientPrefixes)) {
      const batch = all.filter((entry) => this.#isNew(entry));
      if (batch.length === 0) continue;
      const left = new Map(batch.map(([key, request], index) => [index, { key, request }]));
      const keep = (found: readonly FoundReading[]): void => {
        for (const { index, reading } of found) {
          const { key, request } = must(left.get(index), 'a request that waits for its reading');
          left.delete(index);
          this.#kept.put(key, request, reading);
          done += request.ids.length;
        }
      };
      const result = await this.#read(
        batch.map(([, request]) => request),
        {
          ...(signal !== undefined && { signal }),
          onReadings: async (found) => {
            keep(found);
            if (performance.now() - keptAt < keepEveryMs) return;
            await this.#kept.save();
            keptAt = performance.now();
            report(done);
          },
        },
      );
      keep([...left.keys()].map((index) => ({ index, reading: must(result.readings[index], 'a reading') })));
      await this.#kept.save();
      prefixesComputed += result.prefixesComputed;
      memory = result.memory;
      report(done);
    }
    return { prefixesComputed, memory };
  }
}

/** Aborted once nobody waits any more: what one stage has no use for, others still want. Undefined where one waits in any case. */
function signalOf(waiting: readonly Waiting[]): AbortSignal | undefined {
  const signals = waiting.flatMap(({ options }) => options.signal ?? []);
  if (signals.length < waiting.length) return undefined;
  const stop = new AbortController();
  const check = (): void => {
    if (signals.every(({ aborted }) => aborted)) stop.abort(signals[0]?.reason);
  };
  for (const signal of signals) signal.addEventListener('abort', check, { once: true });
  check();
  return stop.signal;
}
