import type {
  CellChange,
  PairedChange,
  RankingDiff,
  RowChange,
  TableDiff,
} from '../../../engine/diff/run-diff.ts';
import type { Row } from '../../../table/table.ts';
import type { Colors } from '../../terminal/terminal.ts';
import { alignColumns } from '../parts/columns.ts';
import { count } from '../parts/quantities.ts';
import { wordCell, wordDelta } from '../parts/table.ts';
import { list } from '../parts/words.ts';
import { bySize, capped, type DiffStyle, withRest, wordCellChange, wordResultChange } from './changes.ts';

export function wordRowCounts(table: TableDiff): string {
  const { rows, added, removed, changed, columns, reordered, ranking } = table;
  const counted = [
    [changed.length, 'changed'],
    [added.length, 'added'],
    [removed.length, 'removed'],
  ] as const;
  const there = counted.filter(([n]) => n > 0);
  // The first says of how many: of the rows before, where some are gone and that is all.
  const parts = (there.length > 0 ? there : counted.slice(0, 1)).map(([n, what], i) => {
    if (i > 0) return `${n} ${what}`;
    return `${n} of ${count(what === 'removed' ? rows.before : rows.after, 'row')} ${what}`;
  });
  if (rows.withinNoise !== undefined) parts.push(`${rows.withinNoise} equal within noise`);
  if (reordered === true && ranking === undefined) parts.push('in another order');
  if (columns.added.length > 0) parts.push(`new ${plural(columns.added, 'column')} ${list(columns.added)}`);
  if (columns.removed.length > 0)
    parts.push(`without ${plural(columns.removed, 'column')} ${list(columns.removed)}`);
  return parts.join(', ');
}

function plural(names: readonly string[], noun: string): string {
  return names.length === 1 ? noun : `${noun}s`;
}

export function wordTableDiff(table: TableDiff, style: DiffStyle): string[] {
  const { colors } = style;
  const added = table.added.map(({ key, row }) => colors.green(`  + ${wordKeyed(key, row, table)}`));
  const removed = table.removed.map(({ key, row }) => colors.red(`  - ${wordKeyed(key, row, table)}`));
  return [
    ...capped(removed, style),
    ...capped(added, style),
    ...(table.change && table.changed.length > 1 ? [`  ${wordPairedChange(table.change)}`] : []),
    ...wordRowChanges(table, style),
    ...(table.ranking ? wordRanking(table.ranking, style) : []),
  ];
}

/** `mean change of target_log_prob -0.3100 nats, 95 % [-0.5200, -0.1000] by question (3), 33 down, 3 equal` */
export function wordPairedChange({
  column,
  unit,
  mean,
  interval,
  why,
  by,
  units,
  ...of
}: PairedChange): string {
  const counted = [
    [of.up, 'up'],
    [of.down, 'down'],
    [of.equal, 'equal'],
  ] as const;
  const sure =
    interval === undefined
      ? `no interval: ${why ?? ''}`
      : `95 % [${wordDelta(interval.low)}, ${wordDelta(interval.high)}] by ${by} (${units})`;
  return [
    `mean change of ${column} ${wordDelta(mean)}${unit === undefined ? '' : ` ${unit}`}`,
    sure,
    ...counted.filter(([n]) => n > 0).map(([n, what]) => `${n} ${what}`),
  ].join(', ');
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
export function splitRow({ key, cells }: RowChange, { measure, ranking }: TableDiff): SplitRow | undefined {
  const shown = cells.filter(({ column }) => column !== ranking?.column);
  const main = shown.find(({ column }) => column === measure?.column) ?? shown[0];
  return main && { key, main, others: shown.filter((cell) => cell !== main) };
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
  return parts.map(([name, value]) => `${name}=${value === '' ? '""' : wordCell(value)}`).join(', ');
}
