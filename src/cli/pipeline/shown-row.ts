import type { Artifact, RowPrompt } from '../../engine/artifact.ts';
import { readArtifact } from '../../engine/index.ts';
import type { RunRecord } from '../../engine/record.ts';
import { didYouMean } from '../../system/suggest.ts';
import type { Row, Table } from '../../table/table.ts';
import { usageFailure } from '../usage-failure.ts';
import { noStage } from './no-stage.ts';

/** One row of what a stage gave, with what a model was given for it. */
export interface ShownRow {
  readonly stage: string;
  /** From 1: the line of the table's file. */
  readonly row: number;
  readonly rows: number;
  /** The columns that tell rows apart. */
  readonly key: Row;
  /** Absent where the stage read no model. */
  readonly prompt?: RowPrompt;
  readonly cells: Row;
}

/**
 * The table of a recorded stage.
 * @throws UsageFailure `unknown-stage`, `no-rows`
 */
export async function readStageTable(
  { record, folder }: { readonly record: RunRecord; readonly folder: string },
  name: string,
): Promise<Extract<Artifact, { readonly type: 'table' }>> {
  const stage = record.stages.find((each) => each.name === name);
  if (stage === undefined) throw noStage(name, record.stages, record.id);
  const artifact = await readArtifact(folder, stage);
  if (artifact.type === 'table') return artifact;
  throw usageFailure('no-rows', `\`${name}\` gave a ${artifact.type}, which has no rows`, {
    expected: 'a stage that gave a table',
  });
}

/**
 * A row of a recorded stage.
 * @param which its number, from 1, or columns with their values: `id=17`, `format=plain,item=2`
 * @throws UsageFailure `unknown-stage`, `no-rows`, `unknown-row`
 */
export async function readShownRow(
  { record, folder }: { readonly record: RunRecord; readonly folder: string },
  name: string,
  which: string,
): Promise<ShownRow> {
  const { table, prompts } = await readStageTable({ record, folder }, name);
  const index = indexOfRow(table, which, name);
  const cells = table.rows[index] ?? {};
  const prompt = prompts?.[index];
  return {
    stage: name,
    row: index + 1,
    rows: table.rows.length,
    key: Object.fromEntries(table.key.map((column) => [column, cells[column] ?? null])),
    ...(prompt !== undefined && { prompt }),
    cells,
  };
}

export function indexOfRow({ columns, rows }: Table, which: string, stage: string): number {
  const unknown = (message: string, expected: string, next?: string) =>
    usageFailure('unknown-row', message, { expected, found: which, ...(next !== undefined && { next }) });
  if (/^\d+$/.test(which)) {
    const index = Number(which) - 1;
    if (index >= 0 && index < rows.length) return index;
    throw unknown(`\`${stage}\` has no row ${which}`, `1 to ${rows.length}`);
  }
  const wanted = which.split(/,(?=[^,=]+=)/).map((pair) => {
    const [column = '', ...value] = pair.split('=');
    return [column, value.join('=')] as const;
  });
  const names = columns.map((column) => column.name);
  const stranger = wanted.find(([column]) => !names.includes(column))?.[0];
  if (stranger !== undefined) {
    const expected = 'the number of a row, or columns with their values: id=17';
    throw unknown(`\`${stage}\` has no column \`${stranger}\``, expected, didYouMean(stranger, names));
  }
  const found = [...rows.keys()].filter((index) =>
    wanted.every(([column, value]) => textOf(rows[index]?.[column]) === value),
  );
  const [first] = found;
  if (first === undefined) throw unknown(`no row of \`${stage}\` is like that`, 'values that a row has');
  if (found.length > 1) {
    const numbers = found.slice(0, 10).map((index) => index + 1);
    const more = found.length > 10 ? ' and more' : '';
    throw unknown(
      `${found.length} rows of \`${stage}\` are like that`,
      `one of ${numbers.join(', ')}${more}`,
    );
  }
  return first;
}

function textOf(cell: Row[string] | undefined): string {
  return typeof cell === 'string' ? cell : JSON.stringify(cell ?? null);
}
