import type { Column, TableShape } from './table.ts';
import type { OptionProblem } from '../system/failure.ts';

/** The shape of a table whose rows get further columns; rows stay apart by the same key. */
export function addColumns(table: TableShape, added: readonly Column[]): TableShape {
  const names = new Set(added.map(({ name }) => name));
  return { ...table, columns: [...table.columns.filter(({ name }) => !names.has(name)), ...added] };
}

/** A table that has one of the columns already would lose it. */
export function columnsTaken(table: TableShape, added: readonly Column[]): readonly OptionProblem[] {
  return table.columns
    .filter(({ name }) => added.some((column) => column.name === name))
    .map(({ name }) => ({
      path: [],
      message: `the input has a column \`${name}\` already`,
      next: 'drop or rename it first, with a `table` stage',
    }));
}
