import type { RunSummary } from '../../engine/index.ts';
import type { Colors } from '../terminal/terminal.ts';
import { alignColumns } from './parts/columns.ts';
import { wordDuration, wordTime } from './parts/quantities.ts';
import { wordRunState } from './record.ts';

/**
 * ```
 * run                                    started              state      stages   took
 * 2026-11-24T01-37-05.120Z-fruit-51e92e  2026-11-24 01:37:05  succeeded  2 ran   4.3 s
 * ```
 */
export function wordRuns(runs: readonly RunSummary[], runsDir: string, colors: Colors): string {
  if (runs.length === 0) return `There are no runs in ${runsDir}/ yet.\n`;
  const rows = runs.map(({ id, state, startedAt, durationMs, stages }) => [
    id,
    startedAt === undefined ? '' : wordTime(startedAt),
    state === 'damaged' ? colors.red('damaged') : wordRunState(state, colors),
    stages ? wordStates(stages) : '',
    durationMs === undefined ? '' : wordDuration(durationMs),
  ]);
  const heading = ['run', 'started', 'state', 'stages', 'took'].map((text) => colors.dim(text));
  return `${alignColumns([heading, ...rows], ['left', 'left', 'left', 'left', 'right']).join('\n')}\n`;
}

function wordStates(stages: NonNullable<RunSummary['stages']>): string {
  return Object.entries(stages)
    .map(([state, n]) => `${n} ${state}`)
    .join(', ');
}
