import { namesSchema } from '../given.ts';
import { columnNamed, namedTwice, unknownListed } from '../shapes.ts';
import type { Cell, Column, ColumnType } from '../table.ts';
import { defineVerb } from '../verb.ts';

interface Fold {
  readonly columns: readonly string[];
  readonly as: readonly string[];
}

export const fold = defineVerb<Fold>({
  name: 'fold',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['columns'],
    description: 'One row for each of the columns, with its name and its value.',
    properties: {
      columns: namesSchema,
      as: {
        type: 'array',
        items: { type: 'string' },
        minItems: 2,
        maxItems: 2,
        default: ['key', 'value'],
        description: 'Names of the two new columns. Those of the folded columns are free again.',
      },
    },
  },

  shape({ columns: folded, as }, context) {
    const { table, at } = context;
    const [key = 'key', value = 'value'] = as;
    const types = new Set(folded.map((name) => columnNamed(table, name).type));
    const columns: readonly Column[] = [
      ...table.columns.filter(({ name }) => !folded.includes(name)),
      { name: key, type: 'string' },
      { name: value, type: typeOfAll(types) },
    ];
    const whole = table.key.length > 0 && !table.key.some((name) => folded.includes(name));
    return {
      table: { ...table, columns, key: whole ? [...table.key, key] : [] },
      problems: [...unknownListed(context, folded, 'columns'), ...namedTwice(columns, [...at, 'as'])],
    };
  },

  apply({ columns: folded, as: [key = 'key', value = 'value'] }, { frame, columns }) {
    const rows = Array.from({ length: frame.length }, (_, row) => row).flatMap((row) =>
      folded.map(() => row),
    );
    const names = rows.map((_, place): Cell => folded[place % folded.length] ?? null);
    const cells = folded.map((name) => frame.cells(name));
    const values = rows.map((row, place) => cells[place % folded.length]?.[row] ?? null);
    return frame.pick(rows).withColumns(
      columns,
      new Map([
        [key, names],
        [value, values],
      ]),
    );
  },
});

function typeOfAll(types: ReadonlySet<ColumnType>): ColumnType {
  const [first = 'json'] = types;
  if (types.size === 1) return first;
  return [...types].every((type) => type === 'integer' || type === 'number') ? 'number' : 'json';
}
