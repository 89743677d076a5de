import { isDeepStrictEqual } from 'node:util';
import type { OptionProblem } from '../../system/failure.ts';
import { namesSchema } from '../given.ts';
import { unknownInput } from '../shapes.ts';
import { Frame } from '../frame.ts';
import type { Cell, Column, ColumnType } from '../table.ts';
import { defineVerb } from '../verb.ts';

export const concat = defineVerb<readonly string[]>({
  name: 'concat',
  schema: {
    ...namesSchema,
    description: 'Append the rows of these inputs; what one of them has no column for is null.',
  },

  shape(given, { table, at, inputs }) {
    const problems: OptionProblem[] = [];
    const columns = new Map(table.columns.map((column) => [column.name, column]));
    let open = table.open === true;
    // Where every input has the same key, its values may be different in each; the stage looks whether that is so.
    let { key } = table;
    for (const [index, name] of given.entries()) {
      const path = [...at, index];
      problems.push(...unknownInput(name, path, inputs));
      const other = inputs.get(name);
      open ||= other?.open === true;
      if (!isDeepStrictEqual(key, other?.key ?? key)) key = [];
      for (const column of other?.columns ?? []) {
        const before = columns.get(column.name);
        const type = before === undefined ? column.type : typeOfBoth(before.type, column.type);
        if (type === undefined) problems.push(unlike(before ?? column, column, name, path));
        columns.set(column.name, { ...(before ?? column), type: type ?? 'json' });
      }
    }
    return {
      table: { type: 'table', columns: [...columns.values()], key, ...(open && { open }) },
      groups: [],
      ordered: false,
      problems,
    };
  },

  apply(given, { frame, columns, inputs }) {
    const frames = [frame, ...given.flatMap((name) => inputs.get(name) ?? [])];
    const cells = columns.map(({ name }): readonly [string, readonly Cell[]] => [
      name,
      frames.flatMap((each) => (each.has(name) ? each.cells(name) : new Array<Cell>(each.length).fill(null))),
    ]);
    return Frame.of(
      columns,
      new Map(cells),
      frames.reduce((length, each) => length + each.length, 0),
    );
  },
});

/** The type that holds the cells of both; undefined where they are unlike. What a `json` column holds is not known. */
function typeOfBoth(a: ColumnType, b: ColumnType): ColumnType | undefined {
  if (a === b) return a;
  if (a === 'json' || b === 'json') return 'json';
  return [a, b].every((type) => type === 'integer' || type === 'number') ? 'number' : undefined;
}

function unlike(
  before: Column,
  column: Column,
  input: string,
  path: readonly (string | number)[],
): OptionProblem {
  return {
    path,
    message: `column \`${column.name}\` is of another type in \`${input}\``,
    expected: before.type,
    found: column.type,
    next: 'give the column one type where it is read, or derive it in a `table` stage',
  };
}
