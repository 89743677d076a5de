import { namesSchema } from '../given.ts';
import { rowNumbers } from '../storage/row-numbers.ts';
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
    const numbers = rowNumbers(
      given.map((name) => frame.cells(name)),
      frame.length,
    );
    // Numbers grow as rows come that are not alike to one before.
    const kept: number[] = [];
    for (let row = 0; row < frame.length; row += 1) if (numbers[row] === kept.length) kept.push(row);
    return frame.pick(kept);
  },
});
