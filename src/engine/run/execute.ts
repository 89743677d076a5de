import PQueue from 'p-queue';
import type { PlannedPipeline, StageToRun } from '../pipeline/pipeline.ts';
import type { History } from '../plan/history.ts';
import { digestOfKey, stageKey } from '../plan/key.ts';
import { outlineOf } from '../plan/outline.ts';
import { reasonsToRun } from '../plan/reasons.ts';
import type { Reason, RunEvent, RunStage } from '../record.ts';
import type { Services } from '../stage-kind.ts';
import { Damage, type Lookup, type Store } from '../store/store.ts';
import { must } from '../../system/internal-error.ts';
import type { Computing } from '../computing/computing.ts';
import { Inputs } from './inputs.ts';
import { refuseIfChanged } from './recheck.ts';
import { Resources } from './resources.ts';
import { withRetries, type RetryOptions } from './retry.ts';
import type { RunFolder } from './run-folder.ts';
import { type Ended, type KeyedStage, known, saidBy, withLooks, withoutSource } from './stage-end.ts';
import { failureOf } from './stage-failure.ts';
import { WorkTime } from './work-time.ts';

/** Results that are read from the store at once: enough to keep a disk busy. */
const RESTORES = 8;

export interface ExecuteOptions {
  readonly store: Store;
  readonly services: Services;
  readonly computing: Computing;
  readonly folder: RunFolder;
  readonly history: History;
  readonly clock: () => number;
  /** `stack` is kept in events.jsonl only. */
  readonly emit: (event: RunEvent & { readonly stack?: string }) => void;
  readonly signal?: AbortSignal;
  readonly keepGoing?: boolean;
  readonly wait?: NonNullable<RetryOptions['wait']>;
}

/** Runs every stage once those it reads are done. Results are in the order of the plan. */
export function executeStages(planned: PlannedPipeline, options: ExecuteOptions): Promise<RunStage[]> {
  return new Execution(planned, options).run();
}

/** A result taken from the store, or what the store has in its place. */
type Restored =
  | { readonly ok: true; readonly ended: Ended }
  | { readonly ok: false; readonly found: Exclude<Lookup, { state: 'hit' }> };

class Execution {
  readonly #planned: PlannedPipeline;
  readonly #options: ExecuteOptions;
  readonly #signal: AbortSignal;
  readonly #restores = new PQueue({ concurrency: RESTORES });
  readonly #resources = new Resources();
  readonly #inputs: Inputs;
  /** The stage after whose failure no other one begins. */
  #stoppedBy: string | undefined;

  constructor(planned: PlannedPipeline, options: ExecuteOptions) {
    this.#planned = planned;
    this.#options = options;
    this.#signal = options.signal ?? new AbortController().signal;
    this.#inputs = new Inputs(planned.stages, options.folder.path);
  }

  async run(): Promise<RunStage[]> {
    const results = new Map<string, Promise<RunStage>>();
    for (const stage of this.#planned.stages) {
      const names = [...new Set(Object.values(stage.from))];
      const sources = names.map((name) => must(results.get(name), `${name} before ${stage.name}`));
      results.set(stage.name, this.#settle(stage, sources));
    }
    const settled = await Promise.allSettled(results.values());
    return settled.map((result) => {
      if (result.status === 'rejected') throw result.reason;
      return result.value;
    });
  }

  async #settle(stage: StageToRun, sources: readonly Promise<RunStage>[]): Promise<RunStage> {
    const { result: ended, stack } = await this.#execute(stage, sources);
    const result = withLooks(ended, this.#options.history);
    for (const artifact of this.#inputs.done(stage)) this.#options.computing.forget(artifact);
    this.#options.emit({
      type: 'stage-finished',
      stage: stage.name,
      result,
      ...(stack !== undefined && { stack }),
    });
    return result;
  }

  /** One stage from its sources to its end: wait, key, cached?, take turns, lock, cached by now?, run. */
  async #execute(stage: StageToRun, sources: readonly Promise<RunStage>[]): Promise<Ended> {
    const outline = outlineOf(stage);

    const stuck = (await Promise.all(sources)).find(({ state }) => state !== 'ran' && state !== 'cached');
    if (stuck !== undefined) return { result: withoutSource(outline, stuck) };

    // The key is made of the digests of the inputs, and only now has every input one.
    const key = stageKey(stage, this.#inputs.digestsFor(stage));
    const keyed = { stage, outline, key, keyDigest: digestOfKey(key) };

    return this.#untilFailure(keyed, async () => {
      // The sources may have taken hours, and the run may have ended meanwhile.
      if (this.#isOver) return this.#notBegun(keyed);

      // Before any lock: readers take none, so a run of nothing to do waits for nobody.
      const restored = await this.#restore(keyed);
      if (restored.ok) return restored.ended;
      const { found } = restored;
      if (found.state === 'lost') this.#warnOfLoss(stage, found.detail);

      const last = this.#options.history.last(stage.name)?.key;
      const reasons = reasonsToRun(stage, key, found, last);
      return this.#inTurn(keyed, () => {
        // Those that held the resources may have failed, and a store that fails all must be told of once.
        if (this.#isOver) return Promise.resolve(this.#notBegun(keyed));
        return this.#exclusively(keyed, () => this.#executeAlone(keyed, reasons));
      });
    });
  }

  /** The part of a stage's execution during which it holds its resources and the lock of its key. */
  async #executeAlone(keyed: KeyedStage, reasons: readonly Reason[]): Promise<Ended> {
    // The lock may have been held by another run for hours.
    if (this.#isOver) return this.#notBegun(keyed);

    // Whoever held the lock, another process or a stage with the same key, has left its result.
    const restored = await this.#restore(keyed);
    if (restored.ok) return restored.ended;

    return this.#run(keyed, reasons);
  }

  async #run(keyed: KeyedStage, reasons: readonly Reason[]): Promise<Ended> {
    const { clock, emit } = this.#options;
    const time = new WorkTime(clock, () => emit({ type: 'stage-started', stage: keyed.stage.name, reasons }));
    let attempts = 0;
    const told = () => ({ ...known(keyed), reasons, ...time.told(), ...(attempts > 1 && { attempts }) });
    try {
      const made = await this.#retrying(keyed.stage, async () => {
        attempts += 1;
        try {
          return await this.#make(keyed, time);
        } finally {
          time.pause();
        }
      });
      return { result: { ...told(), state: 'ran', ...made } };
    } catch (error) {
      return this.#ended(told(), keyed.stage, error);
    }
  }

  /** Computes the result and publishes it, in the store first. */
  async #make({ stage, key, keyDigest }: KeyedStage, time: WorkTime) {
    const { store, folder, services, computing, emit } = this.#options;
    const { baseDir } = this.#planned.checked;
    const task = { stage, inputs: this.#inputs.storedFor(stage), baseDir };
    const heard = {
      begun: () => time.start(),
      warning: (message: string) => emit({ type: 'stage-warning', stage: stage.name, message }),
      progress: (done: number, total: number, unit: string) =>
        emit({ type: 'stage-progress', stage: stage.name, done, total, unit }),
    };
    const { files, descriptor, figures, warnings, gates } = await computing.compute(
      task,
      heard,
      this.#signal,
    );
    // The stage may have read for hours what the key identifies as it was before.
    await refuseIfChanged(stage, { baseDir, services });
    const result = {
      key,
      artifact: descriptor,
      figures,
      warnings,
      ...(gates.length > 0 && { gates }),
      durationMs: time.ms,
    };
    await store.publish(keyDigest, result, files);
    const artifact = await folder.save(stage.folder, descriptor, files);
    this.#inputs.add(stage, descriptor);
    return { ...saidBy(result), artifact };
  }

  /** Puts the result in the store into the run folder. A forced stage has no use for it. */
  async #restore(keyed: KeyedStage): Promise<Restored> {
    const { stage, keyDigest } = keyed;
    const { store, folder } = this.#options;
    if (stage.forced) return { ok: false, found: { state: 'absent' } };
    const found = store.lookup(keyDigest);
    if (found.state !== 'hit') return { ok: false, found };
    const { result } = found;
    store.used(keyDigest);
    return this.#restores.add(async () => {
      // The lookup has seen sizes only; reading compares digests.
      const files = await store.read(result.artifact);
      if (files instanceof Damage) return { ok: false, found: { state: 'lost', detail: files.detail } };
      const artifact = await folder.save(stage.folder, result.artifact, files);
      this.#inputs.add(stage, result.artifact);
      return {
        ok: true,
        ended: { result: { ...known(keyed), state: 'cached', ...saidBy(result), artifact } },
      };
    });
  }

  #warnOfLoss({ name }: StageToRun, detail: string): void {
    this.#options.emit({ type: 'store-warning', message: `the result of \`${name}\` is lost: ${detail}` });
  }

  /** Does work again where it failed by something that passes. */
  #retrying<T>(stage: StageToRun, work: () => Promise<T>): Promise<T> {
    const { wait, emit } = this.#options;
    return withRetries(work, {
      ...(wait && { wait }),
      signal: this.#signal,
      isOver: () => this.#isOver,
      onRetry: ({ attempt, of, error, waitMs }) => {
        const said = error instanceof Error ? error.message : String(error);
        const message = `attempt ${attempt} of ${of} failed: ${said}; the next is in ${waitMs / 1000} s`;
        emit({ type: 'stage-warning', stage: stage.name, message });
      },
    });
  }

  /**
   * Runs work while holding the stage's resources. A failure is dealt with before they are let go: whoever waits for
   * them must find that the run is over, and not begin.
   */
  #inTurn(keyed: KeyedStage, work: () => Promise<Ended>): Promise<Ended> {
    const { kind, options, externals } = keyed.stage;
    const holds = kind.resources?.(options, externals) ?? {};
    return this.#resources.holding(holds, () => this.#untilFailure(keyed, work));
  }

  /**
   * Runs work while no other process computes the same. On a shared folder other machines know that this one lives by
   * the heartbeat of its lock, a timer of this thread: whatever kept the thread busy for half a minute would let it be
   * taken for dead, and the work be done twice. Stages compute in other threads, and the native model gives timers their
   * turn between its layers.
   */
  #exclusively<T>({ keyDigest }: KeyedStage, work: () => Promise<T>): Promise<T> {
    return this.#options.store.exclusively(keyDigest, { signal: this.#signal }, work);
  }

  async #untilFailure(keyed: KeyedStage, work: () => Promise<Ended>): Promise<Ended> {
    try {
      return await work();
    } catch (error) {
      return this.#ended(known(keyed), keyed.stage, error);
    }
  }

  /** The end of a stage by an error; no other stage begins after it, unless the run is to keep going. */
  #ended(told: Omit<RunStage, 'state'>, stage: StageToRun, error: unknown): Ended {
    // Whatever a stage throws that was told to stop, it is no failure of it.
    if (this.#signal.aborted) return { result: { ...told, state: 'cancelled' } };
    const { failure, stack, endsRun } = failureOf(error, this.#planned.checked.locator, stage);
    if (endsRun || this.#options.keepGoing !== true) this.#stoppedBy ??= stage.name;
    return { result: { ...told, state: 'failed', failure }, ...(stack !== undefined && { stack }) };
  }

  /** The end of a stage that does not begin, because the run is over. */
  #notBegun(keyed: KeyedStage): Ended {
    if (this.#signal.aborted) return { result: { ...known(keyed), state: 'cancelled' } };
    const because = this.#stoppedBy ?? keyed.stage.name;
    return { result: { ...keyed.outline, state: 'skipped', reasons: [], because } };
  }

  /** To be asked again after every wait: whether nothing more is to begin. */
  get #isOver(): boolean {
    return this.#signal.aborted || this.#stoppedBy !== undefined;
  }
}
