import type { CellChange, RunDiff, StageDiff, ValueChange } from '../../../engine/diff/run-diff.ts';
import type { Cell, Column, Row } from '../../../table/table.ts';
import { csvText } from '../forms/csv.ts';
import { wordPath } from '../parts/values.ts';

const columns: readonly Column[] = [
  'baseline',
  'run',
  'stage',
  'what',
  'row',
  'column',
  'before',
  'after',
  'delta',
].map((name) => ({ name, type: 'json' }));

/** A line for each difference: of what was asked (no stage), and of each cell, row, value and line that came out. */
export function wordCsv(diffs: readonly RunDiff[]): string {
  const rows = diffs.flatMap((diff) => {
    const runs = { baseline: diff.a.id, run: diff.b.id };
    const asked = (['params', 'pipeline', 'versions', 'environment'] as const).flatMap((what) =>
      diff[what].map((change) => ({ ...runs, what, ...ofChange(change) })),
    );
    const externals = diff.externals.flatMap(({ name, changes }) =>
      changes.map((change) => ({ ...runs, what: name, ...ofChange(change) })),
    );
    const code = diff.code.map(({ what, name, before = null, after = null }) => ({ ...runs, what, column: name, before, after })); // prettier-ignore
    const results = diff.stages.flatMap((stage) =>
      ofStage(stage).map((row) => ({ ...runs, stage: stage.name, ...row })),
    );
    return [...asked, ...externals, ...code, ...results];
  });
  return csvText({ columns, key: [], rows });
}

function ofStage({ result, table, value, text, figure }: StageDiff): Row[] {
  const found: Row[] = [
    ...(table?.removed.map(({ key }): Row => ({ what: 'removed', row: key })) ?? []),
    ...(table?.added.map(({ key }): Row => ({ what: 'added', row: key })) ?? []),
    ...(table?.changed.flatMap(({ key, cells }) =>
      cells.map((cell): Row => ({ what: 'changed', row: key, ...defined(cell) })),
    ) ?? []),
    ...[...(value ?? []), ...(figure?.spec ?? [])].map((change): Row => ({
      what: 'changed',
      ...ofChange(change),
    })),
    ...(text?.lines ?? [])
      .filter(({ op }) => op !== '=')
      .map(({ op, line, text: said }): Row => ({ what: 'changed', column: `line ${line}`, [op === '-' ? 'before' : 'after']: said })), // prettier-ignore
  ];
  const isEqual = result === 'same' || result === 'none' || result.startsWith('within-');
  return found.length > 0 || isEqual ? found : [{ what: result }];
}

function ofChange({ path, ...change }: ValueChange): Row {
  return { column: wordPath(path), ...defined(change) };
}

function defined(change: Omit<ValueChange, 'path'> | CellChange): Row {
  return Object.fromEntries(Object.entries(change) as [string, Cell][]);
}
