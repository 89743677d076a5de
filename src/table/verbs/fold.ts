import { toRows } from '../arquero.ts';
import { namesSchema } from '../given.ts';
import { namedTwice, unknownListed } from '../shapes.ts';
import type { Column } from '../table.ts';
import { defineVerb } from '../verb.ts';

interface Fold {
  readonly columns: readonly string[];
  readonly as: readonly string[];
}

export const fold = defineVerb<Fold>({
  name: 'fold',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['columns'],
    description: 'One row for each of the columns, with its name and its value.',
    properties: {
      columns: namesSchema,
      as: {
        type: 'array',
        items: { type: 'string' },
        minItems: 2,
        maxItems: 2,
        default: ['key', 'value'],
      },
    },
  },

  shape({ columns: folded, as }, context) {
    const { table, at } = context;
    const [key = 'key', value = 'value'] = as;
    const columns: readonly Column[] = [
      ...table.columns.filter(({ name }) => !folded.includes(name)),
      { name: key, type: 'string' },
      { name: value, type: 'json' },
    ];
    const rest = table.key.filter((name) => !folded.includes(name));
    return {
      shape: {
        ...table,
        columns,
        key: rest.length === table.key.length && rest.length > 0 ? [...rest, key] : [],
      },
      problems: [...unknownListed(context, folded, 'columns'), ...namedTwice(columns, at)],
    };
  },

  apply: ({ columns, as }, { table }) =>
    toRows(table.fold([...columns], { as: [as[0] ?? 'key', as[1] ?? 'value'] })),
});
