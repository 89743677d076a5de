import type { Row } from '../../table/table.ts';
import type {
  CellChange,
  ExternalDiff,
  RankingDiff,
  RowChange,
  RunDiff,
  StageDiff,
  TableDiff,
  ValueChange,
} from '../../engine/diff/run-diff.ts';
import type { Colors } from '../terminal/terminal.ts';
import { alignColumns } from './parts/columns.ts';
import { count } from './parts/quantities.ts';
import { wordReasons } from './reasons.ts';
import { list, unexpected } from './parts/words.ts';
import { wordCell, wordDelta, wordNumber } from './parts/table.ts';
import { wordChange, wordPath, wordValue } from './parts/values.ts';

export interface DiffStyle {
  readonly colors: Colors;
  /** Rows, cells, lines shown of each list; the rest is counted. */
  readonly most: number;
}

/**
 * What was edited, what it touched, what moved:
 *
 * ```
 * 2026-11-24T01-37-05.120Z-fruit-bcdeef -> 2026-11-24T01-39-12.004Z-fruit-51e92e
 *
 * pipeline
 *   fruit: option items[5].price: 0.25 -> 9 (+8.7500)
 *
 * fruit: 1 of 6 rows changed (ran: option items[5].price: 0.25 -> 9)
 *   fruit=plum, day=tue  price  0.2500 -> 9.0000  +8.7500
 *
 * prices: 3 of 3 rows changed (ran: input rows changed)
 *   plum  mean  0.3750 -> 4.7500  +4.3750  also stdev
 *   ranking
 *     plum   3 -> 1  up 2
 *     pear   1 -> 2  down 1
 *     apple  2 -> 3  down 1
 *
 * The same in both runs: 1 stage
 * ```
 *
 * Two identical runs take one line:
 *
 * ```
 * a and b are identical: the same pipeline, models, versions and results (3 stages).
 * ```
 */
export function wordDiff(diff: RunDiff, style: DiffStyle): string {
  const { a, b } = diff;
  const stages = withoutGathered(diff.stages);
  if (a.id === b.id) return `${a.id} is compared with itself.\n`;
  if (diff.identical) {
    return `${a.id} and ${b.id} are identical: the same pipeline, models, versions and results (${count(stages.length, 'stage')}).\n`;
  }
  const sections = [
    [`${style.colors.bold(a.id)} -> ${style.colors.bold(b.id)}`, ...wordRuns(diff)],
    section('params', wordChanges(diff.params, style), style),
    section(
      'pipeline',
      diff.pipeline.length ? capped(diff.pipeline.map(wordPipelineChange), style) : [],
      style,
    ),
    section(
      'models and files',
      diff.externals.flatMap((external) => wordExternal(external, style)),
      style,
    ),
    section('versions', wordChanges(diff.versions, style), style),
    ...stages.map((stage) => wordStageDiff(stage, style)),
    wordRest(stages),
    section('environment', wordChanges(diff.environment, style), style),
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

/** What instances of a matrix give is part of the table that gathers them: to show both says it twice. */
function withoutGathered(stages: readonly StageDiff[]): StageDiff[] {
  const gathered = new Set(stages.flatMap(({ name, gathers }) => (gathers === true ? name : [])));
  return stages.filter(({ instance }) => instance === undefined || !gathered.has(instance.of));
}

function wordRuns({ a, b }: RunDiff): string[] {
  const lines: string[] = [];
  if (a.pipeline !== b.pipeline) lines.push(`  pipeline ${a.pipeline} -> ${b.pipeline}`);
  if (a.state !== b.state) lines.push(`  run ${a.state} -> ${b.state}`);
  return lines;
}

function section(title: string, lines: readonly string[], { colors }: DiffStyle): string[] {
  return lines.length === 0 ? [] : [colors.bold(title), ...lines];
}

function wordChanges(changes: readonly ValueChange[], style: DiffStyle): string[] {
  return capped(
    changes.map((change) => `  ${wordValueChange(change)}`),
    style,
  );
}

function wordValueChange({ path, before, after, delta }: ValueChange): string {
  const name = wordPath(path) || '(whole)';
  if (before === undefined) return `${name}: new, ${wordValue(after)}`;
  if (after === undefined) return `${name}: gone, was ${wordValue(before)}`;
  return `${name}: ${wordChange(before, after)}${delta === undefined ? '' : ` (${wordDelta(delta)})`}`;
}

/** A computed number is shortened, since nobody reads its last digits; one that somebody wrote is shown as it is. */
function wordResultChange(change: ValueChange): string {
  if (change.delta === undefined) return wordValueChange(change);
  return `${wordPath(change.path) || '(whole)'}: ${wordCellChange(change)} (${wordDelta(change.delta)})`;
}

/** `variants: option formats.plain.template: "a" -> "b"` for `stages.variants.with.formats.plain.template`. */
function wordPipelineChange(change: ValueChange): string {
  const [top, stage, part, ...rest] = change.path;
  if (top !== 'stages' || stage === undefined) return `  ${wordValueChange(change)}`;
  if (part === undefined) return `  stage ${stage} is ${change.before === undefined ? 'new' : 'gone'}`;
  if (part === 'with' && rest.length > 0)
    return `  ${stage}: option ${wordValueChange({ ...change, path: rest })}`;
  return `  ${stage}: ${wordValueChange({ ...change, path: [part, ...rest] })}`;
}

function wordExternal({ name, stages, changes }: ExternalDiff, style: DiffStyle): string[] {
  const lines = changes.map((change) => `    ${wordValueChange(change)}`);
  return [`  ${name} (${list(stages)})`, ...capped(lines, style, '    ')];
}

function wordStageDiff(stage: StageDiff, style: DiffStyle): string[] {
  const { colors } = style;
  const name = colors.bold(stage.name);
  switch (stage.result) {
    case 'same':
    case 'none':
    case 'within-tolerance':
      return [];
    case 'only-after':
      return [`${name}: only the second run has a result`];
    case 'only-before':
      return [`${name}: only the first run has a result${stage.after ? ` (${stage.after.state})` : ''}`];
    case 'unreadable':
      return [`${name}: differs, and cannot be compared: ${stage.problem ?? ''}`];
    case 'changed':
      break;
    default:
      return unexpected(stage.result);
  }
  const why = wordWhy(stage, colors);
  if (stage.table)
    return [`${name}: ${wordRowCounts(stage.table)}${why}`, ...wordTableDiff(stage.table, style)];
  if (stage.value) {
    const lines = bySize(stage.value, (change) => change.delta).map(
      (change) => `  ${wordResultChange(change)}`,
    );
    return [`${name}: ${count(stage.value.length, 'value')} changed${why}`, ...capped(lines, style)];
  }
  if (stage.text) {
    const { added, removed } = stage.text;
    const lines = stage.text.lines.map(({ op, text }) => wordTextLine(op, text, colors));
    return [`${name}: ${count(added, 'line')} added, ${removed} removed${why}`, ...capped(lines, style)];
  }
  if (stage.figure) return [`${name}: figure changed${why}`, ...wordChanges(stage.figure.spec, style)];
  return [`${name}: ${stage.problem ?? 'changed'}${why}`];
}

/** That a result is new in its store says nothing about the two runs. */
function wordWhy({ after }: StageDiff, colors: Colors): string {
  const reasons = after?.reasons.filter(({ type }) => type !== 'first-run') ?? [];
  return after && reasons.length > 0 ? colors.dim(` (${after.state}: ${wordReasons(reasons, 2)})`) : '';
}

function wordTextLine(op: '=' | '+' | '-', text: string, colors: Colors): string {
  if (op === '=') return `    ${text}`.trimEnd();
  return op === '+' ? colors.green(`  + ${text}`) : colors.red(`  - ${text}`);
}

function wordRowCounts({ rows, added, removed, changed, columns }: TableDiff): string {
  const parts = [`${changed.length} of ${count(rows.after, 'row')} changed`];
  if (added.length > 0) parts.push(`${added.length} added`);
  if (removed.length > 0) parts.push(`${removed.length} removed`);
  if (columns.added.length > 0) parts.push(`new ${plural(columns.added, 'column')} ${list(columns.added)}`);
  if (columns.removed.length > 0)
    parts.push(`without ${plural(columns.removed, 'column')} ${list(columns.removed)}`);
  return parts.join(', ');
}

function plural(names: readonly string[], noun: string): string {
  return names.length === 1 ? noun : `${noun}s`;
}

function wordTableDiff(table: TableDiff, style: DiffStyle): string[] {
  const { colors } = style;
  const added = table.added.map(({ key, row }) => colors.green(`  + ${wordKeyed(key, row, table)}`));
  const removed = table.removed.map(({ key, row }) => colors.red(`  - ${wordKeyed(key, row, table)}`));
  return [
    ...capped(removed, style),
    ...capped(added, style),
    ...wordRowChanges(table, style),
    ...(table.ranking ? wordRanking(table.ranking, style) : []),
  ];
}

function wordKeyed(key: Row, row: Row, { measure }: TableDiff): string {
  const value = measure ? row[measure.column] : undefined;
  return `${wordKey(key)}${value === undefined || !measure ? '' : `  ${measure.column} ${wordCell(value)}`}`;
}

/** One line a row, the measure first and the largest change first; with `--all`, every cell. */
function wordRowChanges(table: TableDiff, style: DiffStyle): string[] {
  const isComplete = style.most === Number.POSITIVE_INFINITY;
  const rows = table.changed.flatMap((row) => splitRow(row, table) ?? []);
  const sorted = bySize(rows, ({ main }) => (main.column === table.measure?.column ? main.delta : 0));
  const cells = sorted
    .slice(0, style.most)
    .map(({ key, main, others }) => [
      `  ${wordKey(key)}`,
      main.column,
      wordCellChange(main),
      main.delta === undefined ? '' : colorDelta(main, style.colors),
      others.length > 0 && !isComplete ? style.colors.dim(wordOthers(others)) : '',
    ]);
  const lines = alignColumns(cells, ['left', 'left', 'left', 'right', 'left']);
  if (!isComplete) return withRest(lines, sorted.length, style);
  return lines.flatMap((line, i) => [line, ...(sorted[i]?.others ?? []).map(wordOtherCell)]);
}

interface SplitRow {
  readonly key: Row;
  readonly main: CellChange;
  readonly others: readonly CellChange[];
}

/** The cell that is shown and the rest. Places in a ranking are left to the ranking. */
function splitRow({ key, cells }: RowChange, { measure, ranking }: TableDiff): SplitRow | undefined {
  const shown = cells.filter(({ column }) => column !== ranking?.column);
  const main = shown.find(({ column }) => column === measure?.column) ?? shown[0];
  return main && { key, main, others: shown.filter((cell) => cell !== main) };
}

function wordCellChange({ before, after, delta }: Omit<CellChange, 'column'>): string {
  if (delta === undefined || typeof before !== 'number' || typeof after !== 'number')
    return wordChange(before, after);
  return [before, after].map((value) => wordLike(value, delta)).join(' -> ');
}

/** A whole number has no decimals if the difference has none either: a count. A score that happens to be round has four. */
function wordLike(value: number, delta: number): string {
  return Number.isInteger(value) && !Number.isInteger(delta) ? value.toFixed(4) : wordNumber(value);
}

/** `also entropy`, `also entropy, rank and 4 more`. */
function wordOthers(cells: readonly CellChange[]): string {
  const names = cells.map(({ column }) => column);
  return names.length <= 3
    ? `also ${list(names)}`
    : `also ${names.slice(0, 2).join(', ')} and ${names.length - 2} more`;
}

function wordOtherCell({ column, ...change }: CellChange): string {
  return `      ${wordResultChange({ path: [column], ...change })}`;
}

function wordRanking({ moves }: RankingDiff, style: DiffStyle): string[] {
  if (moves.length === 0) return ['  the ranking is the same'];
  const rows = moves.map(({ key, before, after }) => [
    `    ${wordKey(key)}`,
    `${before} -> ${after}`,
    after < before ? style.colors.green(`up ${before - after}`) : style.colors.red(`down ${after - before}`),
  ]);
  return ['  ranking', ...withRest(alignColumns(rows.slice(0, style.most)), rows.length, style, '    ')];
}

function colorDelta({ delta = 0 }: CellChange, colors: Colors): string {
  return delta > 0 ? colors.green(wordDelta(delta)) : colors.red(wordDelta(delta));
}

/** `format=plain, question=What is...`; of a single key column only the value, unless it is a bare number. */
export function wordKey(key: Row): string {
  const parts = Object.entries(key);
  const [only] = parts;
  if (parts.length === 1 && only && typeof only[1] === 'string') return wordCell(only[1]);
  if (parts.length === 1 && only && only[0] === '#') return `row ${wordCell(only[1])}`;
  return parts.map(([name, value]) => `${name}=${wordCell(value)}`).join(', ');
}

/** The stages that are equal: `The same in both runs: 3 stages`. */
function wordRest(stages: readonly StageDiff[]): string[] {
  const same = stages.filter(({ result }) => result === 'same').length;
  const close = stages.filter(({ result }) => result === 'within-tolerance').map(({ name }) => name);
  const lines: string[] = [];
  if (close.length > 0) lines.push(`Equal within the tolerance: ${list(close)}`);
  if (same > 0) lines.push(`The same in both runs: ${count(same, 'stage')}`);
  return lines;
}

function bySize<T>(items: readonly T[], delta: (item: T) => number | undefined): T[] {
  const size = (item: T) => Math.abs(delta(item) ?? 0);
  return [...items].sort((x, y) => size(y) - size(x));
}

function capped(lines: readonly string[], style: DiffStyle, indent = '  '): string[] {
  return withRest(lines.slice(0, style.most), lines.length, style, indent);
}

function withRest(shown: readonly string[], total: number, { colors }: DiffStyle, indent = '  '): string[] {
  const rest = total - shown.length;
  return rest > 0 ? [...shown, colors.dim(`${indent}... and ${rest} more (--all)`)] : [...shown];
}
