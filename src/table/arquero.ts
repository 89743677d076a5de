import type { ColumnTable } from 'arquero';
import { cellAt, completeRows, inferColumns } from './columns.ts';
import type { Row, Table } from './table.ts';

/*
 * Arquero is there for stages of a user's own and for scripts. The verbs of `table` stages are this room's: Arquero's
 * make code of text (`Function`), which a pipeline from a stranger must not get to, and answer some questions otherwise
 * (`verbs/index.ts` lists which).
 */

/** A table as Arquero has it, for its verbs: the same columns, cells and order. */
export async function toArquero({ columns, rows }: Table): Promise<ColumnTable> {
  const { table } = await import('arquero');
  return table(
    columns.map(({ name }) => [name, rows.map((row) => cellAt(row, name))] as [string, unknown[]]),
  );
}

/**
 * What Arquero gave, as a table that a stage can return: what is filtered is left out, what is ordered is in order, and
 * undefined becomes null. Columns have the narrowest type that holds their cells.
 *
 * @param key columns that tell rows apart
 */
export function fromArquero(table: ColumnTable, key: readonly string[] = []): Table {
  const names = table.columnNames();
  const rows = Array.from(table.indices(), (index): Row =>
    Object.fromEntries(names.map((name) => [name, (table.column(name)?.at(index) ?? null) as Row[string]])),
  );
  const found = inferColumns(rows);
  const columns = names.map(
    (name) => found.find((column) => column.name === name) ?? { name, type: 'json' as const },
  );
  return { columns, key, rows: completeRows(rows, columns) };
}
