import type { RunSummary } from '../../engine/index.ts';
import type { RunLabels } from '../../engine/record.ts';
import type { Colors } from '../terminal/terminal.ts';
import { alignColumns, type Align, clip } from './parts/columns.ts';
import { wordDuration, wordTime } from './parts/quantities.ts';
import { wordValue } from './parts/values.ts';
import { wordRunState } from './record.ts';

/** Width of a list of parameters, of one parameter, and of the row that a headline is of. */
const WIDEST = { params: 48, param: 24, row: 24 };

interface Shown {
  readonly heading: string;
  readonly align?: Align;
  readonly text: (run: RunSummary) => string;
}

/**
 * ```
 * run                                    name      started              state      stages   took  models    params      headline
 * 2026-11-24T01-37-05.120Z-fruit-51e92e  baseline  2026-11-24 01:37:05  succeeded  2 ran   4.3 s  organism  order mean  prices: pear 3.25
 * ```
 *
 * Columns that no run has anything for are left out.
 */
export function wordRuns(runs: readonly RunSummary[], runsDir: string, colors: Colors): string {
  if (runs.length === 0) return `There are no runs in ${runsDir}/ yet.\n`;
  const columns: readonly Shown[] = [
    { heading: 'run', text: ({ id }) => id },
    { heading: 'name', text: ({ name = '' }) => name },
    { heading: 'tags', text: ({ tags = [] }) => tags.join(', ') },
    { heading: 'started', text: ({ startedAt }) => (startedAt === undefined ? '' : wordTime(startedAt)) },
    {
      heading: 'state',
      text: ({ state }) => (state === 'damaged' ? colors.red(state) : wordRunState(state, colors)),
    },
    { heading: 'stages', text: ({ stages }) => (stages ? wordStates(stages) : '') },
    {
      heading: 'took',
      align: 'right',
      text: ({ durationMs }) => (durationMs === undefined ? '' : wordDuration(durationMs)),
    },
    { heading: 'models', text: ({ models = [] }) => models.join(', ') },
    { heading: 'params', text: wordParams },
    { heading: 'headline', text: wordHeadline },
  ];
  const shown = columns
    .map((column) => ({ ...column, texts: runs.map(column.text) }))
    .filter(({ texts }) => texts.some((text) => text !== ''));
  const rows = runs.map((_, i) => shown.map(({ texts }) => texts[i] ?? ''));
  const heading = shown.map((column) => colors.dim(column.heading));
  const align = shown.map((column) => column.align ?? 'left');
  return `${alignColumns([heading, ...rows], align).join('\n')}\n`;
}

/** `2026-11-24T01-37-05.120Z-fruit-51e92e  name baseline, tags gpu, v2`. */
export function wordLabels(id: string, { name, tags = [] }: RunLabels): string {
  const said = [
    name === undefined ? 'no name' : `name ${name}`,
    tags.length === 0 ? 'no tags' : `tags ${tags.join(', ')}`,
  ];
  return `${id}  ${said.join(', ')}\n`;
}

function wordStates(stages: NonNullable<RunSummary['stages']>): string {
  return Object.entries(stages)
    .map(([state, n]) => `${n} ${state}`)
    .join(', ');
}

/** Those that are not told by the models. */
function wordParams({ params = {}, models = [] }: RunSummary): string {
  const told = Object.entries(params)
    .filter(([, value]) => !(typeof value === 'string' && models.includes(value)))
    .map(([name, value]) => {
      const isPlain = typeof value === 'string' && value !== '' && value.length <= WIDEST.param;
      return `${name} ${isPlain ? value : wordValue(value, WIDEST.param)}`;
    });
  return clip(told.join(', '), WIDEST.params);
}

/** `ranking: chat -0.0886 nats`. */
function wordHeadline({ headline }: RunSummary): string {
  if (headline === undefined) return '';
  const { stage, row, value, unit } = headline;
  const number = Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
  return [`${stage}:`, clip(row, WIDEST.row), number, unit ?? ''].filter((part) => part !== '').join(' ');
}
