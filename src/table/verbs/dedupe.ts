import { toRows } from '../arquero.ts';
import { namesSchema } from '../given.ts';
import { unknownListed } from '../shapes.ts';
import { defineVerb } from '../verb.ts';

export const dedupe = defineVerb<readonly string[]>({
  name: 'dedupe',
  schema: { ...namesSchema, description: 'Keep the first row of each combination of these columns.' },
  shape: (given, context) => ({
    shape: context.table.key.length === 0 ? { ...context.table, key: given } : context.table,
    problems: unknownListed(context, given),
  }),
  apply: (given, { table }) => toRows(table.dedupe(...given)),
});
