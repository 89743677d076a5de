import type { Artifact } from '../engine/artifact.ts';
import type { InputPort } from '../engine/stage-kind.ts';
import type { JsonObject } from '../system/json.ts';
import { Failure, type OptionProblem } from '../system/failure.ts';
import { cellsKey, tableOf, unknownColumns } from '../table/columns.ts';
import type { Cell, Row, TableShape } from '../table/table.ts';
import type { Item } from './items.ts';

/** What prompts show before the item (few-shot). */
export const examplesPort: InputPort = {
  name: 'examples',
  type: 'table',
  optional: true,
  description: 'what prompts show before the item (few-shot): the list `examples` in templates',
};

/** How examples are drawn for each item. */
export interface DrawOption {
  readonly seed: number;
  readonly where: Readonly<Record<string, Cell>>;
}

export interface ExamplesOption {
  readonly shots?: number | readonly number[];
  readonly draw?: DrawOption;
}

export const examplesOptions: JsonObject = {
  shots: {
    type: ['integer', 'array'],
    minimum: 0,
    items: { type: 'integer', minimum: 0 },
    minItems: 1,
    uniqueItems: true,
    description:
      'How many examples to show; or a list of such numbers, each in turn, in the column `shots`. Default: all, where `draw` is not given.',
  },
  draw: {
    type: 'object',
    additionalProperties: false,
    properties: {
      seed: { type: 'integer', minimum: 0, default: 1, description: 'Of the random numbers.' },
      where: {
        type: 'object',
        additionalProperties: { type: ['string', 'number', 'boolean'] },
        default: {},
        description: 'Cells by column that examples have: `{ split: train }`.',
      },
    },
    description:
      'Draw the examples for each item at random, the item itself left out, from `examples`, or from the items where there is no such table. More shots show the same first ones. Default: the first of the table, for all.',
  },
};

/** What is said where there is no table of examples. */
export const noExamples = {
  message: 'there are no examples',
  expected: 'a table of examples in `from`: `from: { items: ..., examples: ... }`, or `draw`',
};

/** What is wrong between examples, their number and the items' fields. */
export function examplesProblems(
  { shots, draw }: ExamplesOption,
  items: TableShape,
  examples: TableShape | undefined,
): readonly OptionProblem[] {
  if (draw !== undefined && shots === undefined) {
    return [{ path: ['draw'], message: 'how many examples are drawn?', expected: '`shots`' }];
  }
  if (examples === undefined && draw === undefined) {
    return shots === undefined ? [] : [{ path: ['shots'], ...noExamples }];
  }
  const pool = examples ?? items;
  const where = Object.keys(draw?.where ?? {}).map((name) => ({ name, path: ['draw', 'where', name] }));
  const columns = [
    ...unknownColumns(pool, where),
    ...(Array.isArray(shots) && items.columns.some(({ name }) => name === 'shots')
      ? [
          {
            path: ['shots'],
            message: 'items have a field `shots` already',
            next: 'give the field another name',
          },
        ]
      : []),
  ];
  if (!items.columns.some(({ name }) => name === 'examples')) return columns;
  return [
    ...columns,
    {
      path: [],
      message: 'items cannot have a field `examples`: templates know the examples by that name',
      next: 'give the field another name',
    },
  ];
}

/** The examples that an item is shown, for each number of shots; `count` is undefined where there is but one number. */
export type ExamplesOf = (item: Item) => readonly {
  readonly count: number | undefined;
  /** Undefined where there are none to show: templates do not know the name then. */
  readonly examples: readonly Row[] | undefined;
}[];

/**
 * What gives the examples of each item.
 *
 * @param randomOf uniform numbers in [0, 1) from a text, the same for the same text
 * @throws Failure `too-few-examples` where an item cannot be shown as many as it should
 */
export function examplesOf(
  inputs: Readonly<Record<string, Artifact>>,
  { shots, draw }: ExamplesOption,
  items: readonly Item[],
  randomOf: (text: string) => () => number,
): ExamplesOf {
  const { examples } = inputs;
  const counts = typeof shots === 'object' ? shots : [shots];
  const named = (count: number | undefined): number | undefined =>
    typeof shots === 'object' ? count : undefined;
  if (draw === undefined) {
    const rows = examples === undefined ? undefined : tableOf(examples).rows;
    return () => counts.map((count) => ({ count: named(count), examples: rows?.slice(0, count) }));
  }
  const pool = (examples === undefined ? items.map(({ fields }) => fields) : tableOf(examples).rows).filter(
    (row) => Object.entries(draw.where).every(([name, cell]) => row[name] === cell),
  );
  const most = counts.reduce<number>((a, b) => Math.max(a, b ?? 0), 0);
  return (item) => {
    const others = pool.filter((row) => !isSame(row, item.fields));
    if (others.length < most) throw tooFew(most, others.length, item);
    const random = randomOf(`${draw.seed} ${cellsKey([item.id])}`);
    const drawn = firstDrawn(others, most, random);
    return counts.map((count) => ({ count: named(count), examples: drawn.slice(0, count) }));
  };
}

/** Whether an example is the item: all columns that both have hold the same; `id` only where they share no other. */
function isSame(example: Row, item: Row): boolean {
  const both = Object.keys(example).filter((name) => Object.hasOwn(item, name));
  const content = both.filter((name) => name !== 'id');
  const shared = content.length > 0 ? content : both;
  return shared.length > 0 && shared.every((name) => cellsKey([example[name]]) === cellsKey([item[name]]));
}

/** The first of a random order (Fisher and Yates), as many as are wanted. */
function firstDrawn(rows: readonly Row[], count: number, random: () => number): readonly Row[] {
  const order = [...rows];
  for (let place = 0; place < count; place += 1) {
    const other = place + Math.floor(random() * (order.length - place));
    const moved = order[place] ?? {};
    order[place] = order[other] ?? {};
    order[other] = moved;
  }
  return order.slice(0, count);
}

function tooFew(wanted: number, found: number, { id }: Item): Failure {
  return new Failure({
    code: 'too-few-examples',
    blame: 'user',
    message: `there are too few examples for item ${JSON.stringify(id)}, itself left out`,
    path: ['shots'],
    expected: `at least ${wanted}`,
    found: String(found),
    next: 'ask for fewer, or give more in `examples`',
  });
}
