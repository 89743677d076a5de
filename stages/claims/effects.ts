import type { Column, Row, TableShape } from '../../src/table/table.ts';
import { defineStage } from '../../src/engine/stage-kind.ts';
import { adjusted, type Correction } from '../../src/statistics/comparison/multiplicity.ts';
import { undefinedBecause, type Maybe } from '../../src/statistics/maybe.ts';
import {
  factorEffects,
  type Effect,
  type Effects,
  type Factor,
} from '../../src/statistics/models/effects.ts';
import { Failure } from '../../src/system/failure.ts';
import { refuseMissingLabels } from '../../src/claims/labels.ts';
import { measureOf, notMeasured } from '../../src/claims/measures.ts';
import { correctionOption, levelOption } from '../../src/claims/options.ts';
import { cellsKey, tableOf, tableShape, unknownColumns } from '../../src/table/columns.ts';

interface EffectsOptions {
  readonly factors: readonly string[];
  readonly measure: string;
  readonly interactions: boolean;
  readonly cluster: string;
  readonly correction: Correction;
  readonly level: number;
}

export const effects = defineStage<EffectsOptions>({
  name: 'effects',
  module: import.meta.url,
  summary: 'What each factor of a design does, and what pairs of them do beyond that.',
  description: [
    'One row per level of each factor, and per pair of levels of two factors (`term` is `separator × casing`), by least',
    'squares of `measure` with sum contrasts:',
    '',
    '- `effect`: how far the level is from the mean over all levels, each with the same weight, whatever the other factors;',
    '  of a pair what it has beyond the effects of its two levels. Those of a factor sum to 0, in the unit of the measure.',
    '- `mean`: the mean over all levels plus the effect, of single levels.',
    '- `ci_low`, `ci_high`, `p`: cluster-robust over `clusters`, CR2 with Satterthwaite’s `df` (Pustejovsky and Tipton 2018).',
    '- `p_adjusted`: corrected over all tests; with two levels the effect of the one is that of the other with its sign',
    '  turned, which is one test.',
    '- `verdict`: `higher` or `lower` where `p_adjusted` is at most 1 - `level`, otherwise `no evidence`; `too few` where `df`',
    '  is under 4, below which the error is not to be trusted (Tipton 2015).',
    '',
    'Effects are undefined, with the reason in `note`, where combinations of levels are missing that would tell them apart: a',
    'sampled design takes `interactions: false`.',
  ].join('\n'),
  example: ['from: scores', 'with: { factors: [format], measure: target_log_prob }'].join('\n'),
  options: {
    type: 'object',
    additionalProperties: false,
    required: ['factors', 'measure'],
    properties: {
      factors: {
        type: 'array',
        items: { type: 'string' },
        minItems: 1,
        maxItems: 6,
        uniqueItems: true,
        description: 'Columns whose values are the levels.',
      },
      measure: { type: 'string', description: 'Column that is explained: numbers, or true and false.' },
      interactions: {
        type: 'boolean',
        default: true,
        description: 'Whether pairs of factors are looked at too.',
      },
      cluster: {
        type: 'string',
        default: 'item',
        description: 'Column whose values were sampled independently.',
      },
      correction: correctionOption,
      level: levelOption,
    },
  },
  inputs: { ports: [{ name: 'rows', type: 'table', description: 'the rows of the design' }] },

  output: (options, inputs) => outputShape(options, tableShape(inputs['rows'])),

  check({ factors, measure, cluster }, inputs) {
    const table = tableShape(inputs['rows']);
    const measures = [{ name: measure, path: ['measure'] }];
    return [
      ...unknownColumns(table, [
        ...factors.map((name, index) => ({ name, path: ['factors', index] })),
        ...measures,
        { name: cluster, path: ['cluster'] },
      ]),
      ...notMeasured(table, measures),
      ...(factors.includes(cluster)
        ? [
            {
              path: ['cluster'],
              message: `\`${cluster}\` is a factor: what was sampled is none`,
              found: cluster,
            },
          ]
        : []),
    ];
  },

  run(context) {
    const { options, inputs } = context;
    const table = tableOf(inputs['rows']);
    const { factors: names, measure, cluster, level, interactions } = options;
    refuseMissingLabels(table, [
      ...names.map((name, index) => ({ name, path: ['factors', index] })),
      { name: cluster, path: ['cluster'] },
    ]);
    const rows = table.rows.filter((row) => Number.isFinite(measureOf(row[measure])));
    const left = table.rows.length - rows.length;
    if (left > 0)
      context.warn(`${left} of ${table.rows.length} rows have no finite ${measure}; they are left out`);
    if (rows.length === 0) throw nothingLeft(options);
    const factors = names.map((name) => factorOf(rows, name));
    const clusters = rows.map((row) => cellsKey([row[cluster]]));
    const found = factorEffects(
      factors,
      rows.map((row) => measureOf(row[measure])),
      clusters,
      { level, interactions: interactions && names.length > 1 },
    );
    const { columns, key } = outputShape(options, { type: 'table', columns: table.columns, key: table.key });
    const result = {
      columns,
      key,
      rows: rowsOf(found, { options, factors, rows, clusters: new Set(clusters).size }),
    };
    return Promise.resolve({ type: 'table', table: result });
  },
});

function factorOf(rows: readonly Row[], name: string): Factor {
  const labels = rows.map((row) => labelOf(row, name));
  return { levels: [...new Set(labels)], labels };
}

function labelOf(row: Row, name: string): string {
  const cell = row[name] ?? null;
  return typeof cell === 'string' ? cell : JSON.stringify(cell);
}

function nothingLeft({ measure }: EffectsOptions): Failure {
  return new Failure({
    code: 'nothing-to-compare',
    blame: 'user',
    message: `no row has a finite \`${measure}\``,
    path: ['measure'],
  });
}

function rowsOf(
  found: Maybe<Effects>,
  {
    options,
    factors,
    rows,
    clusters,
  }: {
    readonly options: EffectsOptions;
    readonly factors: readonly Factor[];
    readonly rows: readonly Row[];
    readonly clusters: number;
  },
): readonly Row[] {
  const { factors: names, level, correction } = options;
  const nameOf = ({ of }: Pick<Effect, 'of'>) => ({
    term: of.map(({ factor }) => names[factor] ?? '').join(' × '),
    value: of.map(({ factor, level: place }) => factors[factor]?.levels[place] ?? '').join(', '),
    rows: rows.filter((_, row) =>
      of.every(({ factor, level: place }) => {
        const { levels, labels } = factors[factor] ?? { levels: [], labels: [] };
        return labels[row] === levels[place];
      }),
    ).length,
  });
  if (found.why !== undefined) {
    const mains = factors.flatMap(({ levels }, factor) =>
      levels.map((_, place) => ({ of: [{ factor, level: place }] })),
    );
    return mains.map((each) => ({
      ...nameOf(each),
      ...nothing,
      clusters,
      level,
      verdict: 'undefined',
      note: `no effect: ${found.why}`,
    }));
  }
  const { effects: all, grandMean } = found.value;
  const largest = rows.reduce((most, row) => Math.max(most, Math.abs(measureOf(row[options.measure]))), 0);
  const tests = new Map(all.map(({ test, estimate }) => [test, pOf(estimate, ROUNDING * largest)]));
  const corrected = adjusted(
    [...tests.values()].map(({ value }) => value),
    correction,
  );
  const adjustedOf = new Map([...tests.keys()].map((test, index) => [test, corrected[index]]));
  return all.map((effect): Row => {
    const { value, cr2 } = effect.estimate;
    const p = tests.get(effect.test);
    const isDefined = p?.why === undefined;
    const pAdjusted = adjustedOf.get(effect.test);
    return {
      ...nameOf(effect),
      effect: value,
      ci_low: isDefined ? cr2.low : null,
      ci_high: isDefined ? cr2.high : null,
      p_adjusted: pAdjusted ?? null,
      verdict: isDefined ? verdictOf(effect.estimate, pAdjusted, level) : 'undefined',
      mean: effect.of.length === 1 ? grandMean + value : null,
      p: p?.value ?? null,
      clusters,
      df: isDefined ? cr2.degrees : null,
      level,
      note: isDefined ? noteOn(effect.estimate) : `no ci, p: ${p.why}`,
    };
  });
}

/** Under so many of Satterthwaite's degrees of freedom tests reject more often than they say (Tipton 2015). */
const FEWEST_DEGREES = 4;

function verdictOf({ value, cr2 }: Effect['estimate'], pAdjusted: number | undefined, level: number): string {
  if (cr2.degrees < FEWEST_DEGREES - 1e-9) return 'too few';
  if (pAdjusted === undefined || pAdjusted > 1 - level + 1e-12) return 'no evidence';
  return value > 0 ? 'higher' : 'lower';
}

function noteOn({ cr2 }: Effect['estimate']): string | null {
  if (cr2.degrees >= FEWEST_DEGREES - 1e-9) return null;
  return `${Number(cr2.degrees.toPrecision(2))} degrees of freedom, under ${FEWEST_DEGREES}: too few clusters to trust ci and p`;
}

const nothing = {
  effect: null,
  ci_low: null,
  ci_high: null,
  p_adjusted: null,
  mean: null,
  p: null,
  df: null,
};

/** An error that is smaller than this share of the largest value is rounding. */
const ROUNDING = 1e-13;

function pOf({ cr2 }: Effect['estimate'], rounding: number): Maybe<number> {
  return cr2.error <= rounding || !Number.isFinite(cr2.degrees)
    ? undefinedBecause('it is the same in every cluster')
    : { value: cr2.p };
}

function outputShape({ measure, cluster, correction }: EffectsOptions, table: TableShape): TableShape {
  const { type, unit = type === 'boolean' ? 'share' : undefined } = table.columns.find(
    ({ name }) => name === measure,
  ) ?? { type: 'number' };
  const inUnit = unit === undefined ? {} : { unit };
  const number = (name: string, more: Partial<Column> = {}): Column => ({ name, type: 'number', ...more });
  return {
    type: 'table',
    key: ['term', 'value'],
    columns: [
      { name: 'term', type: 'string', description: 'a factor, or two' },
      { name: 'value', type: 'string', description: 'its level, or theirs' },
      number('effect', { ...inUnit, description: 'from the mean over all levels' }),
      number('ci_low', inUnit),
      number('ci_high', inUnit),
      number('p_adjusted', { description: `by ${correction}, over all tests` }),
      { name: 'verdict', type: 'string' },
      number('mean', inUnit),
      { name: 'rows', type: 'integer' },
      { name: 'clusters', type: 'integer', unit: cluster === 'item' ? 'items' : cluster },
      number('p'),
      number('df'),
      number('level', { description: 'coverage of the interval' }),
      { name: 'note', type: 'string', description: 'why a figure is undefined' },
    ],
  };
}
