import type { Cell } from '../../table/table.ts';
import type { RunLabels, RunRecord, RunStage } from '../../engine/record.ts';
import { type Collapsed, collapseRun } from '../terminal/collapse.ts';
import type { Colors } from '../terminal/terminal.ts';
import { alignColumns } from './parts/columns.ts';
import { wordDiagnostic, wordFile } from './diagnostics.ts';
import { wordDuration, wordInstances, wordTime } from './parts/quantities.ts';
import { wordReasons } from './reasons.ts';
import { unexpected } from './parts/words.ts';
import { withRemedyWorded } from './remedies.ts';
import { wordRunCount, wordStageState } from './stage.ts';
import { wordValue } from './parts/values.ts';

export interface RecordStyle {
  /** Whether to show the instances of matrix stages. */
  readonly expand?: boolean;
  readonly folder: string;
  readonly labels?: RunLabels;
  readonly cwd: string;
  readonly colors: Colors;
}

/**
 * What was run, with what, and what became of each stage:
 *
 * ```
 * 2026-11-24T01-37-05.120Z-fruit-51e92e succeeded
 *   pipeline  fruit (fruit.yaml)
 *   started   2026-11-24 01:37:05, took 4.3 s
 *   params    order mean
 *   versions  assay 0.1.0, node 20.20.2
 *   host      linux x64, 2 CPUs
 *   git       0123456789 with uncommitted changes
 *   folder    runs/2026-11-24T01-37-05.120Z-fruit-51e92e
 *
 * stage   state    took  rows  why
 * fruit   cached            2
 * prices  ran     4.2 s     2  option order: "-mean" -> "mean"
 *
 * 2 stages: 1 cached, 1 ran, 4.3 s
 * ```
 *
 * The failures of stages follow, as `wordDiagnostic` words them.
 */
export function wordRecord(record: RunRecord, style: RecordStyle): string {
  const { colors } = style;
  const { pipeline, git, host, versions } = record;
  const { name = '', tags = [] } = style.labels ?? {};
  const facts: [string, string][] = [
    ['name', name],
    ['tags', tags.join(', ')],
    ['pipeline', `${pipeline.name} (${pipeline.file})`],
    ['started', `${wordTime(record.startedAt)}, took ${wordDuration(record.durationMs)}`],
    ['params', inline(record.params)],
    ...externals(record),
    [
      'versions',
      Object.entries(versions)
        .map(([name, version]) => `${name} ${version}`)
        .join(', '),
    ],
    ['host', `${host.platform} ${host.arch}, ${host.cpus} CPUs`],
    ['git', git ? `${git.commit.slice(0, 10)}${git.dirty ? ' with uncommitted changes' : ''}` : ''],
    ['folder', wordFile(style.folder, style.cwd)],
  ];
  const shown: readonly Collapsed<RunStage>[] =
    style.expand === true ? record.stages : collapseRun(record.stages);
  const stages = shown.map((stage) => [
    stage.instances === undefined ? stage.name : `${stage.name} (${wordInstances(stage.instances)})`,
    wordStageState(stage, colors),
    stage.durationMs === undefined || stage.state === 'cached' ? '' : wordDuration(stage.durationMs),
    stage.artifact?.rows === undefined ? '' : `${stage.artifact.rows}`,
    stage.state === 'cached' ? '' : wordReasons(stage.reasons),
  ]);
  const lines = [
    `${colors.bold(record.id)} ${wordRunState(record.state, colors)}`,
    ...alignColumns(
      facts.filter(([, text]) => text !== '').map(([name, text]) => [`  ${colors.dim(name)}`, text]),
    ),
    '',
    ...alignColumns(
      [['stage', 'state', 'took', 'rows', 'why'].map((text) => colors.dim(text)), ...stages],
      ['left', 'left', 'right', 'right', 'left'],
    ),
    '',
    wordRunCount(record),
  ];
  for (const { failure } of record.stages) {
    if (failure) lines.push('', wordDiagnostic(withRemedyWorded(failure), style));
  }
  return lines.join('\n');
}

export function wordRunState(state: RunRecord['state'], colors: Colors): string {
  switch (state) {
    case 'succeeded':
      return colors.green(state);
    case 'failed':
      return colors.red(state);
    case 'running':
      return colors.cyan(state);
    case 'cancelled':
    case 'interrupted':
      return colors.yellow(state);
    default:
      return unexpected(state);
  }
}

/** Each model or file once, with the stages that read it. */
function externals(record: RunRecord): [string, string][] {
  const seen = new Map<string, [string, string]>();
  for (const { name, detail } of record.externals) {
    seen.set(`${name} ${JSON.stringify(detail)}`, [name, inline(detail)]);
  }
  return [...seen.values()];
}

function inline(value: Cell): string {
  if (typeof value === 'string' && value.length < 60) return value;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return wordValue(value);
  return Object.entries(value as { readonly [name: string]: Cell })
    .filter(([, cell]) => typeof cell !== 'object')
    .map(([name, cell]) => `${name} ${typeof cell === 'string' && cell.length < 60 ? cell : wordValue(cell)}`)
    .join(', ');
}
