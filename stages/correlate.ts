import type { Cell } from '../src/table/table.ts';
import { defineStage } from '../src/engine/stage-kind.ts';
import type { OptionProblem } from '../src/system/failure.ts';
import { clusterBootstrap } from '../src/statistics/bootstrap.ts';
import {
  correlation,
  residuals,
  withinGroups,
  type CorrelationMethod,
} from '../src/statistics/correlation.ts';
import { cellsKey, notNumeric, numberOf, tableOf, tableShape, unknownColumns } from '../src/table/columns.ts';

interface CorrelateOptions {
  readonly x: string;
  readonly y: string;
  readonly transform: { readonly x?: 'log'; readonly y?: 'log' };
  readonly methods: readonly CorrelationMethod[];
  readonly within?: string;
  readonly control: readonly string[];
  readonly cluster?: string;
  readonly bootstrap: { readonly samples: number; readonly seed: number; readonly level: number };
}

export const correlate = defineStage<CorrelateOptions>({
  name: 'correlate',
  module: import.meta.url,
  summary: 'Correlation of two columns, with intervals and controls.',
  description: [
    'A value with one entry per method: `pearson`, `spearman` (average ranks), `kendall` (tau-b), each with its',
    '`coefficient`; so a template reads `correlation.pearson.coefficient`. `n` is the number of points; rows where a',
    'number is missing or not finite after the transform are left out and counted in `excluded`.',
    '',
    '- `transform: { x: log }` takes the natural logarithm of that column first.',
    '- `within: question` subtracts from each value the mean of its group, so that differences between groups (easy',
    '  and hard questions) do not count (fixed effects).',
    '- `control: [tokens]` gives the partial correlation: both sides are replaced by the residuals of a least-squares',
    '  line through the controls (with `within`, through the controls within groups).',
    '- `cluster: question` adds `ci` to each method: the percentile interval of a bootstrap that resamples whole',
    '  clusters (`bootstrap: { samples, seed, level }`).',
    '',
    'With fewer than three points, or where one side is constant, there is no correlation: the coefficient is NaN, and',
    'the run says so.',
  ].join('\n'),
  example: [
    'from: scores',
    'with:',
    '  x: prompt_log_perplexity',
    '  y: target_log_prob',
    '  methods: [pearson, spearman]',
    '  within: item',
    '  cluster: item',
  ].join('\n'),
  options: {
    type: 'object',
    additionalProperties: false,
    required: ['x', 'y'],
    properties: {
      x: { type: 'string', description: 'Column of the one side.' },
      y: { type: 'string', description: 'Column of the other side.' },
      transform: {
        type: 'object',
        additionalProperties: false,
        default: {},
        properties: { x: { type: 'string', enum: ['log'] }, y: { type: 'string', enum: ['log'] } },
        description: 'What is done to a side first: `log`, the natural logarithm.',
      },
      methods: {
        type: 'array',
        items: { type: 'string', enum: ['pearson', 'spearman', 'kendall'] },
        minItems: 1,
        uniqueItems: true,
        default: ['pearson', 'spearman'],
        description: 'Which coefficients.',
      },
      within: { type: 'string', description: 'Column of groups whose means are taken out of both sides.' },
      control: {
        type: 'array',
        items: { type: 'string' },
        uniqueItems: true,
        default: [],
        description: 'Columns whose linear effect is taken out of both sides.',
      },
      cluster: {
        type: 'string',
        description: 'Column of clusters for the bootstrap; without it, no interval.',
      },
      bootstrap: {
        type: 'object',
        additionalProperties: false,
        default: {},
        properties: {
          samples: {
            type: 'integer',
            minimum: 100,
            maximum: 1_000_000,
            default: 2000,
            description: 'Resamples.',
          },
          seed: { type: 'integer', minimum: 0, default: 1, description: 'Of the random numbers.' },
          level: {
            type: 'number',
            exclusiveMinimum: 0,
            exclusiveMaximum: 1,
            default: 0.95,
            description: 'Coverage of the interval.',
          },
        },
        description: 'How the interval is made.',
      },
    },
  },
  inputs: { ports: [{ name: 'rows', type: 'table', description: 'the points' }] },

  output: () => ({ type: 'value' }),

  check({ x, y, within, cluster, control }, inputs): readonly OptionProblem[] {
    const table = tableShape(inputs['rows']);
    const numbers = [
      { name: x, path: ['x'] },
      { name: y, path: ['y'] },
      ...control.map((name, index) => ({ name, path: ['control', index] })),
    ];
    const labels = [
      { name: within, path: ['within'] },
      { name: cluster, path: ['cluster'] },
    ].flatMap(({ name, path }) => (name === undefined ? [] : [{ name, path }]));
    return [...unknownColumns(table, [...numbers, ...labels]), ...notNumeric(table, numbers)];
  },

  run({ options, inputs, warn }) {
    const { x, y, transform, methods, within, control, cluster, bootstrap } = options;
    const { rows } = tableOf(inputs['rows']);
    const points = rows
      .map((row) => ({
        x: transformed(numberOf(row[x]), transform.x),
        y: transformed(numberOf(row[y]), transform.y),
        controls: control.map((name) => numberOf(row[name])),
        group: within === undefined ? '' : cellsKey([row[within]]),
        cluster: cluster === undefined ? '' : cellsKey([row[cluster]]),
      }))
      .filter((point) => [point.x, point.y, ...point.controls].every(Number.isFinite));
    const excluded = rows.length - points.length;
    if (excluded > 0)
      warn(`${excluded} of ${rows.length} rows have no finite ${x} and ${y}; they are left out`);

    const coefficient = (method: CorrelationMethod, chosen: typeof points): number => {
      const groups = chosen.map(({ group }) => group);
      const side = (values: readonly number[]): readonly number[] =>
        within === undefined ? values : withinGroups(values, groups);
      const controls = control.map((_, index) => side(chosen.map((point) => point.controls[index] ?? NaN)));
      const rest = (values: readonly number[]): readonly number[] =>
        controls.length === 0 ? side(values) : residuals(side(values), controls);
      return correlation(method, rest(chosen.map((point) => point.x)), rest(chosen.map((point) => point.y)));
    };
    const clusters = indicesBy(points.map((point) => point.cluster));
    const results = methods.map((method): readonly [string, Cell] => {
      const value = coefficient(method, points);
      if (cluster === undefined) return [method, { coefficient: value }];
      const pick = (indices: readonly number[]): typeof points =>
        indices.flatMap((index) => points[index] ?? []);
      const interval = clusterBootstrap(clusters, (indices) => coefficient(method, pick(indices)), bootstrap);
      const { low, high, resamples } = interval;
      return [method, { coefficient: value, ci: { level: bootstrap.level, low, high, resamples } }];
    });
    if (results.some(([, result]) => Number.isNaN((result as { coefficient: number }).coefficient))) {
      const why = points.length < 3 ? `${points.length} points are too few` : 'one side is constant';
      warn(`there is no correlation of ${x} and ${y}: ${why}`);
    }
    const value: Cell = {
      x,
      y,
      n: points.length,
      excluded,
      ...(Object.keys(transform).length > 0 && { transform: { ...transform } }),
      ...(within !== undefined && { within }),
      ...(control.length > 0 && { control }),
      ...(cluster !== undefined && { cluster, clusters: clusters.length }),
      ...Object.fromEntries(results),
    };
    return Promise.resolve({ type: 'value', value });
  },
});

function transformed(value: number, transform: 'log' | undefined): number {
  return transform === 'log' ? Math.log(value) : value;
}

/** The indices of equal labels together, in the order of first appearance. */
function indicesBy(labels: readonly string[]): readonly (readonly number[])[] {
  const groups = new Map<string, number[]>();
  labels.forEach((label, index) => {
    const group = groups.get(label) ?? [];
    group.push(index);
    groups.set(label, group);
  });
  return [...groups.values()];
}
