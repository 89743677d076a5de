import { cellAt } from '../columns.ts';
import type { Cell, Row, Table } from '../table.ts';

/** Cells by the name of their column. Columns of numbers are packed by the engine: 8 bytes a cell. */
export type CellsByName = ReadonlyMap<string, readonly Cell[]>;

interface Held {
  readonly cells: CellsByName;
  readonly length: number;
}

/** The columns of tables that were made of columns and whose rows nobody has asked for. */
const held = new WeakMap<Table, Held>();

/**
 * A table that is made of columns, all of one length. Its `rows` are made when they are first asked for, and from then
 * on they are the table: whoever has them may have changed them, and so the columns are let go.
 */
export function tableOfColumns(
  { columns, key }: Pick<Table, 'columns' | 'key'>,
  cells: CellsByName,
  length: number,
): Table {
  let rows: readonly Row[] | undefined;
  let made: Held | undefined = { cells, length };
  const table: Table = {
    columns,
    key,
    get rows() {
      if (rows === undefined) {
        rows = rowsOf(table, made ?? { cells: new Map(), length: 0 });
        made = undefined;
        held.delete(table);
      }
      return rows;
    },
  };
  held.set(table, made);
  return table;
}

/** The cells of a column in the order of the rows; null where a row, or the table, lacks it. */
export function cellsOf(table: Table, name: string): readonly Cell[] {
  const found = held.get(table);
  if (found === undefined) return table.rows.map((row) => cellAt(row, name));
  return found.cells.get(name) ?? new Array<Cell>(found.length).fill(null);
}

/** The cells of all columns of the table. */
export function cellsByName(table: Table): CellsByName {
  const cells = held.get(table)?.cells;
  return new Map(table.columns.map(({ name }) => [name, cells?.get(name) ?? cellsOf(table, name)]));
}

export function rowCount(table: Table): number {
  return held.get(table)?.length ?? table.rows.length;
}

/** The rows of a table that are there as objects; undefined where it is made of columns, and so has no cell outside them. */
export function rowsThatAreThere(table: Table): readonly Row[] | undefined {
  return held.has(table) ? undefined : table.rows;
}

/** The same cells under another key. */
export function withKey(table: Table, key: readonly string[]): Table {
  const found = held.get(table);
  return found === undefined
    ? { ...table, key }
    : tableOfColumns({ columns: table.columns, key }, found.cells, found.length);
}

/** Some columns of the table, under no key. */
export function columnsNamed(table: Table, names: readonly string[]): Table {
  const columns = table.columns.filter(({ name }) => names.includes(name));
  const cells = columns.map(({ name }) => [name, cellsOf(table, name)] as const);
  return tableOfColumns({ columns, key: [] }, new Map(cells), rowCount(table));
}

/** The rows at these places, in this order. */
export function rowsAt(table: Table, places: ArrayLike<number>): Table {
  const cells = [...cellsByName(table)].map(
    ([name, column]) => [name, Array.from(places, (place) => column[place] ?? null)] as const,
  );
  return tableOfColumns(table, new Map(cells), places.length);
}

function rowsOf({ columns }: Table, { cells, length }: Held): readonly Row[] {
  const named = columns.map(({ name }) => [name, cells.get(name) ?? []] as const);
  return Array.from({ length }, (_, place) => {
    const row: Record<string, Cell> = {};
    for (const [name, column] of named) {
      const cell = column[place] ?? null;
      // Assigned, that name would be the prototype of the row.
      if (name === '__proto__')
        Object.defineProperty(row, name, {
          value: cell,
          enumerable: true,
          writable: true,
          configurable: true,
        });
      else row[name] = cell;
    }
    return row;
  });
}
