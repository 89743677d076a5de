import type { Cell, Column, Row, TableShape } from '../../src/table/table.ts';
import { defineStage, type StageContext } from '../../src/engine/stage-kind.ts';
import { adjusted, type Correction } from '../../src/statistics/comparison/multiplicity.ts';
import {
  comparePairs,
  directionOf,
  type PairedComparison,
  type PairedTest,
} from '../../src/statistics/comparison/paired.ts';
import { betaInterval, wilsonInterval } from '../../src/statistics/comparison/proportion.ts';
import type { Draws } from '../../src/statistics/resampling/permutation.ts';
import { mapped, undefinedBecause, type Maybe } from '../../src/statistics/maybe.ts';
import { must } from '../../src/system/internal-error.ts';
import { detectable, unitsNeeded } from '../../src/statistics/comparison/power.ts';
import { mean } from '../../src/statistics/sums.ts';
import { Failure } from '../../src/system/failure.ts';
import {
  correctionOption,
  drawsOption,
  gridOptions,
  levelOption,
  testOption,
} from '../../src/claims/options.ts';
import { reasonsNote } from '../../src/claims/notes.ts';
import { tableOf, tableShape } from '../../src/table/columns.ts';
import {
  clusterOf,
  gridOf,
  gridProblems,
  pairOf,
  type Grid,
  type GridOptions,
} from '../../src/claims/grid.ts';

interface CompareOptions extends GridOptions {
  readonly baseline?: string | number | boolean;
  readonly test: PairedTest;
  readonly correction: Correction;
  readonly level: number;
  readonly shares: 'wilson' | 'beta';
  readonly detect?: number;
  readonly power: number;
  readonly draws: Draws;
}

export const compare = defineStage<CompareOptions>({
  name: 'compare',
  module: import.meta.url,
  summary: 'Differences between formats on the same items, with intervals and corrected p values.',
  description: [
    'One row per comparison: each value of `by` against the `baseline`, or all pairs without one. The same items are',
    'compared (paired); a pair with a missing side is left out and counted. Intervals of the two by themselves are never',
    'compared: that they overlap says nothing of their difference.',
    '',
    '- `difference`: mean of the first less the other over `pairs`, in the unit of the measure; `ci_low`, `ci_high` by CR2',
    "  with Satterthwaite's `df` over `clusters` (Bell and McCaffrey 2002), which for pairs that are sampled one by one",
    '  is the paired t. Of right and wrong answers (a measure of true and false) it is a difference of shares with',
    "  Newcombe's interval (1998).",
    '- `effect_size`: d_z, mean over standard deviation of the differences.',
    '- `wins`, `ties`: share of pairs in which the first is larger, or neither; `wins_low`, `wins_high` by Wilson or Beta.',
    "- `p`: two-sided. `test: sign-flip` turns the sign of each cluster's differences, all 2^G ways up to 30 clusters",
    '  (with 3 it is never under 0.25); `wilcoxon` does so with signed ranks; `t` is that of the interval. Right and wrong',
    "  answers get McNemar's exact test.",
    '- `p_adjusted`: corrected over all rows, by Holm (the chance of any false finding) or Benjamini and Hochberg (the',
    '  share of false findings).',
    '- `detectable`: the true difference that so many clusters find with a chance of `power`, by the noncentral t, at the level',
    '  that the smallest p has to pass; with `detect`, the difference that matters to you, `needed` says how many clusters it',
    '  takes, and so does the plan of the next run.',
    '- `verdict`: `higher` or `lower` where `p_adjusted` is at most 1 - `level`; `too few` where no data of so few clusters',
    '  could have given that; otherwise `no evidence`. What is undefined is null, and `note` says why.',
  ].join('\n'),
  example: ['from: scores', 'with: { by: format, measure: target_log_prob, baseline: plain }'].join('\n'),
  options: {
    type: 'object',
    additionalProperties: false,
    required: ['by', 'measure'],
    properties: {
      ...gridOptions,
      baseline: {
        type: ['string', 'number', 'boolean'],
        description: 'Value of `by` that all others are compared with. Default: all pairs.',
      },
      test: testOption,
      correction: correctionOption,
      level: levelOption,
      shares: {
        type: 'string',
        enum: ['wilson', 'beta'],
        default: 'wilson',
        description: "Interval of the share of wins: Wilson's, or of Beta(1 + wins, 1 + others).",
      },
      detect: {
        type: 'number',
        exclusiveMinimum: 0,
        description:
          'Smallest difference that matters, in the unit of the measure: how many clusters does it take?',
      },
      power: {
        type: 'number',
        exclusiveMinimum: 0,
        exclusiveMaximum: 1,
        default: 0.8,
        description: 'Chance with which a true difference is to be found.',
      },
      draws: drawsOption,
    },
  },
  inputs: { ports: [{ name: 'rows', type: 'table', description: 'the rows to compare' }] },

  output: (options, inputs) => outputShape(options, tableShape(inputs['rows'])),

  check(options, inputs) {
    const table = tableShape(inputs['rows']);
    const taken = outputShape(options, table)
      .columns.slice(1)
      .some(({ name }) => name === options.by);
    return [
      ...gridProblems(options, table),
      ...(taken
        ? [
            {
              path: ['by'],
              message: `the result would have two columns \`${options.by}\``,
              next: 'rename the column first, with a `table` stage',
            },
          ]
        : []),
    ];
  },

  run(context) {
    const { options, inputs } = context;
    const table = tableOf(inputs['rows']);
    const grid = gridOf(options, table);
    const lacking = grid.entries.filter(
      ({ measures }) => !measures.every((value) => value !== undefined && Number.isFinite(value)),
    ).length;
    if (lacking > 0) {
      context.warn(
        `${lacking} of ${grid.entries.length} items lack a finite ${options.measure} under some ${options.by}; comparisons leave them out there`,
      );
    }
    const comparisons = pairsOf(options, grid).map(([one, other]) => ({
      labels: { [options.by]: grid.values[one] ?? null, against: grid.values[other] ?? null },
      ...compared(options, grid, [one, other]),
    }));
    const corrected = adjusted(
      comparisons.map(({ found }) => found.test.value?.p),
      options.correction,
    );
    const isFamily = options.correction === 'holm' || options.correction === 'bonferroni';
    const family = isFamily ? corrected.filter((p) => p !== undefined).length : 1;
    const planned = plansBy(
      comparisons.map(({ found }) => found),
      options,
      family,
    );
    const rows = comparisons.map(({ labels, figures, found }, index): Row => {
      const p = corrected[index];
      const verdict = directionOf(found, p, { level: options.level, family });
      const plan = must(planned[index], 'a plan of each comparison');
      const note = notesOf(found, { verdict, family, planned: plan });
      return { ...labels, ...figures, ...cellsOfPlan(plan, options), p_adjusted: p ?? null, verdict, note };
    });
    tellPlan(planned, options, context);
    const { columns, key } = outputShape(options, { type: 'table', columns: table.columns, key: table.key });
    return Promise.resolve({ type: 'table', table: { columns, key, rows } });
  },
});

function pairsOf({ by, baseline }: CompareOptions, { values }: Grid): readonly (readonly [number, number])[] {
  if (baseline === undefined) {
    return values.flatMap((_, one) =>
      values.slice(one + 1).map((_each, after) => [one, one + 1 + after] as const),
    );
  }
  const base = values.findIndex((value) => value === baseline);
  if (base < 0) {
    throw new Failure({
      code: 'baseline-unknown',
      blame: 'user',
      message: `no row has ${JSON.stringify(baseline)} in \`${by}\``,
      path: ['baseline'],
      expected: `one of ${values.map((value) => JSON.stringify(value)).join(', ')}`,
      found: JSON.stringify(baseline),
    });
  }
  return [...values.keys()].filter((value) => value !== base).map((value) => [value, base] as const);
}

/** One comparison with the figures of its row, those of its family aside. */
function compared(
  { level, test, draws, shares }: CompareOptions,
  { entries, isRightWrong }: Grid,
  [one, other]: readonly [number, number],
): { readonly found: PairedComparison; readonly figures: Readonly<Record<string, Cell>> } {
  const paired = entries.flatMap(({ cluster, measures }) => {
    const [a, b] = [measures[one], measures[other]];
    return a === undefined || b === undefined ? [] : [{ a, b, cluster }];
  });
  const a = paired.map((each) => each.a);
  const b = paired.map((each) => each.b);
  const clusters = paired.map(({ cluster }) => cluster);
  const found = comparePairs({ a, b, clusters, isRightWrong }, { level, test, draws });
  const { pairs, wins, ties } = found;
  const share =
    shares === 'wilson' ? wilsonInterval(wins, pairs, level) : betaInterval(wins, pairs, 1, level);
  const winInterval = found.clusters === pairs ? share.value : undefined;
  return {
    found,
    figures: {
      pairs,
      left_out: entries.length - pairs,
      clusters: found.clusters,
      mean: mean(a).value ?? null,
      mean_against: mean(b).value ?? null,
      difference: found.difference.value ?? null,
      ci_low: found.interval.value?.low ?? null,
      ci_high: found.interval.value?.high ?? null,
      df: found.degrees.value ?? null,
      level,
      effect_size: found.effect.value ?? null,
      wins: pairs === 0 ? null : wins / pairs,
      wins_low: winInterval?.low ?? null,
      wins_high: winInterval?.high ?? null,
      ties: pairs === 0 ? null : ties / pairs,
      test: found.test.value?.name ?? null,
      p: found.test.value?.p ?? null,
    },
  };
}

interface Planned {
  readonly clusters: number;
  readonly detectable: Maybe<number>;
  readonly needed: Maybe<number>;
}

/** What this spread says of the next run. */
function plansBy(
  comparisons: readonly PairedComparison[],
  { level, power, detect }: CompareOptions,
  family: number,
): readonly Planned[] {
  const alpha = (1 - level) / Math.max(1, family);
  // In standard deviations it depends on the number of clusters alone.
  const known = new Map<number, Maybe<number>>();
  return comparisons.map(({ deviation, clusters }) => {
    if (deviation.why !== undefined) return { clusters, detectable: deviation, needed: deviation };
    const least = known.get(clusters) ?? detectable(clusters, power, { deviation: 1, alpha });
    known.set(clusters, least);
    return {
      clusters,
      detectable: mapped(least, (each) => each * deviation.value),
      needed:
        detect === undefined
          ? undefinedBecause('it was not asked')
          : unitsNeeded(detect, power, { deviation: deviation.value, alpha }),
    };
  });
}

function cellsOfPlan({ detectable: least, needed }: Planned, { detect }: CompareOptions): Row {
  return {
    detectable: least.value ?? null,
    ...(detect !== undefined && { needed: needed.value ?? null }),
  };
}

/** For the plan of the next run: what the comparison that varies most needs. */
function tellPlan(
  planned: readonly Planned[],
  { detect, power }: CompareOptions,
  { measure }: Pick<StageContext, 'measure'>,
): void {
  const needs = planned.flatMap(({ needed }) => needed.value ?? []);
  if (detect === undefined || needs.length === 0) return;
  const clusters = planned.reduce((fewest, each) => Math.min(fewest, each.clusters), Infinity);
  measure({ detect, power, clusters, clusters_needed: Math.max(...needs) });
}

function notesOf(
  { difference, interval, degrees, effect, test, pairs, clusters }: PairedComparison,
  {
    verdict,
    family,
    planned,
  }: { readonly verdict: string; readonly family: number; readonly planned: Planned },
): string | null {
  const reasons = reasonsNote([
    ['difference', difference.why],
    ['ci', interval.why],
    ['df', degrees.why],
    ['effect_size', effect.why],
    ['p', test.why],
    ['detectable', planned.detectable.why],
    ['wins_low, wins_high', clusters < pairs ? 'pairs of a cluster are not independent' : undefined],
  ]);
  const notes = reasons === '' ? [] : [reasons];
  if (verdict === 'too few' && test.value !== undefined) {
    const least = Math.min(1, test.value.smallest * family);
    notes.push(`with ${clusters} clusters p_adjusted cannot be under ${Number(least.toPrecision(2))}`);
  }
  return notes.length === 0 ? null : notes.join('; ');
}

function outputShape(options: CompareOptions, table: TableShape): TableShape {
  const { by, measure } = options;
  const column = (name: string): Column =>
    table.columns.find((each) => each.name === name) ?? { name, type: 'json' };
  const { type, unit = type === 'boolean' ? 'share' : undefined } = column(measure);
  const number = (name: string, more: Partial<Column> = {}): Column => ({ name, type: 'number', ...more });
  const inUnit = unit === undefined ? {} : { unit };
  const pair = pairOf(options, table.key);
  const cluster = clusterOf(options, table.key) ?? pair.join(', ');
  const isOfPairs = pair.length > 1 && clusterOf(options, table.key) === undefined;
  // Of a table whose columns are known only when it is read, what is paired is not known either.
  const clusterUnit = isOfPairs ? 'pairs' : cluster === 'item' ? 'items' : cluster;
  const ofClusters = clusterUnit === '' ? {} : { unit: clusterUnit };
  return {
    type: 'table',
    key: [by, 'against'],
    columns: [
      column(by),
      { ...column(by), name: 'against', description: `the value of \`${by}\` that it is compared with` },
      number('difference', { ...inUnit, description: 'mean less mean_against, pair by pair' }),
      number('ci_low', inUnit),
      number('ci_high', inUnit),
      number('p_adjusted', { description: `by ${options.correction}, over all rows` }),
      { name: 'verdict', type: 'string' },
      { name: 'pairs', type: 'integer' },
      {
        name: 'clusters',
        type: 'integer',
        ...ofClusters,
        description: `different values of ${cluster === '' ? 'what was sampled' : cluster}`,
      },
      { name: 'left_out', type: 'integer', unit: 'pairs', description: 'pairs with a missing side' },
      number('effect_size', { description: 'd_z' }),
      number('wins', { unit: 'share' }),
      number('wins_low', { unit: 'share' }),
      number('wins_high', { unit: 'share' }),
      number('ties', { unit: 'share' }),
      number('mean', inUnit),
      number('mean_against', inUnit),
      number('df'),
      number('level', { description: 'coverage of the interval' }),
      number('detectable', {
        ...inUnit,
        description: `by so many clusters, with a chance of ${options.power}`,
      }),
      ...(options.detect === undefined
        ? []
        : [
            {
              name: 'needed',
              type: 'integer',
              ...ofClusters,
              description: `to find ${options.detect}`,
            } as const,
          ]),
      number('p'),
      { name: 'test', type: 'string', description: 'how p was found' },
      { name: 'note', type: 'string', description: 'why a figure is undefined' },
    ],
  };
}
