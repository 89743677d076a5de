import picocolors from 'picocolors';
import type { RunDiff, StageDiff, TableDiff } from '../../../engine/diff/run-diff.ts';
import { count } from '../parts/quantities.ts';
import { wordDelta, wordNumber } from '../parts/table.ts';
import { bySize, type DiffStyle } from './changes.ts';
import { wordRest } from './rest.ts';
import { toldStages, wordCauses, wordSide, wordStageDiff } from './run-diff.ts';
import { splitRow, wordKey } from './table-diff.ts';
import { wordCellChange } from './changes.ts';

/** A text of data, which no form may take for its own signs; or words of Assay. */
export type Piece = { readonly data: string } | string;

export type Block =
  | { readonly type: 'heading'; readonly level: 1 | 2 | 3; readonly text: readonly Piece[] }
  | { readonly type: 'line'; readonly text: readonly Piece[] }
  /** Lines as they stand. */
  | { readonly type: 'lines'; readonly lines: readonly string[] }
  | {
      readonly type: 'table';
      readonly columns: readonly { readonly name: string; readonly align: 'left' | 'right' }[];
      readonly rows: readonly (readonly Piece[])[];
    };

const data = (text: string): Piece => ({ data: text });

/** What differs between a baseline and each of other runs, for forms that are no terminal: cause, overview, rows. */
export function documentOf(diffs: readonly RunDiff[], most: number): readonly Block[] {
  const style: DiffStyle = { colors: picocolors.createColors(false), most };
  return diffs.flatMap((diff) => blocksOf(diff, style));
}

function blocksOf(diff: RunDiff, style: DiffStyle): Block[] {
  const { a, b } = diff;
  const title: Block = { type: 'heading', level: 1, text: [data(wordSide(a)), ' → ', data(wordSide(b))] };
  const stages = toldStages(diff.stages);
  if (diff.identical) {
    const same = `identical: the same pipeline, models, versions and results (${count(stages.length, 'stage')})`;
    return [title, { type: 'line', text: [same] }];
  }
  const states: Block[] =
    a.state === b.state ? [] : [{ type: 'line', text: [`run ${a.state} → ${b.state}`] }];
  const causes = wordCauses(diff, style)
    .filter(({ lines }) => lines.length > 0)
    .flatMap(({ title: text, lines }): Block[] => [
      { type: 'heading', level: 2, text: [text] },
      { type: 'lines', lines: lines.map((line) => line.trim()) },
    ]);
  const results = stages.flatMap((stage, i) => stageBlocks(stage, stages.slice(0, i), style));
  const rest = wordRest(diff, stages);
  return [
    title,
    ...states,
    ...causes,
    ...overview(stages),
    ...results,
    ...(rest.length > 0 ? [{ type: 'lines', lines: rest } as const] : []),
  ];
}

/** How far the measure of each table moved. */
function overview(stages: readonly StageDiff[]): Block[] {
  const moved = stages.flatMap(({ name, table }) => (table?.change ? [{ name, change: table.change }] : []));
  if (moved.length === 0) return [];
  const left = (name: string) => ({ name, align: 'left' }) as const;
  const right = (name: string) => ({ name, align: 'right' }) as const;
  return [
    { type: 'heading', level: 2, text: ['how far it moved'] },
    {
      type: 'table',
      columns: [
        left('stage'),
        left('measure'),
        right('mean change'),
        left('95 % interval'),
        left('by'),
        right('up'),
        right('down'),
        right('equal'),
      ],
      rows: moved.map(({ name, change }) => [
        data(name),
        data(change.unit === undefined ? change.column : `${change.column} (${change.unit})`),
        wordDelta(change.mean),
        change.interval === undefined
          ? `none: ${change.why ?? ''}`
          : `${wordDelta(change.interval.low)} to ${wordDelta(change.interval.high)}`,
        data(`${change.by} (${change.units})`),
        String(change.up),
        String(change.down),
        String(change.equal),
      ]),
    },
  ];
}

function stageBlocks(stage: StageDiff, earlier: readonly StageDiff[], style: DiffStyle): Block[] {
  const lines = wordStageDiff(stage, earlier, style);
  const [head, ...more] = lines;
  if (head === undefined) return [];
  const said = head.startsWith(`${stage.name}: `) ? head.slice(stage.name.length + 2) : head;
  const heading: Block[] = [
    { type: 'heading', level: 3, text: [data(stage.name)] },
    { type: 'lines', lines: [said] },
  ];
  const { table } = stage;
  if (table === undefined || more.length === 0)
    return more.length === 0 ? heading : [...heading, { type: 'lines', lines: more }];
  return [...heading, ...cameAndWent(table, style), ...changedRows(table, style)];
}

function cameAndWent({ added, removed }: TableDiff, { most }: DiffStyle): Block[] {
  const lines = [
    ...removed.slice(0, most).map(({ key }) => `- ${wordKey(key)}`),
    ...added.slice(0, most).map(({ key }) => `+ ${wordKey(key)}`),
  ];
  const rest = added.length + removed.length - lines.length;
  if (rest > 0) lines.push(`... and ${rest} more`);
  return lines.length > 0 ? [{ type: 'lines', lines }] : [];
}

/** The largest changes first. */
function changedRows(table: TableDiff, { most }: DiffStyle): Block[] {
  const rows = table.changed.flatMap((row) => splitRow(row, table) ?? []);
  if (rows.length === 0) return [];
  const sorted = bySize(rows, ({ main }) => (main.column === table.measure?.column ? main.delta : 0));
  const rest = sorted.length - Math.min(most, sorted.length);
  return [
    {
      type: 'table',
      columns: [
        { name: 'row', align: 'left' },
        { name: 'column', align: 'left' },
        { name: 'before → after', align: 'left' },
        { name: 'change', align: 'right' },
      ],
      rows: sorted
        .slice(0, most)
        .map(({ key, main }) => [
          data(wordKey(key)),
          data(main.column),
          data(wordCellChange(main)),
          main.delta === undefined ? '' : `${main.delta > 0 ? '▲' : '▼'} ${wordNumber(Math.abs(main.delta))}`,
        ]),
    },
    ...(rest > 0 ? [{ type: 'line', text: [`... and ${rest} more`] } as const] : []),
  ];
}
