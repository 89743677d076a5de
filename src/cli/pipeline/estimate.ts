import { rehearse } from '../../engine/index.ts';
import type { Plan, PlannedStage } from '../../engine/record.ts';
import { services } from '../../engine/stage-kind.ts';
import { readingLog } from '../../engine/store/reading-log.ts';
import { modelHost } from '../../hosting/model-host.ts';
import { passSpeeds } from '../options/defaults.ts';
import type { PreparedRun } from './prepare-run.ts';

/** How long a run would take. */
export interface Estimate {
  readonly ms: number;
  /** `work`: from what is new and how fast models are read here. `last`: at most that, going by the last time. */
  readonly from: 'work' | 'last';
}

/** Tables of more rows are not looked through for what is new in them. */
const mostRows = 20_000;

/**
 * An estimate of what a planned run would take, if there is something to go by: readings that are new, a pass that stages share
 * once, and what other stages took the last time. Stages are run for it, up to their readings.
 */
export async function estimateRun(
  { planned, store, services: lent }: Pick<PreparedRun, 'planned' | 'store' | 'services'>,
  speedsFile: string = passSpeeds(),
): Promise<Estimate | undefined> {
  const toRun = planned.plan.stages.filter(({ state }) => state !== 'cached');
  if (toRun.length === 0) return undefined;
  // A run of nothing but what is cached loads neither.
  const [{ CountingHost, ReadingsCounted }, { PassSpeeds }] = await Promise.all([
    import('../../hosting/estimate/counting-host.ts'),
    import('../../hosting/estimate/pass-speeds.ts'),
  ]);
  const counting = new CountingHost(lent.get(modelHost), lent.get(readingLog));
  const readers = await rehearse(planned, {
    store,
    services: services([modelHost, counting.host], [readingLog, lent.get(readingLog)]),
    isReached: (error) => error instanceof ReadingsCounted,
    mostRows,
  });
  const reading = new Set(readers.map(({ name }) => name));
  const { seconds } = counting.asked(new PassSpeeds(speedsFile));
  const isCounted = readers.length > 0 && readers.every(({ isReached }) => isReached);
  if (isCounted && seconds !== undefined) {
    const own = ({ name, lastDurationMs = 0 }: PlannedStage): number =>
      reading.has(name) ? seconds * 1000 : lastDurationMs;
    return { ms: longestPath(toRun, own), from: 'work' };
  }
  return lastEstimate(planned.plan);
}

/** At most what the stages that run took the last time; undefined where one never ran. */
export function lastEstimate({ stages }: Plan): Estimate | undefined {
  const toRun = stages.filter(({ state }) => state !== 'cached');
  if (toRun.length === 0) return undefined;
  if (toRun.some(({ gathers, lastDurationMs }) => gathers !== true && lastDurationMs === undefined))
    return undefined;
  return { ms: longestPath(toRun, ({ lastDurationMs = 0 }) => lastDurationMs), from: 'last' };
}

/** Until the last stage is done, where each begins once those that it reads are: a pass that stages share counts once. */
function longestPath(stages: readonly PlannedStage[], own: (stage: PlannedStage) => number): number {
  const done = new Map<string, number>();
  for (const stage of stages) {
    const begins = Math.max(0, ...Object.values(stage.from).map((source) => done.get(source) ?? 0));
    done.set(stage.name, begins + own(stage));
  }
  return Math.max(0, ...done.values());
}
