import { toRows } from '../arquero.ts';
import { unknownColumns } from '../columns.ts';
import { namedTwice } from '../shapes.ts';
import { defineVerb } from '../verb.ts';

export const rename = defineVerb<Readonly<Record<string, string>>>({
  name: 'rename',
  schema: {
    type: 'object',
    minProperties: 1,
    additionalProperties: { type: 'string', minLength: 1 },
    description: 'New names by old name.',
  },

  shape(given, { table, at }) {
    const renamed = (name: string): string => (Object.hasOwn(given, name) ? (given[name] ?? name) : name);
    const columns = table.columns.map((column) => ({ ...column, name: renamed(column.name) }));
    const problems = [
      ...unknownColumns(
        table,
        Object.keys(given).map((name) => ({ name, path: [...at, name] })),
      ),
      ...namedTwice(columns, at),
    ];
    return { shape: { ...table, columns, key: table.key.map(renamed) }, problems };
  },

  apply: (given, { table }) => toRows(table.rename({ ...given })),
});
