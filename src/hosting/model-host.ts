import { digestOf, type Json, type JsonObject } from '../system/json.ts';
import { type External, type ExternalsContext, type ResourceHold, type ServiceToken } from '../engine/stage-kind.ts';
import { Failure } from '../system/failure.ts';
import type { ReadingLog } from '../engine/store/reading-log.ts';
import { type LanguageModel, type ReadingRequest, type Tokenizer } from '../model/language-model.ts';
import { ReadQueue, type QueuedReadings, type QueueOptions } from './read-queue.ts';
import { ReadingRows } from './kept-readings.ts';
import type { FoundModel, LocalModelOptions, ModelSource, ModelTexts } from './model-source.ts';

export type { FoundModel, ModelSource, ModelTexts } from './model-source.ts';

/** A model while a stage has it. */
export interface LentModel {
  readonly tokenizer: Tokenizer;
  /** Longest sequence, in tokens, BOS included. */
  readonly contextLength: number;
  /** Reads of stages that use the model at the same time go into one forward pass; what was read before is not read again. */
  read(requests: readonly ReadingRequest[], options?: QueueOptions): Promise<QueuedReadings>;
}

/** Keeps one model open, for all stages that use it. */
export interface ModelHost {
  /** Finds a model and says who it is, without loading weights. @throws Failure */
  identify(ref: string, place: { readonly baseDir: string }): Promise<FoundModel>;
  /**
   * Lends a model while `work` runs. Weights are loaded at the first read that needs them; a model that others use is
   * waited for. @throws Failure
   */
  lend<T>(model: FoundModel, work: (model: LentModel) => Promise<T>): Promise<T>;
  dispose(): Promise<void>;
}

export const modelHost: ServiceToken<ModelHost> = { name: 'model-host' };

export interface ModelHostOptions extends LocalModelOptions {
  /** Where readings that were computed are kept, in a space per model and numerics. Default: in memory only. */
  readonly rows?: ReadingLog;
  /** Default: folders of this machine and the Hugging Face cache, by `src/model`. */
  readonly source?: ModelSource;
}

export function openModelHost(options: ModelHostOptions = {}): ModelHost {
  let source: Promise<ModelSource> | undefined;
  const sourceOf = (): Promise<ModelSource> =>
    (source ??=
      options.source === undefined
        ? import('./local-models.ts').then(({ localModels }) => localModels(options))
        : Promise.resolve(options.source));
  return new Host(sourceOf, options.rows);
}

class Host implements ModelHost {
  readonly #source: () => Promise<ModelSource>;
  readonly #readingLog: ReadingLog | undefined;
  readonly #found = new Map<string, Promise<FoundModel>>();
  readonly #rows = new Map<string, ReadingRows>();
  #session: Session | undefined;
  /** Borrowers of another model than the open one wait here for their turn. */
  #turn: Promise<void> = Promise.resolve();

  constructor(source: () => Promise<ModelSource>, rows: ReadingLog | undefined) {
    this.#source = source;
    this.#readingLog = rows;
  }

  identify(ref: string, { baseDir }: { readonly baseDir: string }): Promise<FoundModel> {
    const key = JSON.stringify([ref, baseDir]);
    let model = this.#found.get(key);
    if (model === undefined) {
      model = this.#source().then((source) => source.find(ref, baseDir));
      this.#found.set(key, model);
      // Only stages that ask at the same time share the answer: the next one may find another model there.
      const forget = (): boolean => this.#found.delete(key);
      model.then(forget, forget);
    }
    return model;
  }

  async lend<T>(model: FoundModel, work: (model: LentModel) => Promise<T>): Promise<T> {
    const session = await this.#enter(model);
    try {
      return await work(await session.lent());
    } finally {
      session.leave();
    }
  }

  async dispose(): Promise<void> {
    await this.#session?.close();
    this.#session = undefined;
  }

  async #enter(model: FoundModel): Promise<Session> {
    const before = this.#turn;
    let passOn = (): void => undefined;
    this.#turn = new Promise((resolve) => (passOn = resolve));
    try {
      await before;
      const key = digestOf([model.identity.digest, { ...model.numerics }]);
      if (this.#session?.key !== key) {
        await this.#session?.idle();
        await this.#session?.close();
        this.#session = new Session(key, model, await this.#source(), this.#rowsOf(key, model));
      }
      this.#session.enter();
      return this.#session;
    } finally {
      passOn();
    }
  }

  #rowsOf(key: string, { ref, folder, identity, numerics, hub }: FoundModel): ReadingRows {
    const about = {
      model: { ref, folder, ...(hub && { hub }) },
      identity,
      numerics,
    } as unknown as JsonObject;
    const rows = this.#rows.get(key) ?? new ReadingRows(key, this.#readingLog?.space(key), about);
    this.#rows.set(key, rows);
    return rows;
  }
}

/** One model with those who use it. */
class Session {
  readonly key: string;
  readonly #found: FoundModel;
  readonly #source: ModelSource;
  readonly #queue: ReadQueue;
  #texts: Promise<ModelTexts> | undefined;
  #open: Promise<LanguageModel> | undefined;
  #whenIdle: (() => void)[] = [];

  constructor(key: string, found: FoundModel, source: ModelSource, rows: ReadingRows) {
    this.key = key;
    this.#found = found;
    this.#source = source;
    this.#queue = new ReadQueue(
      (signal) => this.#model(signal),
      async (requests, options) => {
        const model = await this.#model(options.signal);
        try {
          return { ...(await model.read(requests, options)), memory: model.memoryUse?.() };
        } catch (error) {
          // Its workers are dead: who asks again gets it opened anew.
          if (error instanceof Failure && error.details.transient) await this.close();
          throw error;
        }
      },
      rows,
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

  async lent(): Promise<LentModel> {
    const { tokenizer, contextLength } = await (this.#texts ??= this.#source.texts(this.#found));
    return {
      tokenizer,
      contextLength,
      read: (requests, options = {}) => this.#queue.submit(requests, options),
    };
  }

  async close(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    // One that never opened has nothing to give back, and its failure has been told to those who asked.
    const model = await open?.catch(() => undefined);
    await model?.dispose();
  }

  #model(signal: AbortSignal | undefined): Promise<LanguageModel> {
    if (this.#open === undefined) {
      this.#open = this.#source.open(this.#found, signal);
      this.#open.catch(() => (this.#open = undefined));
    }
    return this.#open;
  }
}

/** The option `model` of every kind that reads one. */
export const modelOption: JsonObject = {
  type: 'string',
  minLength: 1,
  default: 'organism',
  description:
    'The model: `organism` (the checkpoint that Assay ships), a folder relative to the pipeline file, or a Hugging Face id like `org/name`.',
};

/**
 * The model as a component of the stage key: the digest of its files and, for what is computed with its weights, how
 * numbers are made. Never its name or place.
 */
export async function modelExternal(
  ref: string,
  { services, baseDir }: ExternalsContext,
  { numerics: withNumerics = true }: { readonly numerics?: boolean } = {},
): Promise<External> {
  return withModelFailures(['model'], async () => {
    const { folder, identity, numerics, hub } = await services.get(modelHost).identify(ref, { baseDir });
    // The code that makes the numbers is in the key file by file, as sources: a reason to run names the file.
    const { backend, dtype, library } = numerics;
    return {
      identity: { digest: identity.digest, ...(withNumerics && { numerics: { backend, dtype, library } }) },
      detail: {
        ref,
        folder,
        files: identity.files,
        ...(hub !== undefined && { hub }),
        numerics: { ...numerics },
      },
    };
  });
}

/** Stages of one model run at the same time, so that they share a forward pass; those of another wait. */
export function modelShare(
  externals: Readonly<Record<string, External>>,
): Readonly<Record<string, ResourceHold>> {
  const identity = externals['model']?.identity as Readonly<Record<string, Json>> | undefined;
  return { model: { share: String(identity?.['digest'] ?? '') } };
}

/** Runs what uses a model; its failures become the stage's, at the option that names the model. */
export async function withModelFailures<T>(
  path: readonly (string | number)[],
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Failure) throw new Failure({ path, ...error.details });
    throw error;
  }
}
