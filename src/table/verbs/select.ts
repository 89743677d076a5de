import { namesSchema } from '../given.ts';
import { columnNamed, unknownListed, withColumns } from '../shapes.ts';
import { defineVerb } from '../verb.ts';

export const select = defineVerb<readonly string[]>({
  name: 'select',
  schema: { ...namesSchema, description: 'Keep these columns, in this order.' },

  shape(given, context) {
    const columns = given.map((name) => columnNamed(context.table, name));
    return {
      table: { ...withColumns(context.table, columns), open: false },
      problems: unknownListed(context, given),
    };
  },

  apply: (_given, { frame, columns }) => frame.withColumns(columns),
});
