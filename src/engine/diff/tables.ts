import type { Column, Row, Table } from '../../table/table.ts';
import { isNoise, noiseOf, silent } from './noise.ts';
import { pairedChange } from './paired-change.ts';
import { pairRows, type PairedRow } from './pair-rows.ts';
import type {
  CellChange,
  KeyedRow,
  Noise,
  RankingDiff,
  RowChange,
  TableDiff,
  Tolerance,
} from './run-diff.ts';
import { deltaOf, sameCell } from './values.ts';

/** Pairs the rows of two tables and compares them cell by cell. */
export function diffTables(
  before: Table,
  after: Table,
  tolerance: Tolerance,
  noise: Noise = silent,
): TableDiff {
  const { by, key, rows, repeated } = pairRows(before, after);
  const names = columnNames(before, after);
  // Where a row stands is no difference of what it is: another row was put in before it.
  const compared = names.filter((name) => ![before, after].every((table) => isCount(table, name)));
  const limits = new Map(names.map((name) => [name, noiseOf(name, before, after, noise)]));
  const inNats = new Set(after.columns.filter(({ unit }) => unit === 'nats').map(({ name }) => name));
  const changed: RowChange[] = [];
  const added: KeyedRow[] = [];
  const removed: KeyedRow[] = [];
  let [unchanged, withinNoise, largest] = [0, 0, 0];
  for (const { key: rowKey, before: was, after: row } of rows) {
    if (was === undefined || row === undefined) {
      if (row !== undefined) added.push({ key: rowKey, row });
      if (was !== undefined) removed.push({ key: rowKey, row: was });
      continue;
    }
    const different = diffRows(was, row, compared, tolerance);
    const cells = different.filter((cell) => !isNoise(cell, limits.get(cell.column)));
    if (cells.length > 0) changed.push({ key: rowKey, cells });
    else if (different.length > 0) {
      withinNoise += 1;
      largest = Math.max(
        largest,
        ...different.filter(({ column }) => inNats.has(column)).map(({ delta = 0 }) => Math.abs(delta)),
      );
    } else unchanged += 1;
  }
  const measure = measureOf(after, key);
  const ranking = diffRanking(before, after, rows);
  const change =
    measure === undefined
      ? undefined
      : pairedChange(
          measure,
          rows,
          key,
          (was, is) =>
            sameCell(was, is, tolerance) || isNoise({ before: was, after: is }, limits.get(measure.column)),
        );
  return {
    pairedBy: by,
    key,
    ...(repeated > 0 && { repeated }),
    columns: {
      added: names.filter((name) => !has(before, name)),
      removed: names.filter((name) => !has(after, name)),
    },
    rows: {
      before: before.rows.length,
      after: after.rows.length,
      unchanged,
      ...(withinNoise > 0 && { withinNoise }),
    },
    ...(largest > 0 && { largestNoise: largest }),
    added,
    removed,
    changed,
    ...(isReordered(before, rows) && { reordered: true }),
    ...(measure && { measure }),
    ...(ranking && { ranking }),
    ...(change && { change }),
  };
}

function diffRows(before: Row, after: Row, names: readonly string[], tolerance: Tolerance): CellChange[] {
  const cells: CellChange[] = [];
  for (const column of names) {
    const [old, now] = [before[column], after[column]];
    if (sameCell(old, now, tolerance)) continue;
    cells.push({
      column,
      ...(old !== undefined && { before: old }),
      ...(now !== undefined && { after: now }),
      ...deltaOf(old, now),
    });
  }
  return cells;
}

/** Whether rows that are in both tables stand in another order. */
function isReordered(before: Table, rows: readonly PairedRow[]): boolean {
  const places = new Map(before.rows.map((row, place) => [row, place]));
  let last = -1;
  for (const { before: was, after: is } of rows) {
    if (was === undefined || is === undefined) continue;
    const place = places.get(was) ?? last;
    if (place < last) return true;
    last = place;
  }
  return false;
}

function isCount({ columns }: Table, name: string): boolean {
  return columns.find((column) => column.name === name)?.counts === true;
}

function columnNames(before: Table, after: Table): string[] {
  return [...new Set([...after.columns, ...before.columns].map(({ name }) => name))];
}

function has(table: Table, name: string): boolean {
  return table.columns.some((column) => column.name === name);
}

/** The first number in nats, where there is one (log-probabilities are what Assay is about); else the first number. */
export function measureOf(
  table: Table,
  key: readonly string[],
): { column: string; unit?: string } | undefined {
  const numbers = table.columns.filter(({ name, type }) => type === 'number' && !key.includes(name));
  const column: Column | undefined = numbers.find(({ unit }) => unit === 'nats') ?? numbers[0];
  return column && { column: column.name, ...(column.unit !== undefined && { unit: column.unit }) };
}

const rankColumn = 'rank';

function diffRanking(before: Table, after: Table, rows: readonly PairedRow[]): RankingDiff | undefined {
  if (!isRanking(before) || !isRanking(after)) return undefined;
  const moves: { key: Row; before: number; after: number }[] = [];
  for (const { key, before: old, after: now } of rows) {
    const [was, is] = [old?.[rankColumn], now?.[rankColumn]];
    if (typeof was === 'number' && typeof is === 'number' && was !== is)
      moves.push({ key, before: was, after: is });
  }
  moves.sort((a, b) => Math.abs(b.after - b.before) - Math.abs(a.after - a.before) || a.after - b.after);
  return { column: rankColumn, moves };
}

/** Whether the column `rank` ranks the rows of this table (1, 2, 2, 4), and is not, say, the rank of a token. */
function isRanking(table: Table): boolean {
  if (!has(table, rankColumn) || table.rows.length === 0) return false;
  const ranks = table.rows
    .map((row) => row[rankColumn])
    .filter((rank): rank is number => typeof rank === 'number');
  ranks.sort((a, b) => a - b);
  return ranks.length > 0 && ranks.every((rank, i) => Number.isInteger(rank) && rank >= 1 && rank <= i + 1);
}
