import PQueue from 'p-queue';
import type { ArtifactDescriptor } from '../artifact-io.ts';
import type { Diagnostic } from '../diagnostic.ts';
import type { PlannedPipeline, StageToRun } from '../pipeline/pipeline.ts';
import type { History } from '../plan/history.ts';
import { digestOfKey, stageKey } from '../plan/key.ts';
import { outlineOf } from '../plan/outline.ts';
import { reasonsToRun } from '../plan/reasons.ts';
import type { RunEvent, RunStage, StageKey, StageOutline } from '../record.ts';
import type { Services } from '../stage-kind.ts';
import { Damage, type Lookup, type Store, type StoredResult } from '../store/store.ts';
import { compute } from './compute.ts';
import { Inputs } from './inputs.ts';
import { refuseIfChanged } from './recheck.ts';
import { Resources } from './resources.ts';
import { withRetries, type RetryOptions } from './retry.ts';
import type { RunFolder } from './run-folder.ts';
import { failureOf } from './stage-failure.ts';

/** Results that are read from the store at once: enough to keep a disk busy. */
const RESTORES = 8;

export interface ExecuteOptions {
  readonly store: Store;
  readonly services: Services;
  readonly folder: RunFolder;
  readonly history: History;
  readonly clock: () => number;
  /** `stack` is kept in events.jsonl only. */
  readonly emit: (event: RunEvent & { readonly stack?: string }) => void;
  readonly signal?: AbortSignal;
  readonly keepGoing?: boolean;
  readonly concurrency?: number;
  readonly resources?: Readonly<Record<string, number>>;
  readonly wait?: NonNullable<RetryOptions['wait']>;
}

/** Runs every stage once those it reads are done. Results are in the order of the plan. */
export function executeStages(planned: PlannedPipeline, options: ExecuteOptions): Promise<RunStage[]> {
  return new Execution(planned, options).run();
}

/** Thrown in place of work that is not to begin any more. */
class Halted extends Error {}

class Execution {
  readonly #planned: PlannedPipeline;
  readonly #options: ExecuteOptions;
  readonly #signal: AbortSignal;
  readonly #work: PQueue;
  readonly #restores = new PQueue({ concurrency: RESTORES });
  readonly #resources: Resources;
  readonly #inputs: Inputs;
  readonly #artifacts = new Map<string, ArtifactDescriptor>();
  /** The failure after which nothing else starts. */
  #stoppedBy: string | undefined;

  constructor(planned: PlannedPipeline, options: ExecuteOptions) {
    this.#planned = planned;
    this.#options = options;
    this.#signal = options.signal ?? new AbortController().signal;
    this.#work = new PQueue({ concurrency: options.concurrency ?? Infinity });
    this.#resources = new Resources(options.resources);
    this.#inputs = new Inputs(options.store, planned.stages, options.folder.path);
  }

  async run(): Promise<RunStage[]> {
    const results = new Map<string, Promise<RunStage>>();
    for (const stage of this.#planned.stages) {
      const sources = [...new Set(Object.values(stage.from))].map((name) => results.get(name));
      results.set(stage.name, this.#settle(stage, sources));
    }
    const settled = await Promise.allSettled(results.values());
    return settled.map((result) => {
      if (result.status === 'rejected') throw result.reason;
      return result.value;
    });
  }

  async #settle(stage: StageToRun, sources: (Promise<RunStage> | undefined)[]): Promise<RunStage> {
    const outline = outlineOf(stage);
    const ended = (await Promise.all(sources)).filter((source) => source !== undefined);
    const stuck = ended.find(({ state }) => state !== 'ran' && state !== 'cached');
    let result: RunStage;
    let stack: string | undefined;
    if (stuck?.state === 'cancelled') {
      result = { ...outline, state: 'cancelled', reasons: [] };
    } else if (stuck !== undefined) {
      result = { ...outline, state: 'skipped', reasons: [], because: stuck.because ?? stuck.name };
    } else {
      [result, stack] = await this.#attempt(stage, outline);
    }
    this.#inputs.done(stage);
    this.#options.emit({
      type: 'stage-finished',
      stage: stage.name,
      result,
      ...(stack !== undefined && { stack }),
    });
    return result;
  }

  async #attempt(stage: StageToRun, outline: StageOutline): Promise<[RunStage, (string | undefined)?]> {
    const key = stageKey(stage, this.#digests(stage));
    const keyDigest = digestOfKey(key);
    /** What is known so far, should it fail. */
    let known: Omit<RunStage, 'state'> = { ...outline, key, keyDigest, reasons: [] };
    const { clock, emit } = this.#options;
    let began: number | undefined;
    try {
      this.#haltIfOver();
      const [restored, found] = await this.#restore(stage, keyDigest);
      if (restored !== undefined) return [{ ...known, ...restored }];
      const reasons = reasonsToRun(stage, key, found, this.#lastKey(stage));
      const result = await this.#inTurn(stage, () =>
        this.#exclusively(keyDigest, async () => {
          this.#haltIfOver();
          // Another process, or a stage with the same key, may have been first.
          const [now] = await this.#restore(stage, keyDigest, found);
          if (now !== undefined) return { ...known, ...now };
          began = clock();
          known = { ...known, reasons, startedAt: new Date(began).toISOString() };
          emit({ type: 'stage-started', stage: stage.name, reasons });
          const start = began;
          const ran = await this.#retrying(
            stage,
            () => this.#compute(stage, key, keyDigest, start),
            (attempts) => (known = { ...known, attempts }),
          );
          return { ...known, ...ran };
        }),
      );
      return [result];
    } catch (error) {
      const durationMs = began === undefined ? {} : { durationMs: this.#since(began) };
      if (error instanceof Halted && !this.#signal.aborted) {
        return [{ ...outline, state: 'skipped', reasons: [], because: this.#stoppedBy ?? stage.name }];
      }
      if (this.#signal.aborted) return [{ ...known, ...durationMs, state: 'cancelled' }];
      const { failure, stack } = this.#failed(stage, error);
      return [{ ...known, ...durationMs, state: 'failed', failure }, stack];
    }
  }

  /** The result in the store, put into the run folder; or what is the matter with it. */
  async #restore(
    stage: StageToRun,
    keyDigest: string,
    before?: Lookup,
  ): Promise<
    [Pick<RunStage, 'state' | 'reasons' | 'figures' | 'warnings' | 'artifact'> | undefined, Lookup]
  > {
    const { store, folder, emit } = this.#options;
    const found = store.lookup(keyDigest);
    if (stage.forced) return [undefined, found];
    if (found.state === 'lost' && before === undefined) {
      emit({ type: 'store-warning', message: `the result of \`${stage.name}\` is lost: ${found.detail}` });
    }
    if (found.state !== 'hit') return [undefined, found];
    const { result } = found;
    store.used(keyDigest);
    return this.#restores.add(async () => {
      const files = await store.read(result.artifact);
      if (files instanceof Damage) {
        const { detail } = files;
        emit({ type: 'store-warning', message: `the result of \`${stage.name}\` is lost: ${detail}` });
        return [undefined, { state: 'lost', detail }];
      }
      const artifact = await folder.save(stage.folder, result.artifact, files);
      this.#artifacts.set(stage.name, result.artifact);
      return [{ state: 'cached', reasons: [], ...saidBy(result), artifact }, found];
    });
  }

  async #compute(
    stage: StageToRun,
    key: StageKey,
    keyDigest: string,
    began: number,
  ): Promise<Pick<RunStage, 'state' | 'durationMs' | 'figures' | 'warnings' | 'artifact'>> {
    const { store, folder, services, emit } = this.#options;
    const { files, descriptor, figures, warnings } = await compute(stage, {
      inputs: await this.#inputs.load(stage, this.#artifacts),
      baseDir: this.#planned.checked.baseDir,
      services,
      signal: this.#signal,
      emit,
    });
    await refuseIfChanged(stage, { baseDir: this.#planned.checked.baseDir, services });
    const result = { key, artifact: descriptor, figures, warnings, durationMs: this.#since(began) };
    await store.publish(keyDigest, result, files);
    const artifact = await folder.save(stage.folder, descriptor, files);
    this.#artifacts.set(stage.name, descriptor);
    return { state: 'ran', durationMs: this.#since(began), ...saidBy(result), artifact };
  }

  /** Does work again where it failed by something that passes; `count` is told from the second attempt on. */
  #retrying<T>(stage: StageToRun, work: () => Promise<T>, count: (attempts: number) => void): Promise<T> {
    const { wait, emit } = this.#options;
    return withRetries(work, {
      ...(wait && { wait }),
      signal: this.#signal,
      isOver: () => this.#signal.aborted || this.#stoppedBy !== undefined,
      onRetry: ({ attempt, of, error, waitMs }) => {
        const said = error instanceof Error ? error.message : String(error);
        const message = `attempt ${attempt} of ${of} failed: ${said}; the next is in ${waitMs / 1000} s`;
        emit({ type: 'stage-warning', stage: stage.name, message });
        count(attempt + 1);
      },
    });
  }

  /** Runs work when the stage's resources are free and there is room for it. */
  #inTurn<T>(stage: StageToRun, work: () => Promise<T>): Promise<T> {
    const holds = stage.kind.resources?.(stage.options, stage.externals) ?? {};
    const unlessStopped = async () => {
      try {
        return await work();
      } catch (error) {
        // Before the queue lets the next one start.
        if (!(error instanceof Halted) && !this.#signal.aborted) this.#failed(stage, error);
        throw error;
      }
    };
    return this.#resources.holding(holds, () => this.#work.add(unlessStopped));
  }

  /** The failure of a stage; nothing else starts after it, unless the run is to keep going. */
  #failed(stage: StageToRun, error: unknown): { readonly failure: Diagnostic; readonly stack?: string } {
    const told = failureOf(error, this.#planned.checked.locator, stage);
    if (told.fatal || this.#options.keepGoing !== true) this.#stoppedBy ??= stage.name;
    return told;
  }

  #exclusively<T>(keyDigest: string, work: () => Promise<T>): Promise<T> {
    return this.#options.store.exclusively(keyDigest, { signal: this.#signal }, work);
  }

  /** To a tenth of a millisecond: more digits are noise. */
  #since(began: number): number {
    return Math.round((this.#options.clock() - began) * 10) / 10;
  }

  #haltIfOver(): void {
    if (this.#signal.aborted || this.#stoppedBy !== undefined) throw new Halted('the run is over');
  }

  #digests({ from }: StageToRun): Record<string, string> {
    return Object.fromEntries(
      Object.entries(from).map(([input, source]) => [input, this.#artifacts.get(source)?.digest ?? '']),
    );
  }

  #lastKey({ name }: StageToRun): StageKey | undefined {
    return this.#options.history.last(name)?.key;
  }
}

function saidBy({ figures, warnings }: Pick<StoredResult, 'figures' | 'warnings'>) {
  return {
    ...(Object.keys(figures).length > 0 && { figures }),
    ...(warnings.length > 0 && { warnings }),
  };
}
