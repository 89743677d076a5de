import { toRows } from '../arquero.ts';
import { expressionSchema } from '../given.ts';
import { columnNamed, expressionProblems, unknownListed } from '../shapes.ts';
import type { Column } from '../table.ts';
import { defineVerb } from '../verb.ts';

interface Rollup {
  readonly by: readonly string[];
  readonly columns: Readonly<Record<string, string>>;
}

export const rollup = defineVerb<Rollup>({
  name: 'rollup',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['columns'],
    description: 'One row per combination of `by`, with columns from aggregate expressions.',
    properties: {
      by: { type: 'array', items: { type: 'string' }, uniqueItems: true, default: [] },
      columns: { type: 'object', minProperties: 1, additionalProperties: expressionSchema },
    },
  },

  shape({ by, columns }, context) {
    const { table, at } = context;
    const problems = [
      ...unknownListed(context, by, 'by'),
      ...Object.entries(columns).flatMap(([name, expression]) =>
        expressionProblems(table, expression, [...at, 'columns', name]),
      ),
    ];
    const groups = by.map((name) => columnNamed(table, name));
    const computed = Object.keys(columns).map((name): Column => ({ name, type: 'json' }));
    return { shape: { type: 'table', columns: [...groups, ...computed], key: by }, problems };
  },

  apply: ({ by, columns }, { table }) => toRows(table.groupby(...by).rollup({ ...columns })),
});
