import { defineVerb } from '../verb.ts';

export const slice = defineVerb<readonly number[]>({
  name: 'slice',
  schema: {
    type: 'array',
    items: { type: 'integer', minimum: 0 },
    minItems: 1,
    maxItems: 2,
    description:
      'Rows from the first index (from 0) up to, not including, the second; after `groupby`, of each group.',
  },
  shape: () => ({ problems: [] }),
  apply([start = 0, end = Infinity], { frame }) {
    const kept = new Set(frame.groups.flatMap((members) => members.slice(start, end)));
    return frame.pick(Array.from({ length: frame.length }, (_, row) => row).filter((row) => kept.has(row)));
  },
});
