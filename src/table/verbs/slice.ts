import { toRows } from '../arquero.ts';
import { defineVerb } from '../verb.ts';

export const slice = defineVerb<readonly number[]>({
  name: 'slice',
  schema: {
    type: 'array',
    items: { type: 'integer', minimum: 0 },
    minItems: 1,
    maxItems: 2,
    description: 'Rows from the first index (from 0) up to, not including, the second.',
  },
  shape: (_given, { table }) => ({ shape: table, problems: [] }),
  apply: ([start = 0, end = Infinity], { table }) => toRows(table.slice(start, end)),
});
