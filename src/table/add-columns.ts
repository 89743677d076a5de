import type { Column } from '../engine/artifact.ts';
import type { OptionProblem } from '../engine/stage-kind.ts';
import type { TableShape } from './columns.ts';

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
