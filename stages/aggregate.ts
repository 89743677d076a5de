import type { Column, Row, TableShape } from '../src/table/table.ts';
import { defineStage } from '../src/engine/stage-kind.ts';
import type { OptionProblem } from '../src/system/failure.ts';
import {
  clusteredStandardError,
  confidenceInterval,
  mean,
  median,
  sampleDeviation,
  standardError,
  sum,
} from '../src/statistics/summary.ts';
import { cellsKey, notNumeric, numberOf, tableOf, tableShape, unknownColumns } from '../src/table/columns.ts';
import { parseOrder, ranksOf, sortRows } from '../src/table/order.ts';

type Statistic = 'mean' | 'stdev' | 'sem' | 'ci95' | 'min' | 'max' | 'median' | 'count' | 'sum';

interface AggregateOptions {
  readonly by: readonly string[];
  readonly measure: string | readonly string[];
  readonly statistics: readonly Statistic[];
  readonly cluster?: string;
  readonly order?: string;
}

export const aggregate = defineStage<AggregateOptions>({
  name: 'aggregate',
  module: import.meta.url,
  summary: 'Statistics of groups of rows: means with their spread, ranked.',
  description: [
    'One row per combination of the `by` columns, in the order in which they first appear or by `order`. With several',
    'measures the columns are named `<measure>_<statistic>`; with one, `<statistic>`.',
    '',
    'What is missing (null, NaN) is left out, as pandas does; `count` says how many values were there.',
    '',
    '- `mean`, `sum`, `min`, `max`, `median`.',
    '- `stdev`: sample standard deviation, n - 1 degrees of freedom. NaN for a single value.',
    '- `sem`: standard error of the mean, stdev / sqrt(n). With `cluster`, the clustered one (Miller 2024,',
    '  arXiv:2411.00640): sqrt(sum over clusters of (sum of deviations)² · C / (C - 1)) / n.',
    '- `ci95`: two columns, `ci95_low` and `ci95_high`: mean ± t(0.975) · sem, with n - 1 degrees of freedom, or C - 1',
    '  with `cluster`.',
    '',
    '`order: mean` sorts, `order: -mean` sorts downwards, missing values last; either adds the column `rank`, in which',
    'equal values share the lowest rank.',
  ].join('\n'),
  example: [
    'from: scores',
    'with: { by: [format, group], measure: target_log_prob, statistics: [mean, stdev, ci95], order: -mean }',
  ].join('\n'),
  options: {
    type: 'object',
    additionalProperties: false,
    required: ['by', 'measure'],
    properties: {
      by: {
        type: 'array',
        items: { type: 'string' },
        uniqueItems: true,
        description: 'Columns whose combinations are the groups; none for one group of all rows.',
      },
      measure: {
        type: ['string', 'array'],
        items: { type: 'string' },
        minItems: 1,
        description: 'The column that is summarised, or a list of columns.',
      },
      statistics: {
        type: 'array',
        items: {
          type: 'string',
          enum: ['mean', 'stdev', 'sem', 'ci95', 'min', 'max', 'median', 'count', 'sum'],
        },
        minItems: 1,
        uniqueItems: true,
        default: ['mean', 'stdev', 'count'],
        description: 'What is computed of each measure.',
      },
      cluster: {
        type: 'string',
        description: 'Column whose equal values mark rows that belong together: for `sem` and `ci95`.',
      },
      order: {
        type: 'string',
        description: 'Column of the result to sort by; `-` in front sorts downwards.',
      },
    },
  },
  inputs: { ports: [{ name: 'rows', type: 'table', description: 'the rows to summarise' }] },

  output: (options, inputs) => outputShape(options, tableShape(inputs['rows'])),

  check(options, inputs) {
    const table = tableShape(inputs['rows']);
    const measures = measuresOf(options).map((name, index) => ({
      name,
      path: typeof options.measure === 'string' ? ['measure'] : ['measure', index],
    }));
    const problems: OptionProblem[] = [
      ...unknownColumns(
        table,
        options.by.map((name, index) => ({ name, path: ['by', index] })),
      ),
      ...unknownColumns(table, measures),
      ...notNumeric(table, measures),
      ...(options.cluster === undefined
        ? []
        : unknownColumns(table, [{ name: options.cluster, path: ['cluster'] }])),
    ];
    if (options.order !== undefined) {
      const { column } = parseOrder(options.order);
      const shape = outputShape(options, table);
      const columns = shape.columns.filter(({ name }) => name !== 'rank');
      problems.push(
        ...unknownColumns({ ...shape, columns, open: false }, [{ name: column, path: ['order'] }]),
      );
    }
    const names = outputShape(options, table).columns.map(({ name }) => name);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) {
      problems.push({
        path: ['by'],
        message: `the result would have two columns \`${twice}\``,
        next: 'rename the column first, with a `table` stage',
      });
    }
    return problems;
  },

  run({ options, inputs, warn }) {
    const table = tableOf(inputs['rows']);
    const groups = new Map<string, Row[]>();
    for (const row of table.rows) {
      const label = cellsKey(options.by.map((name) => row[name]));
      const group = groups.get(label) ?? [];
      group.push(row);
      groups.set(label, group);
    }
    const measures = measuresOf(options);
    const rows = [...groups.values()].map((group): Row => {
      const labels = options.by.map((name) => [name, group[0]?.[name] ?? null] as const);
      const figures = measures.flatMap((measure) =>
        Object.entries(summarise(group, measure, options)).map(
          ([statistic, value]) => [columnName(options, measure, statistic), value] as const,
        ),
      );
      return Object.fromEntries([...labels, ...figures]);
    });
    const { columns, key } = outputShape(options, { type: 'table', columns: table.columns, key: [] });
    for (const measure of measures) {
      const missing = table.rows.filter((row) => Number.isNaN(numberOf(row[measure]))).length;
      if (missing > 0) warn(`${missing} of ${table.rows.length} rows have no ${measure}; they are left out`);
    }
    return Promise.resolve({ type: 'table', table: { columns, key, rows: ranked(rows, options.order) } });
  },
});

function ranked(rows: readonly Row[], order: string | undefined): readonly Row[] {
  if (order === undefined) return rows;
  const term = parseOrder(order);
  const sorted = sortRows(rows, [term]);
  const ranks = ranksOf(sorted, term.column);
  return sorted.map((row, index) => ({ rank: ranks[index] ?? null, ...row }));
}

function summarise(
  group: readonly Row[],
  measure: string,
  { statistics, cluster }: AggregateOptions,
): Readonly<Record<string, number>> {
  const present = group.filter((row) => !Number.isNaN(numberOf(row[measure])));
  const values = present.map((row) => numberOf(row[measure]));
  const error = (): ReturnType<typeof standardError> =>
    cluster === undefined
      ? standardError(values)
      : clusteredStandardError(
          values,
          present.map((row) => cellsKey([row[cluster]])),
        );
  const entries = statistics.flatMap((statistic): readonly (readonly [string, number])[] => {
    switch (statistic) {
      case 'mean':
        return [[statistic, mean(values)]];
      case 'stdev':
        return [[statistic, sampleDeviation(values)]];
      case 'sem':
        return [[statistic, error().error]];
      case 'ci95': {
        const { low, high } = confidenceInterval(mean(values), error());
        return [
          ['ci95_low', low],
          ['ci95_high', high],
        ];
      }
      case 'min':
        return [[statistic, values.length === 0 ? NaN : values.reduce((a, b) => Math.min(a, b))]];
      case 'max':
        return [[statistic, values.length === 0 ? NaN : values.reduce((a, b) => Math.max(a, b))]];
      case 'median':
        return [[statistic, median(values)]];
      case 'count':
        return [[statistic, values.length]];
      case 'sum':
        return [[statistic, sum(values)]];
    }
  });
  return Object.fromEntries(entries);
}

function outputShape(options: AggregateOptions, table: TableShape): TableShape {
  const column = (name: string): Column =>
    table.columns.find((each) => each.name === name) ?? { name, type: 'json' };
  const statistics = options.statistics.flatMap((statistic) =>
    statistic === 'ci95' ? ['ci95_low', 'ci95_high'] : [statistic],
  );
  const figures = measuresOf(options).flatMap((measure) =>
    statistics.map((statistic): Column => {
      const name = columnName(options, measure, statistic);
      if (statistic === 'count') return { name, type: 'integer', unit: 'rows' };
      const { unit } = column(measure);
      return { name, type: 'number', ...(unit !== undefined && { unit }) };
    }),
  );
  const rank: readonly Column[] = options.order === undefined ? [] : [{ name: 'rank', type: 'integer' }];
  return { type: 'table', columns: [...rank, ...options.by.map(column), ...figures], key: options.by };
}

function measuresOf({ measure }: AggregateOptions): readonly string[] {
  return typeof measure === 'string' ? [measure] : measure;
}

function columnName({ measure }: AggregateOptions, name: string, statistic: string): string {
  return typeof measure === 'string' || measure.length === 1 ? statistic : `${name}_${statistic}`;
}
