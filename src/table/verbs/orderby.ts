import { namesSchema } from '../given.ts';
import { parseOrder, sortRows } from '../order.ts';
import { unknownListed } from '../shapes.ts';
import { defineVerb } from '../verb.ts';

export const orderby = defineVerb<readonly string[]>({
  name: 'orderby',
  schema: {
    ...namesSchema,
    description: 'Sort by these columns; `-` in front sorts downwards. Missing values last.',
  },
  shape: (given, context) => ({
    shape: context.table,
    problems: unknownListed(
      context,
      given.map((term) => parseOrder(term).column),
    ),
  }),
  // Arquero puts missing values last only when sorting upwards.
  apply: (given, { rows }) => sortRows(rows, given.map(parseOrder)),
});
