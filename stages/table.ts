import type { Column, Row, TableShape } from '../src/table/table.ts';
import { defineStage, type Shape } from '../src/engine/stage-kind.ts';
import { Failure } from '../src/system/failure.ts';
import type { OptionProblem } from '../src/system/failure.ts';
import { toArquero } from '../src/table/arquero.ts';
import { stepsSchema, verbOf, type Step } from '../src/table/steps.ts';
import {
  cellsKey,
  completeRows,
  inferType,
  tableOf,
  tableShape,
  unknownColumns,
} from '../src/table/columns.ts';

interface TableOptions {
  readonly verbs: readonly Step[];
  readonly key?: readonly string[];
}

export const table = defineStage<TableOptions>({
  name: 'table',
  module: import.meta.url,
  summary: 'A table made from others: filter, derive, join, sort and more.',
  description: [
    'The verbs are those of [arquero](https://idl.uw.edu/arquero/api/verbs), applied in order; expressions are in',
    'its [expression language](https://idl.uw.edu/arquero/api/expressions): JavaScript over the row `d`, with functions',
    'such as `log(d.x)`, `mean(d.x)`, `rank()`. The first input is the table that the verbs work on; further inputs',
    'are there by name for `join` and `concat`.',
    '',
    'Unknown columns are found before anything runs. `random()` and `now()` are refused: a result must be the same',
    'each time.',
    '',
    'The key columns (what two runs are compared by) are kept where a verb leaves rows apart; `key` names others.',
  ].join('\n'),
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
    },
  },
  inputs: {
    ports: [{ name: 'rows', type: 'table', description: 'the table that the verbs work on' }],
    open: true,
  },

  output: (options, inputs) => walk(options, inputs).shape,

  check(options, inputs) {
    const { shape, problems } = walk(options, inputs);
    const { key } = options;
    return key === undefined
      ? problems
      : [
          ...problems,
          ...unknownColumns(
            shape,
            key.map((name, index) => ({ name, path: ['key', index] })),
          ),
        ];
  },

  async run({ options, inputs, warn }) {
    const aq = await import('arquero');
    const tables = Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, tableOf(input)]));
    const others = Object.fromEntries(Object.entries(tables).map(([name, { rows }]) => [name, rows]));
    const shapes: Readonly<Record<string, Shape>> = Object.fromEntries(
      Object.entries(tables).map(([name, { columns, key }]) => [name, { type: 'table', columns, key }]),
    );
    let rows: readonly Row[] = tables['rows']?.rows ?? [];
    let shape = tableShape(shapes['rows']);
    for (const [index, entry] of options.verbs.entries()) {
      const { verb, given } = verbOf(entry);
      const at = ['verbs', index, verb.name];
      const after = verb.shape(given, { table: shape, at, inputs: tablesOf(shapes) });
      // Columns of files are known only now, so what could not be checked before is checked here.
      const [problem] = after.problems;
      if (problem !== undefined) throw new Failure({ code: 'bad-verb', blame: 'user', ...problem });
      try {
        const names = shape.columns.map(({ name }) => name);
        rows = verb.apply(given, { aq, rows, table: toArquero(aq, rows, names), inputs: others });
      } catch (error) {
        const message = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
        throw new Failure({
          code: 'verb-failed',
          blame: 'user',
          message: `\`${verb.name}\` cannot be applied: ${message}`,
          path: at,
          found: typeof given === 'string' ? given : JSON.stringify(given),
        });
      }
      shape = after.shape;
    }
    const columns = shape.columns.map((column) => settled(column, rows));
    const key = options.key ?? shape.key;
    const complete = completeRows(rows, columns);
    const keys = new Set(complete.map((row) => cellsKey(key.map((name) => row[name]))));
    if (key.length > 0 && keys.size < complete.length) {
      if (options.key !== undefined) {
        throw new Failure({
          code: 'key-not-unique',
          blame: 'user',
          message: `several rows have the same ${key.join(', ')}`,
          path: ['key'],
          found: `${complete.length} rows, ${keys.size} different keys`,
        });
      }
      warn(`several rows have the same ${key.join(', ')}: runs cannot be compared row by row`);
      return { type: 'table', table: { columns, key: [], rows: complete } };
    }
    return { type: 'table', table: { columns, key, rows: complete } };
  },
});

function walk(
  { verbs, key }: TableOptions,
  inputs: Readonly<Record<string, Shape>>,
): { readonly shape: TableShape; readonly problems: readonly OptionProblem[] } {
  const problems: OptionProblem[] = [];
  let shape = tableShape(inputs['rows']);
  for (const [index, entry] of verbs.entries()) {
    const { verb, given } = verbOf(entry);
    const at = ['verbs', index, verb.name];
    const after = verb.shape(given, { table: shape, at, inputs: tablesOf(inputs) });
    // One mistake makes the columns uncertain: what follows is not blamed for it.
    shape = after.problems.length > 0 ? { ...after.shape, open: true } : after.shape;
    problems.push(...after.problems);
  }
  return { shape: key === undefined ? shape : { ...shape, key }, problems };
}

function tablesOf(shapes: Readonly<Record<string, Shape>>): Readonly<Record<string, TableShape>> {
  return Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, tableShape(shape)]));
}

/** A computed column gets the type of its cells; numbers are not called integers because they happen to be. */
function settled(column: Column, rows: readonly Row[]): Column {
  if (column.type !== 'json') return column;
  const type = inferType(rows.map((row) => row[column.name] ?? null));
  return { ...column, type: type === 'integer' ? 'number' : type };
}
