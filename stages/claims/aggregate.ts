import { rowNumbers } from '../../src/table/storage/row-numbers.ts';
import { cellsOf, rowCount } from '../../src/table/storage/table-of-columns.ts';
import type { Row, Table, TableShape } from '../../src/table/table.ts';
import { defineStage } from '../../src/engine/stage-kind.ts';
import type { OptionProblem } from '../../src/system/failure.ts';
import {
  clusterOf,
  groupShape,
  hasSpread,
  measureColumns,
  measuresOf,
  statisticNames,
  summarise,
  warningsOf,
  type GroupOptions,
} from '../../src/claims/groups.ts';
import { refuseMissingLabels } from '../../src/claims/labels.ts';
import { notMeasured, withoutTokens } from '../../src/claims/measures.ts';
import { tableOf, tableShape, unknownColumns } from '../../src/table/columns.ts';
import { parseOrder, ranksOf, sortRows } from '../../src/table/order.ts';

interface AggregateOptions extends GroupOptions {
  readonly missingLabels: 'refuse' | 'keep';
}

export const aggregate = defineStage<AggregateOptions>({
  name: 'aggregate',
  module: import.meta.url,
  summary: 'Statistics of groups of rows: means with their spread, ranked.',
  description: [
    'One row per combination of the `by` columns, in the order in which they first appear or by `order`. With several',
    'measures the columns are named `<measure>_<statistic>`; with one, `<statistic>`. A measure of true and false is a',
    'share.',
    '',
    'What is missing (null, NaN) is left out, as pandas does; `count` says how many values were there. What is undefined',
    'is null, and the column `note`, which stands where a spread is asked for, says why.',
    '',
    '- `mean`, `sum` (0 of nothing), `min`, `max`, `median`.',
    '- `stdev`: sample standard deviation, n - 1 degrees of freedom; undefined for a single value.',
    '- `sem`: standard error of the mean, stdev / sqrt(n); `df` its degrees of freedom.',
    '- `ci95`: two columns, `ci95_low` and `ci95_high`: mean ± t(0.975, df) · sem. It is cut at a bound that no value',
    '  passes, which takes nothing from its coverage and is said in `note`: log-probabilities end at 0 nats (known by',
    '  their name, `..._log_prob`), perplexities begin at 1. Of a share it is the interval of Wilson (1927).',
    '- `corpus_perplexity`: exp(sum of surprisals / sum of tokens) of the group, from a log-probability, a',
    '  log-perplexity or a perplexity beside its token count (`target_token_count` of `target_log_prob`).',
    '',
    '**Clusters.** Rows that share an item are not independent. Where the key of the table says that items repeat within',
    'a group (`item`, which is not in `by`, and other key columns), they are clusters, and so is what `cluster` names.',
    "`sem` is then CR2 (Bell and McCaffrey 2002), `df` Satterthwaite's, which hold their level with few and unequal",
    'clusters, and the column `clusters` says how many there are. `cluster: false` takes rows as independent.',
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
        description: 'The column that is summarised, or a list of columns: numbers, or true and false.',
      },
      statistics: {
        type: 'array',
        items: { type: 'string', enum: [...statisticNames] },
        minItems: 1,
        uniqueItems: true,
        default: ['mean', 'stdev', 'count'],
        description: 'What is computed of each measure.',
      },
      cluster: {
        type: ['string', 'boolean'],
        not: { const: true },
        description:
          'Column whose equal values mark rows that belong together, for `sem`, `ci95` and `df`; false for none. Without it the key of the table decides.',
      },
      missingLabels: {
        type: 'string',
        enum: ['refuse', 'keep'],
        default: 'refuse',
        description:
          'What becomes of rows without a label in `by`: an error, or a group of their own with a warning.',
      },
      order: {
        type: 'string',
        description: 'Column of the result to sort by; `-` in front sorts downwards.',
      },
    },
  },
  inputs: { ports: [{ name: 'rows', type: 'table', description: 'the rows to summarise' }] },

  output: (options, inputs) => groupShape(options, tableShape(inputs['rows'])),

  check(options, inputs) {
    const table = tableShape(inputs['rows']);
    const measures = measuresOf(options).map((name, index) => ({
      name,
      path: typeof options.measure === 'string' ? ['measure'] : ['measure', index],
    }));
    const { cluster, statistics } = options;
    return [
      ...unknownColumns(
        table,
        options.by.map((name, index) => ({ name, path: ['by', index] })),
      ),
      ...unknownColumns(table, measures),
      ...notMeasured(table, measures),
      ...(typeof cluster === 'string' ? unknownColumns(table, [{ name: cluster, path: ['cluster'] }]) : []),
      ...(statistics.includes('corpus_perplexity') ? withoutTokens(table, measures) : []),
      ...outputProblems(options, table),
    ];
  },

  run(context) {
    const { options, inputs } = context;
    const table = tableOf(inputs['rows']);
    const cluster = clusterOf(options, table.key);
    refuseMissingLabels(table, cluster === undefined ? [] : [{ name: cluster, path: ['cluster'] }]);
    const by = options.by.map((name, index) => ({ name, path: ['by', index] }));
    if (options.missingLabels === 'refuse') {
      refuseMissingLabels(
        table,
        by,
        'fill it in, or say `missingLabels: keep` to give them a group of their own',
      );
    }
    // Without `by` there is one group, of no rows where there are none.
    const labels = options.by.map((name) => [name, cellsOf(table, name)] as const);
    const measures = measuresOf(options).map((measure) => measureColumns(measure, table, cluster));
    const summaries = groupsIn(table, options.by).map((places): Row => {
      const cells = Object.fromEntries(labels.map(([name, own]) => [name, own[places[0] ?? -1] ?? null]));
      const notes = measures.flatMap((measure): readonly string[] => {
        const { figures, note } = summarise(places, measure, { options, key: table.key });
        Object.assign(cells, figures);
        return note === '' ? [] : [measures.length > 1 ? `${measure.measure}: ${note}` : note];
      });
      return hasSpread(options) ? { ...cells, note: notes.length === 0 ? null : notes.join('; ') } : cells;
    });
    for (const message of warningsOf(options, table)) context.warn(message);
    const { columns, key } = groupShape(options, { type: 'table', columns: table.columns, key: table.key });
    return Promise.resolve({
      type: 'table',
      table: { columns, key, rows: ranked(summaries, options.order) },
    });
  },
});

/** The places of the rows of each group, in the order in which groups first come. Without `by` all are one group, even none. */
function groupsIn(table: Table, by: readonly string[]): readonly (readonly number[])[] {
  const numbers = rowNumbers(
    by.map((name) => cellsOf(table, name)),
    rowCount(table),
  );
  const groups: number[][] = by.length === 0 ? [[]] : [];
  for (const [place, number] of numbers.entries()) (groups[number] ??= []).push(place);
  return groups;
}

function ranked(rows: readonly Row[], order: string | undefined): readonly Row[] {
  if (order === undefined) return rows;
  const term = parseOrder(order);
  const sorted = sortRows(rows, [term]);
  const ranks = ranksOf(sorted, term.column);
  return sorted.map((row, index) => ({ rank: ranks[index] ?? null, ...row }));
}

function outputProblems(options: AggregateOptions, table: TableShape): readonly OptionProblem[] {
  const shape = groupShape(options, table);
  const names = shape.columns.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  const columns = shape.columns.filter(({ name }) => name !== 'rank');
  const ordered =
    options.order === undefined ? [] : [{ name: parseOrder(options.order).column, path: ['order'] }];
  return [
    ...unknownColumns({ ...shape, columns, open: false }, ordered),
    ...(twice === undefined
      ? []
      : [
          {
            path: ['by'],
            message: `the result would have two columns \`${twice}\``,
            next: 'rename the column first, with a `table` stage',
          },
        ]),
  ];
}
