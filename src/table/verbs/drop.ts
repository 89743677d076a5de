import { toRows } from '../arquero.ts';
import { namesSchema } from '../given.ts';
import { unknownListed, withColumns } from '../shapes.ts';
import { defineVerb } from '../verb.ts';

export const drop = defineVerb<readonly string[]>({
  name: 'drop',
  schema: { ...namesSchema, description: 'Leave these columns out.' },

  shape(given, context) {
    const columns = context.table.columns.filter(({ name }) => !given.includes(name));
    return { shape: withColumns(context.table, columns), problems: unknownListed(context, given) };
  },

  apply: (given, { aq, table }) => toRows(table.select(aq.not([...given]))),
});
