import { cellsKey } from '../table/columns.ts';
import type { Cell, Row, Table } from '../table/table.ts';

/** A kind of unit that a claim generalises over, and where each row stands in it. */
export interface UnitColumn {
  readonly name: string;
  /** Which unit a row belongs to; rows by themselves are units where no column is named. */
  label(row: Row, place: number): string;
  /** Which rows of two units can take each other's place: those alike in the rest of the key. */
  slot(row: Row): string;
  /** The cell of the column in the unit with this label. */
  cell(label: string, rows: readonly Row[]): Cell;
}

/**
 * The units that are named; without a name each row, or none where the key of the table says that rows repeat
 * something, for then rows are no independent witnesses.
 */
export function unitColumns(
  unit: string | readonly string[] | undefined,
  within: string | undefined,
  { key }: Pick<Table, 'key'>,
): readonly UnitColumn[] {
  if (unit === undefined) {
    const rows: UnitColumn = {
      name: 'row',
      label: (_, place) => String(place),
      slot: () => '',
      cell: (label) => Number(label) + 1,
    };
    return key.length > 1 ? [] : [rows];
  }
  return [unit].flat().map((name) => {
    const others = [...(within === undefined ? [] : [within]), ...key].filter((column) => column !== name);
    const label = (row: Row): string => cellsKey([row[name]]);
    return {
      name,
      label,
      slot: (row) => cellsKey(others.map((column) => row[column])),
      cell: (wanted, rows) => rows.find((row) => label(row) === wanted)?.[name] ?? null,
    };
  });
}
