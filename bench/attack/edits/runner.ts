import { join } from 'node:path';
import {
  loadPipeline,
  openStore,
  planPipeline,
  runPipeline,
  type PlannedPipeline,
  type RecordedRun,
} from '../../../src/engine/index.ts';
import type { Result } from '../../../src/engine/diagnostic.ts';
import { withInputRows } from '../../../src/engine/diff/input-rows.ts';
import type { RunStage } from '../../../src/engine/record.ts';
import { services } from '../../../src/engine/stage-kind.ts';
import { openReadingLog, readingLog } from '../../../src/engine/store/reading-log.ts';
import { modelHost } from '../../../src/hosting/model-host.ts';
import { openModelHost } from '../../../src/hosting/open-host.ts';
import { wordReason } from '../../../src/cli/wording/reasons.ts';
import { stageKinds } from '../../../stages/index.ts';
import type { Project } from './project.ts';

export interface Running {
  /** The folder that has the store and the runs, in the project. */
  readonly place?: string;
  readonly force?: true | readonly string[];
  readonly set?: Readonly<Record<string, string>>;
  /** How many run at once. */
  readonly together?: number;
  /** Whether it is stopped after the first stage that computed something. */
  readonly isStopped?: boolean;
}

export interface Outcome {
  readonly planned: PlannedPipeline;
  /** In words, of each stage that would run. */
  readonly reasons: readonly string[];
  /** One of each that ran at once. */
  readonly runs: readonly RecordedRun[];
}

/** Plans and runs a project as a program would that was started for it. */
export async function planAndRun(
  project: Pick<Project, 'file' | 'models' | 'path'>,
  running: Running = {},
): Promise<Outcome> {
  const { place = '.', force, set, together = 1, isStopped = false } = running;
  const storeDir = project.path(place, 'store');
  const runsDir = project.path(place, 'runs');
  const starts = Array.from({ length: together }, async () => {
    const rows = openReadingLog(join(storeDir, 'rows'));
    const local = { backend: 'wasm', memoFile: project.path('memo.json') } as const;
    const source = project.models.source?.(local);
    const host = openModelHost({ ...local, rows, ...(source && { source }) });
    const store = openStore(storeDir);
    const around = { store, runsDir, services: services([modelHost, host], [readingLog, rows]) };
    const checked = must(await loadPipeline(project.file, { kinds: stageKinds, ...(set && { set }) }));
    const planned = must(await planPipeline(checked, { ...around, ...(force && { force }) }));
    return { around, host, planned };
  });
  const started = await Promise.all(starts);
  try {
    const [first] = started;
    if (first === undefined) throw new Error('nothing was started');
    const { plan } = first.planned;
    const where = { store: first.around.store, runsDir, pipeline: plan.pipeline.name, planned: plan.stages };
    const told = await Promise.all(plan.stages.map(({ reasons }) => withInputRows(reasons, where)));
    const runs = await Promise.all(
      started.map(({ planned, around }) => {
        const stop = new AbortController();
        return runPipeline(planned, {
          ...around,
          versions: {},
          signal: stop.signal,
          onEvent: (event) => {
            if (isStopped && event.type === 'stage-finished' && event.result.state === 'ran') stop.abort();
          },
        });
      }),
    );
    return { planned: first.planned, reasons: told.flat().map(wordReason), runs };
  } finally {
    await Promise.all(started.map(({ host }) => host.dispose()));
  }
}

export function stateOf(stages: readonly RunStage[], name: string): RunStage['state'] | undefined {
  return stages.find((stage) => stage.name === name)?.state;
}

function must<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw new Error(JSON.stringify(result.problems, null, 1));
}
