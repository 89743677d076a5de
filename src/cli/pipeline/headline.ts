import { readArtifact } from '../../engine/index.ts';
import { measureOf } from '../../engine/diff/tables.ts';
import type { Cell, Row } from '../../table/table.ts';
import type { Headline, RunStage } from '../../engine/record.ts';

/** Kinds whose tables have one row for each of what is compared, in the order in which they are asked for. */
const RANKINGS = ['aggregate', 'compare', 'controls', 'effects'];

/**
 * The measure of the first row of the first ranking of a run, of an `aggregate` if there is one. None where no such table was
 * made, where it has no number there, and where it cannot be read: that is told with the results.
 */
export async function headlineOf(stages: readonly RunStage[], folder: string): Promise<Headline | undefined> {
  const made = stages.filter(
    ({ artifact, instance }) => artifact?.type === 'table' && instance === undefined,
  );
  const stage = RANKINGS.flatMap((kind) => made.filter(({ uses }) => uses === kind))[0];
  if (stage === undefined) return undefined;
  const artifact = await readArtifact(folder, stage).catch(() => undefined);
  if (artifact?.type !== 'table') return undefined;
  const { table } = artifact;
  const { key } = table;
  const measure = measureOf(table, key);
  const [row] = table.rows;
  const value = measure === undefined ? undefined : row?.[measure.column];
  if (measure === undefined || row === undefined || typeof value !== 'number' || !Number.isFinite(value)) {
    return undefined;
  }
  const told = columnsThatTell(key, table.rows);
  const named = told.map((column) => wordCell(row[column]));
  return { stage: stage.name, row: named.join(', '), ...measure, value };
}

/** The first columns of the key, as many as tell the rows apart: the others say the same once more. */
function columnsThatTell(key: readonly string[], rows: readonly Row[]): readonly string[] {
  for (let n = 1; n < key.length; n += 1) {
    const columns = key.slice(0, n);
    const told = new Set(rows.map((row) => JSON.stringify(columns.map((column) => row[column]))));
    if (told.size === rows.length) return columns;
  }
  return key;
}

function wordCell(cell: Cell | undefined): string {
  return typeof cell === 'string' ? cell : JSON.stringify(cell ?? null);
}
