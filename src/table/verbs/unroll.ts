import { toRows } from '../arquero.ts';
import { namesSchema } from '../given.ts';
import { unknownListed } from '../shapes.ts';
import { defineVerb } from '../verb.ts';

export const unroll = defineVerb<readonly string[]>({
  name: 'unroll',
  schema: { ...namesSchema, description: 'One row for each element of the lists in these columns.' },

  shape(given, context) {
    const columns = context.table.columns.map((column) =>
      given.includes(column.name) ? ({ name: column.name, type: 'json' } as const) : column,
    );
    return { shape: { ...context.table, columns, key: [] }, problems: unknownListed(context, given) };
  },

  apply: (given, { table }) => toRows(table.unroll([...given])),
});
