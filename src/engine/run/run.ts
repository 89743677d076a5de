import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Diagnostic } from '../diagnostic.ts';
import type { CheckedPipeline, PlannedPipeline } from '../pipeline/pipeline.ts';
import { openHistory } from '../plan/history.ts';
import type { Headline, RunEvent, RunLabels, RunRecord, RunStage, RunState, TimedEvent } from '../record.ts';
import type { Services } from '../stage-kind.ts';
import { thisProcess } from '../../system/processes/process.ts';
import { removeDeadLocks } from '../../system/lock.ts';
import type { Store } from '../store/store.ts';
import { rememberUser } from '../store/users.ts';
import { computeHere } from '../computing/compute-here.ts';
import type { Computing } from '../computing/computing.ts';
import { monotonic, msSince } from './clock.ts';
import { executeStages } from './execute.ts';
import { labelsIn } from '../recorded/labels.ts';
import { gitState } from './git.ts';
import { recordingIn } from './recording.ts';
import { createRunFolder } from './run-folder.ts';

export interface RecordedRun {
  readonly record: RunRecord;
  /** Absolute. */
  readonly folder: string;
  /** Why what is there is not the whole run; empty: it is. */
  readonly unrecorded: readonly Diagnostic[];
}

export interface RunOptions {
  readonly store: Store;
  readonly runsDir: string;
  readonly services: Services;
  /** Where stages compute. Default: in this thread. */
  readonly computing?: Computing;
  readonly onEvent: (event: TimedEvent) => void;
  /** Ends the run: running stages are told, no other one starts. */
  readonly signal?: AbortSignal;
  /** After a failure, goes on with what does not depend on it. */
  readonly keepGoing?: boolean;
  /** Milliseconds since 1970; never goes back. */
  readonly clock?: () => number;
  /** Waits that many milliseconds before a further attempt; rejects when the signal is aborted. */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Six hexadecimal digits that tell runs of the same millisecond apart. */
  readonly randomId?: () => string;
  /** Puts what a failure leaves to the program that runs this, its remedy, into words for the record. Default: left as it is. */
  readonly inWords?: (failure: Diagnostic) => Diagnostic;
  /** What the run is called from the start, for the record. */
  readonly labels?: RunLabels;
  /** The figure by which the run is known among others, for the record; `folder` has the artifacts. */
  readonly headline?: (stages: readonly RunStage[], folder: string) => Promise<Headline | undefined>;
  /** For the record: of Assay and of what computes. */
  readonly versions: Readonly<Record<string, string>>;
}

/**
 * Runs what the plan says and records it, whether it succeeds or not; failures are in the record.
 * @throws Failure when the run folder cannot be written before anything has run. Later that stops nothing: what was computed
 * is in the store, and told is what is not in the folder.
 */
export async function runPipeline(planned: PlannedPipeline, options: RunOptions): Promise<RecordedRun> {
  const clock = options.clock ?? monotonic;
  const randomId = options.randomId ?? (() => randomBytes(3).toString('hex'));
  const { checked } = planned;
  removeDeadLocks(join(options.store.dir, 'locks'));
  const history = openHistory(options.runsDir, checked.name);
  const computing = options.computing ?? computeHere(options);
  const cached = new Set(
    planned.plan.stages.flatMap(({ name, state }) => (state === 'cached' ? [name] : [])),
  );
  computing.expect(planned.stages.filter(({ name }) => !cached.has(name)));
  const git = gitState(checked.baseDir);
  // Runs are told apart by when they began, so nothing comes between this and the folder.
  const began = clock();
  const startedAt = new Date(began);
  const runFolder = await createRunFolder(options.runsDir, startedAt, checked, randomId);
  rememberUser(options.store.dir, options.runsDir);
  try {
    const head = recordHead(planned, options, runFolder.id, startedAt.toISOString());
    await runFolder.write({ ...head, state: 'running', process: thisProcess(), durationMs: 0, stages: [] });
    const folder = recordingIn(runFolder, ({ message, found, where }) => {
      const cause = found === undefined ? '' : ` (${found})`;
      const told = `${message}${cause}, ${where ?? runFolder.path}. It goes on; its results are kept in the store`;
      options.onEvent({ type: 'store-warning', message: told, atMs: msSince(began, clock) });
    });

    const inWords = (stage: RunStage): RunStage =>
      stage.failure && options.inWords ? { ...stage, failure: options.inWords(stage.failure) } : stage;
    const emit = (event: RunEvent & { readonly stack?: string }): void => {
      const { stack, ...plain } = event;
      const told = plain.type === 'stage-finished' ? { ...plain, result: inWords(plain.result) } : plain;
      const timed = { ...told, atMs: msSince(began, clock) };
      folder.append(stack === undefined ? timed : ({ ...timed, stack } as TimedEvent));
      options.onEvent(timed);
    };
    emit({ type: 'run-started', runId: folder.id, runFolder: folder.path, stages: planned.stages.length });
    const executed = await executeStages(planned, { ...options, computing, clock, folder, emit, history });
    const stages = executed.map(inWords);

    const state = stateOf(stages.map((stage) => stage.state));
    const commit = await git;
    const headline = await options.headline?.(stages, folder.path);
    const record: RunRecord = {
      ...head,
      state,
      durationMs: msSince(began, clock),
      stages,
      ...(headline && { headline }),
      ...(commit && { git: commit }),
    };
    emit({ type: 'run-finished', runId: folder.id, state });
    const written = await folder.write(record);
    await folder.publish();
    return { record: written, folder: folder.path, unrecorded: folder.problems };
  } finally {
    runFolder.close();
  }
}

function stateOf(stages: readonly string[]): RunState {
  if (stages.includes('cancelled')) return 'cancelled';
  return stages.includes('failed') || stages.includes('skipped') ? 'failed' : 'succeeded';
}

/** What a record says from the first moment on, before any stage has run. */
function recordHead(
  { checked, stages }: PlannedPipeline,
  { versions, labels = {} }: RunOptions,
  id: string,
  startedAt: string,
): Omit<RunRecord, 'state' | 'durationMs' | 'stages'> {
  return {
    format: 'assay-run/1',
    id,
    ...labelsIn(labels),
    startedAt,
    pipeline: describePipeline(checked),
    params: checked.params,
    externals: stages.flatMap(({ name: stage, externals }) =>
      Object.entries(externals)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, { identity, detail }]) => ({ stage, name, detail: detail ?? identity })),
    ),
    versions,
    host: {
      platform: process.platform,
      arch: process.arch,
      cpus: availableParallelism(),
      node: process.versions.node,
    },
  };
}

function describePipeline(checked: CheckedPipeline): RunRecord['pipeline'] {
  const { name, description, file, sha256, resolved } = checked;
  return { name, ...(description !== undefined && { description }), file, sha256, resolved };
}
