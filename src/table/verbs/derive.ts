import { toRows } from '../arquero.ts';
import { expressionSchema } from '../given.ts';
import { expressionProblems } from '../shapes.ts';
import type { Column } from '../table.ts';
import { defineVerb } from '../verb.ts';

export const derive = defineVerb<Readonly<Record<string, string>>>({
  name: 'derive',
  schema: {
    type: 'object',
    minProperties: 1,
    additionalProperties: expressionSchema,
    description: 'New or replaced columns, by name, from expressions.',
  },

  shape(given, { table, at }) {
    const names = Object.keys(given);
    const derived = (name: string): Column => ({ name, type: 'json' });
    const columns = [
      ...table.columns.map((column) => (names.includes(column.name) ? derived(column.name) : column)),
      ...names.filter((name) => !table.columns.some((column) => column.name === name)).map(derived),
    ];
    const key = table.key.some((name) => names.includes(name)) ? [] : table.key;
    const problems = Object.entries(given).flatMap(([name, expression]) =>
      expressionProblems(table, expression, [...at, name]),
    );
    return { shape: { ...table, columns, key }, problems };
  },

  apply: (given, { table }) => toRows(table.derive({ ...given })),
});
