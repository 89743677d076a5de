import { namesSchema } from '../given.ts';
import { unknownListed, withColumns } from '../shapes.ts';
import { defineVerb } from '../verb.ts';

export const drop = defineVerb<readonly string[]>({
  name: 'drop',
  schema: { ...namesSchema, description: 'Leave these columns out.' },

  shape(given, context) {
    const columns = context.table.columns.filter(({ name }) => !given.includes(name));
    return { table: withColumns(context.table, columns), problems: unknownListed(context, given) };
  },

  apply: (_given, { frame, columns }) => frame.withColumns(columns),
});
