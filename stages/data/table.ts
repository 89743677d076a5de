import { defineStage, type Shape } from '../../src/engine/stage-kind.ts';
import { Failure } from '../../src/system/failure.ts';
import { tableOf, tableShape, unknownColumns } from '../../src/table/columns.ts';
import { tableDescription } from '../../src/table/description.ts';
import { RowNumbers } from '../../src/table/storage/row-numbers.ts';
import { applySteps, outlineSteps, stepsSchema, type Step } from '../../src/table/steps.ts';
import { cellsOf, rowCount, withKey } from '../../src/table/storage/table-of-columns.ts';
import type { Table, TableShape } from '../../src/table/table.ts';

interface TableOptions {
  readonly verbs: readonly Step[];
  readonly key?: readonly string[];
  readonly allow?: 'empty';
}

export const table = defineStage<TableOptions>({
  name: 'table',
  module: import.meta.url,
  summary: 'A table made from others: filter, derive, join, sort and more.',
  description: tableDescription,
  example: [
    'from: { rows: perplexities, effectiveness: effectiveness }',
    'with:',
    '  verbs:',
    '    - filter: d.item == 1',
    '    - join: { input: effectiveness, on: [format] }',
    '    - derive: { gain: d.mean - mean(d.mean) }',
    '    - select: [format, perplexity, mean, gain]',
  ].join('\n'),
  options: {
    type: 'object',
    additionalProperties: false,
    required: ['verbs'],
    properties: {
      verbs: stepsSchema,
      key: {
        type: 'array',
        items: { type: 'string' },
        uniqueItems: true,
        description: 'Columns that tell the resulting rows apart.',
      },
      allow: {
        type: 'string',
        enum: ['empty'],
        description: 'empty: no row may be left; else that is warned of.',
      },
    },
  },
  inputs: {
    ports: [{ name: 'rows', type: 'table', description: 'the table that the verbs work on' }],
    open: true,
  },

  tellsEmpty: true,

  output: (options, inputs) => outlined(options, inputs).shape,

  check(options, inputs) {
    const { shape, problems } = outlined(options, inputs);
    const { key = [] } = options;
    return [
      ...problems,
      ...unknownColumns(
        shape,
        key.map((name, index) => ({ name, path: ['key', index] })),
      ),
    ];
  },

  run({ options, inputs, warn }) {
    const tables = new Map(Object.entries(inputs).map(([name, input]) => [name, tableOf(input)]));
    const rows = tableOf(inputs['rows']);
    const allowEmpty = options.allow === 'empty';
    const made = applySteps(options.verbs, rows, tables, { allowEmpty, warn });
    const told = options.key === undefined ? keyKept(made, warn) : keyWanted(made, options.key);
    return Promise.resolve({ type: 'table', table: told });
  },
});

function outlined(
  { verbs, key }: TableOptions,
  inputs: Readonly<Record<string, Shape>>,
): ReturnType<typeof outlineSteps> {
  const shapes = new Map(Object.entries(inputs).map(([name, shape]) => [name, tableShape(shape)]));
  const { shape, problems } = outlineSteps(verbs, tableShape(inputs['rows']), shapes);
  const keyed: TableShape = key === undefined ? shape : { ...shape, key };
  return { shape: keyed, problems };
}

/** The key that the verbs kept, if it still tells rows apart. */
function keyKept(table: Table, warn: (message: string) => void): Table {
  if (table.key.length === 0 || differentKeys(table, table.key) === rowCount(table)) return table;
  warn(`several rows have the same ${table.key.join(', ')}: runs are compared by what their rows contain`);
  return withKey(table, []);
}

/** @throws Failure where the wanted key does not tell rows apart. */
function keyWanted(table: Table, key: readonly string[]): Table {
  const [problem] = unknownColumns(
    { type: 'table', columns: table.columns, key: [] },
    key.map((name, index) => ({ name, path: ['key', index] })),
  );
  if (problem !== undefined) {
    throw new Failure({ code: 'unknown-column', blame: 'user', ...problem });
  }
  const different = differentKeys(table, key);
  if (key.length > 0 && different < rowCount(table)) {
    throw new Failure({
      code: 'key-not-unique',
      blame: 'user',
      message: `several rows have the same ${key.join(', ')}`,
      path: ['key'],
      found: `${rowCount(table)} rows, ${different} different keys`,
    });
  }
  return withKey(table, key);
}

function differentKeys(table: Table, key: readonly string[]): number {
  const numbers = new RowNumbers();
  numbers.of(
    key.map((name) => cellsOf(table, name)),
    rowCount(table),
  );
  return key.length === 0 ? Math.min(1, rowCount(table)) : numbers.size;
}
