import type { Column, TableShape } from './table.ts';
import type { OptionProblem } from '../system/failure.ts';
import { unknownColumns } from './columns.ts';
import type { Path, ShapeContext } from './verb.ts';
import { columnsRead, irreproducibleCall } from './expression.ts';

/** The column of a name; what is computed, or is in a file, is known when it is there. */
export function columnNamed(table: TableShape, name: string): Column {
  return table.columns.find((column) => column.name === name) ?? { name, type: 'json' };
}

/** Fewer columns; the key goes with the first of its columns. */
export function withColumns(table: TableShape, columns: readonly Column[]): TableShape {
  const whole = table.key.every((name) => columns.some((column) => column.name === name));
  return { ...table, columns, key: whole ? table.key : [] };
}

/** A problem for each listed name that is no column. */
export function unknownListed(
  { table, at }: ShapeContext,
  names: readonly string[],
  ...more: Path
): readonly OptionProblem[] {
  return unknownColumns(
    table,
    names.map((name, index) => ({ name, path: [...at, ...more, index] })),
  );
}

export function expressionProblems(
  table: TableShape,
  expression: string,
  path: Path,
): readonly OptionProblem[] {
  const call = irreproducibleCall(expression);
  return [
    ...unknownColumns(
      table,
      [...new Set(columnsRead(expression))].map((name) => ({ name, path })),
    ),
    ...(call === undefined
      ? []
      : [{ path, message: `\`${call}()\` gives another result each time`, found: expression }]),
  ];
}

/** Two columns of one name are none that anyone can name. */
export function namedTwice(columns: readonly Column[], path: Path): readonly OptionProblem[] {
  const names = columns.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return [];
  return [
    {
      path,
      message: `the result would have two columns \`${twice}\``,
      next: 'rename or drop one of them first',
    },
  ];
}

export function unknownInput(
  name: string,
  path: Path,
  inputs: Readonly<Record<string, TableShape>>,
): readonly OptionProblem[] {
  if (Object.hasOwn(inputs, name)) return [];
  return [
    { path, message: `no input \`${name}\` in \`from\``, found: name, candidates: Object.keys(inputs) },
  ];
}
