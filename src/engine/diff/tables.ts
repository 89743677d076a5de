import type { Cell, Column, Row, Table } from '../../table/table.ts';
import { canonicalJson } from '../../system/json.ts';
import type { CellChange, KeyedRow, RankingDiff, RowChange, TableDiff, Tolerance } from './run-diff.ts';
import { deltaOf, sameCell } from './values.ts';

/** Aligns two tables row by row by their key columns and compares them cell by cell. */
export function diffTables(before: Table, after: Table, tolerance: Tolerance): TableDiff {
  const key = commonKey(before, after);
  const names = columnNames(before, after);
  const old = aligned(before, key);
  const now = aligned(after, key);
  const changed: RowChange[] = [];
  const added: KeyedRow[] = [];
  const removed: KeyedRow[] = [];
  let unchanged = 0;
  for (const [position, { key: rowKey, row }] of now) {
    const was = old.get(position);
    if (!was) {
      added.push({ key: rowKey, row });
      continue;
    }
    const cells = diffRows(was.row, row, names, tolerance);
    if (cells.length > 0) changed.push({ key: rowKey, cells });
    else unchanged += 1;
  }
  for (const [position, keyed] of old) if (!now.has(position)) removed.push(keyed);
  const measure = measureOf(after, key);
  const ranking = diffRanking(before, after, old, now);
  return {
    key,
    columns: {
      added: names.filter((name) => !has(before, name)),
      removed: names.filter((name) => !has(after, name)),
    },
    rows: { before: before.rows.length, after: after.rows.length, unchanged },
    added,
    removed,
    changed,
    ...(measure && { measure }),
    ...(ranking && { ranking }),
  };
}

/**
 * The columns that tell rows apart in both tables. Of the key that both have, columns at its end that do not help are
 * left out, so that a row whose description was edited is still the same row. Without a key, the first column of texts
 * that are all different; where there is none, rows are aligned by their position.
 */
function commonKey(before: Table, after: Table): readonly string[] {
  const both = (name: string) => has(before, name) && has(after, name);
  const tells = (key: readonly string[]) => isUnique(before, key) && isUnique(after, key);
  // A matrix that came or went adds or takes a key column; rows that the rest does not tell apart are numbered.
  let key = after.key.filter((name) => before.key.includes(name) && both(name));
  if (key.length === 0) {
    const label = after.columns.find(({ name, type }) => type === 'string' && both(name) && tells([name]));
    return label ? [label.name] : [];
  }
  while (key.length > 1 && tells(key.slice(0, -1))) key = key.slice(0, -1);
  return key;
}

function isUnique(table: Table, key: readonly string[]): boolean {
  return (
    new Set(table.rows.map((row) => keyText(key.map((name) => row[name] ?? null)))).size === table.rows.length
  );
}

/** Rows by their key. Rows with equal keys are told apart by their order. */
function aligned(table: Table, key: readonly string[]): Map<string, KeyedRow> {
  const seen = new Map<string, number>();
  const rows = new Map<string, KeyedRow>();
  table.rows.forEach((row, index) => {
    const values: Record<string, Cell> = {};
    for (const name of key) values[name] = row[name] ?? null;
    const text = key.length > 0 ? keyText(key.map((name) => row[name] ?? null)) : '';
    const nth = seen.get(text) ?? 0;
    seen.set(text, nth + 1);
    const rowKey: Row =
      key.length > 0 ? (nth > 0 ? { ...values, '#': nth + 1 } : values) : { '#': index + 1 };
    rows.set(`${text}#${nth}`, { key: rowKey, row });
  });
  return rows;
}

function keyText(values: readonly Cell[]): string {
  // Canonical JSON has no text for numbers that are not finite.
  return canonicalJson(values.map((value) => (typeof value === 'number' ? `n${value}` : (value as string))));
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

function columnNames(before: Table, after: Table): string[] {
  return [...new Set([...after.columns, ...before.columns].map(({ name }) => name))];
}

function has(table: Table, name: string): boolean {
  return table.columns.some((column) => column.name === name);
}

/** The first number in nats, where there is one (log-probabilities are what Assay is about); else the first number. */
function measureOf(table: Table, key: readonly string[]): { column: string; unit?: string } | undefined {
  const numbers = table.columns.filter(({ name, type }) => type === 'number' && !key.includes(name));
  const column: Column | undefined = numbers.find(({ unit }) => unit === 'nats') ?? numbers[0];
  return column && { column: column.name, ...(column.unit !== undefined && { unit: column.unit }) };
}

const rankColumn = 'rank';

function diffRanking(
  before: Table,
  after: Table,
  old: ReadonlyMap<string, KeyedRow>,
  now: ReadonlyMap<string, KeyedRow>,
): RankingDiff | undefined {
  if (!isRanking(before) || !isRanking(after)) return undefined;
  const moves: { key: Row; before: number; after: number }[] = [];
  for (const [position, { key, row }] of now) {
    const was = old.get(position)?.row[rankColumn];
    const is = row[rankColumn];
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
