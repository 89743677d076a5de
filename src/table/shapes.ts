import type { OptionProblem } from '../system/failure.ts';
import { unknownColumns } from './columns.ts';
import type { Setting } from './expression/index.ts';
import type { Column, TableShape } from './table.ts';
import type { Outline, Path, ShapeContext } from './verb.ts';

/** The column of a name; what is computed, or is in a file, is known when it is there. */
export function columnNamed(table: TableShape, name: string): Column {
  return table.columns.find((column) => column.name === name) ?? { name, type: 'json' };
}

/** Other columns; the key goes with the first of its columns. */
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

/** What an expression of a row may read. */
export function settingOf({ table, ordered }: Outline): Setting {
  return { columns: table.columns, open: table.open === true, ordered };
}

/** Two columns of one name are none that anyone can name. */
export function namedTwice(columns: readonly Column[], path: Path): readonly OptionProblem[] {
  const names = new Set<string>();
  for (const { name } of columns) {
    if (names.has(name)) {
      return [
        {
          path,
          message: `the result would have two columns \`${name}\``,
          next: 'rename or drop one of them first',
        },
      ];
    }
    names.add(name);
  }
  return [];
}

export function unknownInput(
  name: string,
  path: Path,
  inputs: ReadonlyMap<string, TableShape>,
): readonly OptionProblem[] {
  if (inputs.has(name)) return [];
  return [{ path, message: `no input \`${name}\` in \`from\``, found: name, candidates: [...inputs.keys()] }];
}

/** Rows without a label make a group of their own; nobody may think that they were left out. */
export function withoutLabel(
  columns: readonly { readonly name: string; readonly missing: number }[],
  rows: number,
): readonly string[] {
  return columns
    .filter(({ missing }) => missing > 0)
    .map(
      ({ name, missing }) => `${missing} of ${rows} rows have no \`${name}\`; they are a group of their own`,
    );
}
