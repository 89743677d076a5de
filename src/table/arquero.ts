import type * as Arquero from 'arquero';
import type { Cell, Row } from './table.ts';

export function toArquero(
  aq: typeof Arquero,
  rows: readonly Row[],
  columns: readonly string[],
): Arquero.ColumnTable {
  const names = new Set([...columns, ...Object.keys(rows[0] ?? {})]);
  return aq.table(Object.fromEntries([...names].map((name) => [name, rows.map((row) => row[name] ?? null)])));
}

export function toRows(table: Arquero.ColumnTable): readonly Row[] {
  return table
    .objects()
    .map((row) => Object.fromEntries(Object.entries(row).map(([name, cell]) => [name, cellOf(cell)])));
}

/** What arquero leaves undefined (a left join without a match) is null here; dates become ISO text. */
function cellOf(cell: unknown): Cell {
  if (cell === undefined) return null;
  if (cell instanceof Date) return cell.toISOString();
  if (typeof cell === 'bigint') return Number(cell);
  if (ArrayBuffer.isView(cell)) return [...(cell as Float64Array)];
  return cell as Cell;
}
