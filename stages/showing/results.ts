import { entriesOf, mapOf } from '../../src/system/names-in-order.ts';
import type { Cell } from '../../src/table/table.ts';
import { defineStage, type Shape } from '../../src/engine/stage-kind.ts';
import { Failure, type OptionProblem } from '../../src/system/failure.ts';
import type { Artifact } from '../../src/engine/artifact.ts';
import { must, InternalError } from '../../src/system/internal-error.ts';
import { isMissing } from '../../src/table/cells.ts';
import { tableShape, unknownColumns } from '../../src/table/columns.ts';
import { valueAt } from '../../src/table/value-path.ts';

interface ResultsOptions {
  readonly values: Readonly<Record<string, Pick>>;
}

interface Pick {
  readonly input: string;
  readonly index?: string;
  readonly column?: string;
  readonly columns?: Readonly<Record<string, string>>;
  readonly path?: string;
}

export const results = defineStage<ResultsOptions>({
  name: 'results',
  module: import.meta.url,
  summary: 'One JSON of named values picked from tables and values.',
  description: [
    'Each entry of `values` picks from one input:',
    '',
    '- from a table: `column` by `index`, an object whose keys are the cells of the index column; or `columns`,',
    '  several such objects by name, as pandas’ `to_dict` gives them; without `index`, lists in the order of the rows;',
    '- from a value: what is at `path` (`pearson.coefficient`), or all of it.',
  ].join('\n'),
  example: [
    'from: { effectiveness: effectiveness, correlation: correlation }',
    'with:',
    '  values:',
    '    format_effectiveness: { input: effectiveness, index: format, columns: { mean: mean, std: stdev } }',
    '    naturalness_correlation: { input: correlation, path: pearson.coefficient }',
  ].join('\n'),
  options: {
    type: 'object',
    additionalProperties: false,
    required: ['values'],
    properties: {
      values: {
        type: 'object',
        minProperties: 1,
        description: 'What is picked, by the name that it gets.',
        additionalProperties: {
          type: 'object',
          additionalProperties: false,
          required: ['input'],
          properties: {
            input: { type: 'string', description: 'Name of the input in `from`.' },
            index: { type: 'string', description: 'Column whose cells become keys.' },
            column: { type: 'string', description: 'Column whose cells become values.' },
            columns: {
              type: 'object',
              minProperties: 1,
              additionalProperties: { type: 'string' },
              description: 'Columns by the names that they get.',
            },
            path: {
              type: 'string',
              minLength: 1,
              description: 'Place inside a value, steps separated by dots.',
            },
          },
        },
      },
    },
  },
  inputs: {
    ports: [{ name: 'rows', type: 'table', optional: true, description: 'a table; others by any name' }],
    open: true,
  },
  output: () => ({ type: 'value' }),

  check: ({ values }, inputs) =>
    entriesOf(values).flatMap(([name, pick]) => pickProblems(pick, ['values', name], inputs)),

  run({ options, inputs }) {
    const picked = entriesOf(options.values).map(([name, pick]) => {
      const input = must(inputs[pick.input], `the input ${pick.input}`);
      return [name, pickedFrom(input, pick, ['values', name])] as const;
    });
    return Promise.resolve({ type: 'value', value: mapOf(picked) });
  },
});

function pickProblems(
  { input, index, column, columns, path: inside }: Pick,
  path: readonly string[],
  inputs: Readonly<Record<string, Shape>>,
): readonly OptionProblem[] {
  const shape = inputs[input];
  if (shape === undefined) {
    const message = `no input \`${input}\` in \`from\``;
    return [{ path: [...path, 'input'], message, found: input, candidates: Object.keys(inputs) }];
  }
  if (shape.type === 'figure') {
    return [
      {
        path: [...path, 'input'],
        message: 'a figure holds no values',
        expected: 'a table, a value or a text',
      },
    ];
  }
  if (shape.type !== 'table') {
    const misplaced = Object.entries({ index, column, columns }).find(([, value]) => value !== undefined);
    if (misplaced === undefined) return [];
    return [
      {
        path: [...path, misplaced[0]],
        message: `\`${input}\` is a ${shape.type}, not a table`,
        expected: '`path`',
      },
    ];
  }
  if (inside !== undefined) {
    return [
      {
        path: [...path, 'path'],
        message: `\`${input}\` is a table, not a value`,
        expected: '`column` or `columns`',
      },
    ];
  }
  if ((column === undefined) === (columns === undefined)) {
    return [{ path, message: `what is picked from \`${input}\`?`, expected: 'either `column` or `columns`' }];
  }
  const uses = [
    ...(index === undefined ? [] : [{ name: index, path: [...path, 'index'] }]),
    ...(column === undefined ? [] : [{ name: column, path: [...path, 'column'] }]),
    ...entriesOf(columns ?? {}).map(([name, each]) => ({
      name: each,
      path: [...path, 'columns', name],
    })),
  ];
  return unknownColumns(tableShape(shape), uses);
}

function pickedFrom(
  input: Artifact,
  { index, column, columns, path: inside }: Pick,
  path: readonly string[],
): Cell {
  switch (input.type) {
    case 'figure':
      throw new InternalError('expected a table, a value or a text, was a figure');
    case 'text':
      return input.text;
    case 'value':
      return inside === undefined ? input.value : valueAt(input.value, inside, [...path, 'path']);
    case 'table': {
      const { rows } = input.table;
      const cells = (name: string): Cell => {
        if (index === undefined) return rows.map((row) => row[name] ?? null);
        const entries = rows.map((row) => [keyOf(row[index] ?? null), row[name] ?? null] as const);
        const unnamed = rows.filter((row) => isMissing(row[index] ?? null)).length;
        if (unnamed > 0) {
          throw new Failure({
            code: 'label-missing',
            blame: 'user',
            message: `${unnamed} of ${rows.length} rows have no \`${index}\` to be called by`,
            path: [...path, 'index'],
            expected: 'a name in every row, another one in each',
            next: 'fill it in, or leave these rows out, with a `table` stage before this one',
          });
        }
        const keys = entries.map(([key]) => key);
        const twice = keys.find((key, place) => keys.indexOf(key) !== place);
        if (twice !== undefined) {
          throw new Failure({
            code: 'index-not-unique',
            blame: 'user',
            message: `several rows have the same \`${index}\``,
            path: [...path, 'index'],
            expected: 'another one in every row: each is the name of its values',
            found: twice,
            next: 'pick by a column that tells rows apart, or reduce the rows first: `aggregate`, or `rollup` in a `table` stage',
          });
        }
        return mapOf(entries);
      };
      if (column !== undefined) return cells(column);
      return mapOf(entriesOf(columns ?? {}).map(([name, each]) => [name, cells(each)] as const));
    }
  }
}

function keyOf(cell: Cell): string {
  return typeof cell === 'string' ? cell : JSON.stringify(cell);
}
