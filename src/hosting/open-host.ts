import type { ReadingLog } from '../engine/store/reading-log.ts';
import { PassSpeeds } from './estimate/pass-speeds.ts';
import { aboutReadings } from './readings/about-readings.ts';
import { KeptReadings } from './readings/kept-readings.ts';
import type { BorrowedModel, LentModel, OpenModelHost } from './model-host.ts';
import { modelKey } from './readings/model-key.ts';
import type { FoundModel, LocalModelOptions, ModelSource } from './model-source.ts';
import { Session } from './session.ts';

export interface ModelHostOptions extends LocalModelOptions {
  /** Where readings that were computed are kept, in a space per model and numerics. Default: in memory only. */
  readonly rows?: ReadingLog;
  /** Default: folders of this machine and the Hugging Face cache, by `src/model`. */
  readonly source?: ModelSource;
  /** File in which it is remembered how fast models were read here. Default: none. */
  readonly speedsFile?: string;
}

export function openModelHost(options: ModelHostOptions = {}): OpenModelHost {
  let source: Promise<ModelSource> | undefined;
  const sourceOf = (): Promise<ModelSource> =>
    (source ??=
      options.source === undefined
        ? import('./local-models.ts').then(({ localModels }) => localModels(options))
        : Promise.resolve(options.source));
  const speeds = options.speedsFile === undefined ? undefined : new PassSpeeds(options.speedsFile);
  return new Host(sourceOf, options.rows, speeds);
}

class Host implements OpenModelHost {
  readonly #source: () => Promise<ModelSource>;
  readonly #readingLog: ReadingLog | undefined;
  readonly #speeds: PassSpeeds | undefined;
  readonly #found = new Map<string, Promise<FoundModel>>();
  readonly #kept = new Map<string, KeptReadings>();
  #session: Session | undefined;
  /** Borrowers of another model than the open one wait here for their turn. */
  #turn: Promise<void> = Promise.resolve();

  constructor(
    source: () => Promise<ModelSource>,
    rows: ReadingLog | undefined,
    speeds: PassSpeeds | undefined,
  ) {
    this.#source = source;
    this.#readingLog = rows;
    this.#speeds = speeds;
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

  async borrow(model: FoundModel): Promise<BorrowedModel> {
    const session = await this.#enter(model);
    return { read: session.read, giveBack: () => session.leave() };
  }

  async confirm(model: FoundModel): Promise<void> {
    await (await this.#source()).confirm(model);
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
      const key = modelKey(model);
      if (this.#session?.key !== key) {
        await this.#session?.idle();
        await this.#session?.close();
        this.#session = new Session(key, model, await this.#source(), {
          kept: this.#keptOf(key, model),
          onPass: (speed) => this.#speeds?.note(key, speed),
        });
      }
      this.#session.enter();
      return this.#session;
    } finally {
      passOn();
    }
  }

  #keptOf(key: string, model: FoundModel): KeptReadings {
    const kept =
      this.#kept.get(key) ?? new KeptReadings(key, this.#readingLog?.space(key), aboutReadings(model));
    this.#kept.set(key, kept);
    return kept;
  }
}
