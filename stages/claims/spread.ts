import type { Cell } from '../../src/table/table.ts';
import { defineStage } from '../../src/engine/stage-kind.ts';
import { agreement, columnMeans, leaveOneOutTau } from '../../src/statistics/association/agreement.ts';
import { indistinctGroups, rankRanges } from '../../src/statistics/comparison/indistinct.ts';
import { adjusted } from '../../src/statistics/comparison/multiplicity.ts';
import { comparePairs, type PairedTest } from '../../src/statistics/comparison/paired.ts';
import { noiseFloor, spreadInterval, spreadOf, type Matrix } from '../../src/statistics/comparison/spread.ts';
import { mapped, undefinedBecause, type Maybe } from '../../src/statistics/maybe.ts';
import type { Draws } from '../../src/statistics/resampling/permutation.ts';
import { quantile } from '../../src/statistics/summary.ts';
import { mean } from '../../src/statistics/sums.ts';
import { Failure } from '../../src/system/failure.ts';
import { drawsOption, gridOptions, levelOption, testOption } from '../../src/claims/options.ts';
import { tableOf, tableShape } from '../../src/table/columns.ts';
import { gridOf, gridProblems, type Grid, type GridOptions } from '../../src/claims/grid.ts';

interface SpreadOptions extends GridOptions {
  readonly quantiles: readonly number[];
  readonly test: PairedTest;
  readonly level: number;
  readonly draws: Draws;
}

export const spread = defineStage<SpreadOptions>({
  name: 'spread',
  module: import.meta.url,
  summary: 'How far formats differ, what of it chance would make, and which of them can be told apart.',
  description: [
    'A value about the means of `measure` under each value of `by` (the formats), over items that all of them have;',
    'figures are in the unit of the measure (`unit`).',
    '',
    '- `spread.value`: largest less smallest mean (Sclar and others 2024), with `ci` by leaving out one item at a time',
    '  (jackknife, t with items - 1; cut at 0). Under four items there is no interval.',
    '- `noise_floor`: the spread that is left when formats are shuffled within each item: its `mean`, its 95 % quantile',
    '  `upper`, and the one-sided `p` of the observed spread; `spread.excess` is the spread less that mean.',
    "- `agreement`: do items rank formats alike? Kendall's `w` with its `p`; `leave_one_out_tau`: the smallest and the mean",
    '  tau-b between the ranking of all items and that without one of them.',
    "- `quantiles` of the formats' means, by linear interpolation.",
    '- `groups`: formats that cannot be told apart, best first: the longest runs of the ranking in which no pair differs',
    '  by p of the paired `test`, corrected by Holm over all pairs. Groups overlap where a format is like two that differ.',
    '- `formats`: each with its `mean`, and `rank_from` and `rank_to`, the ranks that it may have.',
    '',
    'What is undefined is null, with `why` beside it.',
  ].join('\n'),
  example: ['from: scores', 'with: { by: format, measure: target_log_prob }'].join('\n'),
  options: {
    type: 'object',
    additionalProperties: false,
    required: ['by', 'measure'],
    properties: {
      ...gridOptions,
      quantiles: {
        type: 'array',
        items: { type: 'number', minimum: 0, maximum: 1 },
        uniqueItems: true,
        default: [0.05, 0.5, 0.95],
        description: 'Which quantiles over formats, from 0 to 1.',
      },
      test: testOption,
      level: levelOption,
      draws: drawsOption,
    },
  },
  inputs: { ports: [{ name: 'rows', type: 'table', description: 'items under each format' }] },

  output: () => ({ type: 'value' }),
  check: (options, inputs) => gridProblems(options, tableShape(inputs['rows'])),

  run(context) {
    const { options, inputs } = context;
    const table = tableOf(inputs['rows']);
    const grid = gridOf(options, table);
    const complete = grid.entries.filter(({ measures }) =>
      measures.every((value) => value !== undefined && Number.isFinite(value)),
    );
    const leftOut = grid.entries.length - complete.length;
    if (leftOut > 0) {
      context.warn(
        `${leftOut} of ${grid.entries.length} items lack a finite ${options.measure} under some ${options.by}; they are left out`,
      );
    }
    if (complete.length === 0 || grid.values.length < 2) throw nothingToCompare(options, grid);
    const matrix = clusterMeans(complete);
    const unit = table.columns.find(({ name }) => name === options.measure)?.unit;
    return Promise.resolve({
      type: 'value',
      value: {
        by: options.by,
        measure: options.measure,
        ...(unit !== undefined && { unit }),
        items: matrix.length,
        left_out: leftOut,
        ...spreadFigures(matrix, options),
        ...ranking(matrix, grid, options),
      },
    });
  },
});

function nothingToCompare({ by, measure }: SpreadOptions, { values }: Grid): Failure {
  return new Failure({
    code: 'nothing-to-compare',
    blame: 'user',
    message: `there are no items with a finite \`${measure}\` under two or more values of \`${by}\``,
    path: ['by'],
    found: `${values.length} values of \`${by}\``,
  });
}

/** One row per cluster: pairs of a cluster are averaged, so that rows are independent. */
function clusterMeans(entries: Grid['entries']): Matrix {
  const clusters = new Map<string, (readonly number[])[]>();
  for (const { cluster, measures } of entries) {
    const row = measures.map((value) => value ?? 0);
    clusters.set(cluster, [...(clusters.get(cluster) ?? []), row]);
  }
  return [...clusters.values()].map(columnMeans);
}

function spreadFigures(matrix: Matrix, { level, draws, quantiles }: SpreadOptions): Record<string, Cell> {
  const value = spreadOf(matrix);
  const means = columnMeans(matrix);
  const floor =
    matrix.length < 2
      ? undefinedBecause('one item: nothing tells its formats from chance')
      : noiseFloor(matrix, draws);
  const taus = leaveOneOutTau(matrix);
  return {
    spread: {
      value,
      ci: worded(mapped(spreadInterval(matrix, level), ({ low, high }) => ({ level, low, high }))),
      excess: worded(mapped(floor, (noise) => value - noise.mean)),
    },
    noise_floor: worded(
      mapped(floor, ({ mean: center, upper, p }) => ({
        mean: center,
        upper,
        p,
        shuffles: draws.samples,
        seed: draws.seed,
      })),
    ),
    agreement: worded(mapped(agreement(matrix), ({ w, p }) => ({ w, p }))),
    leave_one_out_tau: worded(
      mapped(taus, (all) => ({ smallest: Math.min(...all), mean: mean(all).value ?? null })),
    ),
    quantiles: quantiles.map((probability) => ({
      probability,
      value: quantile(means, probability).value ?? null,
    })),
  };
}

/** A figure as it is, or null with the reason. */
function worded(maybe: Maybe<Cell>): Cell {
  return maybe.why === undefined ? maybe.value : { value: null, why: maybe.why };
}

function ranking(
  matrix: Matrix,
  { values, isRightWrong }: Grid,
  { level, test, draws }: SpreadOptions,
): Record<string, Cell> {
  const column = (index: number): readonly number[] => matrix.map((row) => row[index] ?? 0);
  const clusters = matrix.map((_, row) => String(row));
  const isPlain = isRightWrong && matrix.flat().every((value) => value === 0 || value === 1);
  const pairs = values.flatMap((_, one) =>
    values.slice(one + 1).map((_each, after) => {
      const other = one + 1 + after;
      const sides = { a: column(one), b: column(other), clusters, isRightWrong: isPlain };
      return { one, other, found: comparePairs(sides, { level, test, draws }) };
    }),
  );
  const corrected = adjusted(
    pairs.map(({ found }) => found.test.value?.p),
    'holm',
  );
  const apart = new Set(
    pairs.flatMap(({ one, other }, index) =>
      (corrected[index] ?? 1) <= 1 - level + 1e-12 ? [`${one} ${other}`] : [],
    ),
  );
  const toldApart = (one: number, other: number): boolean =>
    apart.has(`${Math.min(one, other)} ${Math.max(one, other)}`);
  const means = columnMeans(matrix);
  const ranges = rankRanges(means, toldApart);
  const least = Math.max(0, ...pairs.map(({ found }) => found.test.value?.smallest ?? 1)) * pairs.length;
  const order = [...means.keys()].sort((a, b) => (means[b] ?? 0) - (means[a] ?? 0));
  return {
    pairs_told_apart: apart.size,
    pairs: pairs.length,
    ...(least > 1 - level && {
      note: `with ${matrix.length} ${matrix.length === 1 ? 'item' : 'items'} and ${pairs.length} ${pairs.length === 1 ? 'pair' : 'pairs'} no p corrected by Holm can be under ${Number(Math.min(1, least).toPrecision(2))}: none can be told apart`,
    }),
    groups: indistinctGroups(means, toldApart).map((members) =>
      members.map((index) => values[index] ?? null),
    ),
    formats: order.map((index) => ({
      format: values[index] ?? null,
      mean: means[index] ?? null,
      rank_from: ranges[index]?.from ?? null,
      rank_to: ranges[index]?.to ?? null,
    })),
  };
}
