import type { ReadingModel } from '../model/language-model.ts';
import { Failure } from '../system/failure.ts';
import type { PassSpeed } from './estimate/pass-speeds.ts';
import type { KeptReadings } from './readings/kept-readings.ts';
import type { LentModel, ReadModel } from './model-host.ts';
import type { FoundModel, ModelSource, ModelTexts } from './model-source.ts';
import { ReadQueue } from './read-queue.ts';

/** One model with those who use it. */
export class Session {
  readonly key: string;
  readonly #found: FoundModel;
  readonly #source: ModelSource;
  readonly #queue: ReadQueue;
  #texts: Promise<ModelTexts> | undefined;
  #open: Promise<ReadingModel> | undefined;
  #whenIdle: (() => void)[] = [];

  /** Of all passes until now. */
  #speed: PassSpeed = { prefixes: 0, seconds: 0, openSeconds: 0 };

  /** @param onPass called after each pass with the speed of all until then */
  constructor(
    key: string,
    found: FoundModel,
    source: ModelSource,
    { kept, onPass }: { readonly kept: KeptReadings; readonly onPass: (speed: PassSpeed) => void },
  ) {
    this.key = key;
    this.#found = found;
    this.#source = source;
    this.#queue = new ReadQueue(
      (signal) => this.#model(signal),
      async (requests, options) => {
        const model = await this.#model(options.signal);
        try {
          const began = performance.now();
          const read = await model.read(requests, options);
          this.#speed = {
            ...this.#speed,
            prefixes: this.#speed.prefixes + read.prefixesComputed,
            seconds: this.#speed.seconds + (performance.now() - began) / 1000,
          };
          onPass(this.#speed);
          return { ...read, memory: model.memoryUse?.() };
        } catch (error) {
          // Its workers are dead: who asks again gets it opened anew.
          if (error instanceof Failure && error.details.transient) await this.close();
          throw error;
        }
      },
      kept,
    );
  }

  enter(): void {
    this.#queue.borrow();
  }

  leave(): void {
    this.#queue.giveBack();
    if (this.#queue.borrowers > 0) return;
    for (const resolve of this.#whenIdle) resolve();
    this.#whenIdle = [];
  }

  idle(): Promise<void> {
    if (this.#queue.borrowers === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenIdle.push(resolve));
  }

  readonly read: ReadModel = (requests, options = {}) => this.#queue.submit(requests, options);

  async lent(): Promise<LentModel> {
    const { tokenizer, contextLength } = await (this.#texts ??= this.#source.texts(this.#found));
    return { tokenizer, contextLength, read: this.read };
  }

  async close(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    // One that never opened has nothing to give back, and its failure has been told to those who asked.
    const model = await open?.catch(() => undefined);
    await model?.dispose();
  }

  #model(signal: AbortSignal | undefined): Promise<ReadingModel> {
    if (this.#open === undefined) {
      const began = performance.now();
      this.#open = this.#source.open(this.#found, signal);
      this.#open.then(
        () => (this.#speed = { ...this.#speed, openSeconds: (performance.now() - began) / 1000 }),
        () => (this.#open = undefined),
      );
    }
    return this.#open;
  }
}
