import { cellKeys } from '../columns.ts';
import { namesSchema } from '../given.ts';
import { unknownListed } from '../shapes.ts';
import { defineVerb } from '../verb.ts';

export const dedupe = defineVerb<readonly string[]>({
  name: 'dedupe',
  schema: {
    ...namesSchema,
    description: 'Keep the first row of each combination of these columns; missing values are alike.',
  },

  shape: (given, context) => ({
    ...(context.table.key.length === 0 && { table: { ...context.table, key: given } }),
    problems: unknownListed(context, given),
  }),

  apply(given, { frame }) {
    const seen = new Set<string>();
    const keys = cellKeys(
      given.map((name) => frame.cells(name)),
      frame.length,
    );
    return frame.pick(
      keys.flatMap((key, row) => {
        if (seen.has(key)) return [];
        seen.add(key);
        return [row];
      }),
    );
  },
});
