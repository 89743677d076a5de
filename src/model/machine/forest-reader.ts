import type { ModelConfig } from '../decoder/config.ts';
import { chunksOf, type ChunkLimits, type ChunkOptions } from '../forest/chunk.ts';
import { PrefixRequests } from '../forest/prefix-requests.ts';
import { Progress } from '../forest/progress.ts';
import { checkRequests, lengthClasses } from '../forest/requests.ts';
import { spansOf, type Span } from '../forest/spans.ts';
import { sweepsOf } from '../forest/sweeps.ts';
import type { Reading, ReadingRequest, ReadOptions, ReadResult } from '../language-model.ts';
import { must } from '../../system/internal-error.ts';
import type { Machine, MachinePool } from './machine.ts';

/**
 * A machine with fewer prefixes than this loses time at the beginning and the end: of 7,711 prefixes, reads of 512 took 9 %
 * (tensorflow) and 17 % (wasm, two workers) longer than one read of all; of this many per machine, no longer.
 */
const leastPrefixes = 1024;

/** A span of fewer prefixes is not worth its way to a machine. */
const leastSpan = 16;

export interface ForestReaderParts {
  readonly config: ModelConfig;
  readonly pool: MachinePool;
  readonly limits: ChunkLimits;
  /** How much of a span goes through the layers in one sweep, in bytes; 0: one chunk, for weights that are in memory. */
  readonly sweepBytes: number;
}

interface Telling {
  readonly progress: Progress;
  /** Gives whoever asked what has become whole. */
  readonly tell: () => Promise<void>;
}

/** Reads requests as forests of prefixes, spread over the machines of a pool. One read at a time: reads share the machines. */
export class ForestReader {
  readonly #config: ModelConfig;
  readonly #pool: MachinePool;
  readonly #limits: ChunkLimits;
  readonly #sweepBytes: number;

  constructor({ config, pool, limits, sweepBytes }: ForestReaderParts) {
    this.#config = config;
    this.#pool = pool;
    this.#limits = limits;
    this.#sweepBytes = sweepBytes;
  }

  /** See `LanguageModel`. Weights that are streamed are read once for as many prefixes as go through in one sweep. */
  get efficientPrefixes(): number {
    const streams = this.#sweepBytes > 0 ? 8 : 1;
    return Math.max(leastPrefixes, this.#limits.prefixes) * this.#pool.machines.length * streams;
  }

  /** @throws Failure, the signal's reason, or an AbortError when the pool was told to stop. */
  async read(
    requests: readonly ReadingRequest[],
    { onProgress, onReadings, signal }: ReadOptions,
  ): Promise<ReadResult> {
    signal?.throwIfAborted();
    const { context_length: contextLength, vocab_size: vocabularySize } = this.#config;
    checkRequests(requests, { contextLength, vocabularySize });
    const forests = lengthClasses(requests, this.#config.rope).map(({ length, members }) => ({
      length,
      members,
      asked: new PrefixRequests(members.map((member) => requests[member] as ReadingRequest)),
    }));
    const total = forests.reduce((sum, { asked }) => sum + asked.compute.length, 0);

    const progress = new Progress(total, onProgress);
    const stop = (): void => this.#pool.stop();
    signal?.addEventListener('abort', stop, { once: true });
    try {
      for (const { asked, length, members } of forests) {
        const tell = async (): Promise<void> => {
          const whole = onReadings === undefined ? [] : asked.takeWhole();
          if (whole.length === 0) return;
          await onReadings?.(
            whole.map(({ index, reading }) => ({ index: members[index] as number, reading })),
          );
        };
        await this.#compute(asked, length, { progress, tell });
      }
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener('abort', stop);
      this.#pool.resume();
    }

    const readings: Reading[] = [];
    for (const { members, asked } of forests) {
      for (const [i, reading] of asked.readings().entries()) readings[members[i] as number] = reading;
    }
    return {
      readings,
      tokensAsked: requests.reduce((sum, { ids }) => sum + ids.length, 0),
      prefixesComputed: total,
    };
  }

  /** Spans go to whichever machine is free. The first failure stops the others, and is the one that is told. */
  async #compute(asked: PrefixRequests, length: number, { progress, tell }: Telling): Promise<void> {
    const waiting = this.#spansOf(asked);
    const options: ChunkOptions = {
      limits: this.#limits,
      windows: [...new Set(this.#config.windows)],
      length,
    };
    const failures: unknown[] = [];
    const work = async (machine: Machine): Promise<void> => {
      try {
        for (let span = waiting.shift(); span !== undefined; span = waiting.shift()) {
          await this.#readSpan(machine, span, { asked, options, progress, tell });
        }
      } catch (error) {
        failures.push(error);
        this.#pool.stop();
      }
    };
    await Promise.all(this.#pool.machines.map(work));
    if (failures.length > 0) throw failures[0];
  }

  #spansOf(asked: PrefixRequests): Span[] {
    const { tree, compute } = asked;
    if (compute.length === 0) return [];
    const machines = this.#pool.machines.length;
    // Several each, so that none waits long for the last; but where weights are streamed, every span streams them.
    const wanted = machines === 1 || this.#sweepBytes > 0 ? machines : 4 * machines;
    return spansOf(tree, compute, Math.max(1, Math.min(wanted, Math.floor(compute.length / leastSpan))));
  }

  /**
   * Runs the sweeps of a span in order, and takes in what they read. The first `span.unread` prefixes are counted by the span that
   * reads them: progress here begins after them, so that it ends at the number of distinct prefixes.
   */
  async #readSpan(
    machine: Machine,
    span: Span,
    {
      asked,
      options,
      progress,
      tell,
    }: Telling & {
      readonly asked: PrefixRequests;
      readonly options: ChunkOptions;
    },
  ): Promise<void> {
    let countedElsewhere = span.unread;
    const chunks = chunksOf(asked, span, options);
    for (const sweep of sweepsOf(chunks, this.#config.hidden_size, this.#sweepBytes)) {
      const computed = sweep.reduce((sum, { count }) => sum + count, 0);
      const counted = Math.max(computed - countedElsewhere, 0);
      countedElsewhere = Math.max(countedElsewhere - computed, 0);
      const found = await machine.run(
        sweep.map(({ chunk }) => chunk),
        (share) => progress.at(machine, share * counted),
      );
      if (found === undefined) throw new DOMException('the model was told to stop reading', 'AbortError');
      for (const [i, { chunk, readPrefixes }] of sweep.entries()) {
        asked.take(readPrefixes, chunk.requests, must(found[i], 'readings of each chunk'));
      }
      progress.done(machine, counted);
      await tell();
    }
  }
}
