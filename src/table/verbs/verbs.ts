import type { JsonObject } from '../../system/json.ts';

/** One step of a `table` stage: an arquero verb and what it is given. */
export type Verb =
  | { readonly name: 'filter'; readonly given: string }
  | { readonly name: 'derive'; readonly given: Readonly<Record<string, string>> }
  | {
      readonly name: 'select' | 'drop' | 'dedupe' | 'orderby' | 'unroll' | 'concat';
      readonly given: readonly string[];
    }
  | { readonly name: 'rename'; readonly given: Readonly<Record<string, string>> }
  | { readonly name: 'slice'; readonly given: readonly number[] }
  | { readonly name: 'join'; readonly given: Join }
  | { readonly name: 'rollup'; readonly given: Rollup }
  | { readonly name: 'fold'; readonly given: Fold };

export interface Join {
  readonly input: string;
  readonly on: readonly string[];
  readonly how: 'inner' | 'left' | 'semi' | 'anti';
}

export interface Rollup {
  readonly by: readonly string[];
  readonly columns: Readonly<Record<string, string>>;
}

export interface Fold {
  readonly columns: readonly string[];
  readonly as: readonly string[];
}

/** `{ filter: "d.x > 0" }` as the file has it. The schema has seen to it that there is one key. */
export function verbOf(entry: Readonly<Record<string, unknown>>): Verb {
  const [name, given] = Object.entries(entry)[0] ?? [];
  return { name, given } as Verb;
}

const expression = { type: 'string', minLength: 1 } as const;
const names = { type: 'array', items: { type: 'string' }, minItems: 1, uniqueItems: true } as const;

export const verbsSchema: JsonObject = {
  type: 'array',
  minItems: 1,
  description: 'The steps, in order.',
  items: {
    type: 'object',
    additionalProperties: false,
    minProperties: 1,
    maxProperties: 1,
    properties: {
      filter: { ...expression, description: 'Keep the rows for which the expression holds.' },
      derive: {
        type: 'object',
        minProperties: 1,
        additionalProperties: expression,
        description: 'New or replaced columns, by name, from expressions.',
      },
      select: { ...names, description: 'Keep these columns, in this order.' },
      drop: { ...names, description: 'Leave these columns out.' },
      rename: {
        type: 'object',
        minProperties: 1,
        additionalProperties: { type: 'string', minLength: 1 },
        description: 'New names by old name.',
      },
      orderby: {
        ...names,
        description: 'Sort by these columns; `-` in front sorts downwards. Missing values last.',
      },
      slice: {
        type: 'array',
        items: { type: 'integer', minimum: 0 },
        minItems: 1,
        maxItems: 2,
        description: 'Rows from the first index (from 0) up to, not including, the second.',
      },
      dedupe: { ...names, description: 'Keep the first row of each combination of these columns.' },
      unroll: { ...names, description: 'One row for each element of the lists in these columns.' },
      join: {
        type: 'object',
        additionalProperties: false,
        required: ['input', 'on'],
        description: 'Add the columns of another input where the `on` columns are equal.',
        properties: {
          input: { type: 'string', description: 'Name of the input in `from`.' },
          on: { ...names, description: 'Columns that both tables have.' },
          how: {
            type: 'string',
            enum: ['inner', 'left', 'semi', 'anti'],
            default: 'inner',
            description:
              'inner: rows with a match. left: all rows, null where there is none. semi, anti: rows with or without a match, no columns added.',
          },
        },
      },
      concat: { ...names, description: 'Append the rows of these inputs.' },
      rollup: {
        type: 'object',
        additionalProperties: false,
        required: ['columns'],
        description: 'One row per combination of `by`, with columns from aggregate expressions.',
        properties: {
          by: { type: 'array', items: { type: 'string' }, uniqueItems: true, default: [] },
          columns: { type: 'object', minProperties: 1, additionalProperties: expression },
        },
      },
      fold: {
        type: 'object',
        additionalProperties: false,
        required: ['columns'],
        description: 'One row for each of the columns, with its name and its value.',
        properties: {
          columns: names,
          as: {
            type: 'array',
            items: { type: 'string' },
            minItems: 2,
            maxItems: 2,
            default: ['key', 'value'],
          },
        },
      },
    },
  },
};
