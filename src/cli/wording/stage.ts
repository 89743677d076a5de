import type { RunRecord, RunStage } from '../../engine/record.ts';
import type { Collapsed } from '../terminal/collapse.ts';
import type { Colors } from '../terminal/terminal.ts';
import { count, wordCount, wordDuration, wordInstances, wordStageCount } from './parts/quantities.ts';
import { wordReasons } from './reasons.ts';
import { unexpected } from './parts/words.ts';

/** What became of a stage: `ran, 4.1 s, 36 rows, 33 of 36 readings known (input variants changed)`. */
export function wordStage(stage: Collapsed<RunStage>, colors: Colors): string {
  const facts = [wordStageState(stage, colors)];
  if (stage.instances !== undefined) facts.push(wordInstances(stage.instances));
  if (stage.state === 'ran' && stage.durationMs !== undefined) facts.push(wordDuration(stage.durationMs));
  if (stage.attempts !== undefined) facts.push(count(stage.attempts, 'attempt'));
  if (stage.artifact?.rows !== undefined) facts.push(count(stage.artifact.rows, 'row'));
  facts.push(...wordKnown(stage));
  const text = facts.join(', ');
  return stage.state === 'ran' && stage.reasons.length > 0 ? `${text} (${wordReasons(stage.reasons)})` : text;
}

/** How much of what a stage asked a model had been read before; nothing of that where all was new. */
function wordKnown({ state, instances, figures = {} }: Collapsed<RunStage>): string[] {
  const { readings_asked: asked, readings_cached: cached } = figures;
  if (state !== 'ran' || instances !== undefined || asked === undefined || !cached) return [];
  return [`${wordCount(cached)} of ${count(asked, 'reading')} known`];
}

export function wordStageState({ state, because, failure }: RunStage, colors: Colors): string {
  switch (state) {
    case 'cached':
      return colors.green('cached');
    case 'ran':
      return colors.yellow('ran');
    case 'failed':
      return colors.red(failure ? `failed: ${failure.message}` : 'failed');
    case 'skipped':
      return colors.dim(because === undefined ? 'skipped' : `skipped: needs ${because}`);
    case 'cancelled':
      return colors.dim('cancelled');
    default:
      return unexpected(state);
  }
}

/** `15 stages: 11 cached, 4 ran, 0.8 s`. */
export function wordRunCount({ stages, durationMs }: Pick<RunRecord, 'stages' | 'durationMs'>): string {
  // What gathers the instances of a matrix is no stage that anyone wrote.
  const own = stages.filter(({ gathers }) => gathers !== true);
  return `${wordStageCount(stages)}: ${wordCounts(own)}, ${wordDuration(durationMs)}`;
}

/** `11 cached, 4 ran`. */
export function wordCounts(stages: readonly { readonly state: RunStage['state'] }[]): string {
  const states: RunStage['state'][] = ['cached', 'ran', 'failed', 'skipped', 'cancelled'];
  const parts = states.flatMap((state) => {
    const n = stages.filter((stage) => stage.state === state).length;
    return n > 0 ? [`${n} ${state}`] : [];
  });
  return parts.join(', ') || 'none';
}
