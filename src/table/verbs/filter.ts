import { toRows } from '../arquero.ts';
import { expressionSchema } from '../given.ts';
import { expressionProblems } from '../shapes.ts';
import { defineVerb } from '../verb.ts';

export const filter = defineVerb<string>({
  name: 'filter',
  schema: { ...expressionSchema, description: 'Keep the rows for which the expression holds.' },
  shape: (given, { table, at }) => ({ shape: table, problems: expressionProblems(table, given, at) }),
  apply: (given, { table }) => toRows(table.filter(given)),
});
