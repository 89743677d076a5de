import { toArquero, toRows } from '../arquero.ts';
import { unknownColumns } from '../columns.ts';
import { namesSchema } from '../given.ts';
import { namedTwice, unknownInput, unknownListed } from '../shapes.ts';
import { defineVerb } from '../verb.ts';

interface Join {
  readonly input: string;
  readonly on: readonly string[];
  readonly how: 'inner' | 'left' | 'semi' | 'anti';
}

export const join = defineVerb<Join>({
  name: 'join',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['input', 'on'],
    description: 'Add the columns of another input where the `on` columns are equal.',
    properties: {
      input: { type: 'string', description: 'Name of the input in `from`.' },
      on: { ...namesSchema, description: 'Columns that both tables have.' },
      how: {
        type: 'string',
        enum: ['inner', 'left', 'semi', 'anti'],
        default: 'inner',
        description:
          'inner: rows with a match. left: all rows, null where there is none. semi, anti: rows with or without a match, no columns added.',
      },
    },
  },

  shape({ input, on, how }, context) {
    const { table, at, inputs } = context;
    const right = inputs[input];
    if (right === undefined) {
      return { shape: table, problems: unknownInput(input, [...at, 'input'], inputs) };
    }
    const problems = [
      ...unknownListed(context, on, 'on'),
      ...unknownColumns(
        right,
        on.map((name, index) => ({ name, path: [...at, 'on', index] })),
      ),
    ];
    if (how === 'semi' || how === 'anti') return { shape: table, problems };
    const added = right.columns.filter(({ name }) => !on.includes(name));
    const columns = [...table.columns, ...added];
    // One match at most for each row keeps the rows apart; more make new rows.
    const single = right.key.length > 0 && right.key.every((name) => on.includes(name));
    return {
      shape: {
        type: 'table',
        columns,
        key: single ? table.key : [],
        ...((table.open === true || right.open === true) && { open: true }),
      },
      problems: [...problems, ...namedTwice(columns, at)],
    };
  },

  apply({ input, on, how }, { aq, rows, table, inputs }) {
    const other = inputs[input] ?? [];
    const right = toArquero(aq, other, [...on, ...Object.keys(other[0] ?? {})]);
    // Arquero puts rows without a match last; the order of the left table is kept here.
    const place = '\u0000place';
    const placed = table.assign({ [place]: rows.map((_, index) => index) });
    const keys = [...on] as Parameters<typeof placed.join>[1];
    const joined = {
      inner: () => placed.join(right, keys),
      left: () => placed.join_left(right, keys),
      semi: () => placed.semijoin(right, keys),
      anti: () => placed.antijoin(right, keys),
    }[how]();
    return toRows(joined.orderby(place).select(aq.not(place)));
  },
});
