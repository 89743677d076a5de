import type { Cell, Row } from '../src/table/table.ts';
import { defineStage } from '../src/engine/stage-kind.ts';
import type { CorrelationMethod } from '../src/statistics/association/correlation.ts';
import { smallestFindable } from '../src/statistics/association/correlation-tests.ts';
import { findingOf } from '../src/statistics/association/finding.ts';
import { coefficientOf, type Points } from '../src/statistics/association/partial.ts';
import {
  evidenceOver,
  fewestUnits,
  overAll,
  ownCoefficients,
  type UnitEvidence,
} from '../src/statistics/association/units.ts';
import { verdictOn, type Prediction } from '../src/statistics/association/verdict.ts';
import { placesByLabel } from '../src/statistics/groups.ts';
import { mapped, type Interval, type Maybe } from '../src/statistics/maybe.ts';
import type { Draws } from '../src/statistics/resampling/permutation.ts';
import { drawsOption, levelOption } from '../src/table/claim-options.ts';
import { cellsKey, notNumeric, numberOf, tableOf, tableShape, unknownColumns } from '../src/table/columns.ts';
import { refuseMissingLabels } from '../src/table/labels.ts';
import { unitColumns, type UnitColumn } from '../src/table/units.ts';

interface CorrelateOptions {
  readonly x: string;
  readonly y: string;
  readonly transform: { readonly x?: 'log'; readonly y?: 'log' };
  readonly methods: readonly CorrelationMethod[];
  readonly within?: string;
  readonly control: readonly string[];
  readonly unit?: string | readonly string[];
  readonly predicted: Prediction;
  readonly level: number;
  readonly draws: Draws;
}

export const correlate = defineStage<CorrelateOptions>({
  name: 'correlate',
  module: import.meta.url,
  summary: 'Correlation of two columns, with what it is worth as a claim over formats, items, or both.',
  description: [
    'A value with one entry per method: `pearson`, `spearman` (average ranks), `kendall` (tau-b), each with its',
    '`coefficient`; so a template reads `correlation.pearson.coefficient`. `n` is the number of points; rows where a',
    'number is missing or not finite after the transform are left out and counted in `excluded`.',
    '',
    '- `transform: { x: log }` takes the natural logarithm of that column first.',
    '- `within: item` counts differences within items alone: values less the mean of their item (fixed effects), ranks',
    "  among the rows of the item, pairs of rows of one item. `within_groups` has each item's own coefficient.",
    '- `control: [tokens]` gives the partial correlation: ranks first, then the residuals of a least-squares line through',
    '  the controls; for Kendall from the matrix of taus. Undefined where no degree of freedom is left.',
    '- `unit` is what the claim generalises over, and must be said with `within`: a column such as `format` or `item`, or',
    '  both. Questions that are all asked in the same formats are no independent witnesses of what formats do. Without',
    '  `within` each row is a unit, unless the key of the table says that rows repeat something.',
    '',
    'For each unit: `p` by giving the x of one unit to another, all its rows at once (all orders of up to 7 units, random',
    'ones for more), or by turning the sign of what it contributes where a unit holds whole groups of `within`; `ci` by',
    "leaving out one unit at a time (jackknife on Fisher's z, t with units - 1). Under four units there is no interval but",
    "the units' own coefficients (`own`); four to nine are `few`. Beside the coefficient stand the largest p and the widest",
    'interval of its units.',
    '',
    '`verdict`: `supported` where p is at most 1 - `level`, the interval excludes 0 and the sign is as `predicted`;',
    '`contradicted` with the other sign; otherwise `no evidence`, with the smallest coefficient that so many units could',
    'have shown (`smallest_findable`, t / sqrt(t² + df)); `undecided` where p is small but there is no interval; `too few`',
    'under four units, or where no data of so few could give such a p. `finding` says it in words. What is undefined is',
    'null, with the reason in `why`.',
  ].join('\n'),
  example: [
    'from: scores',
    'with:',
    '  x: prompt_log_perplexity',
    '  y: target_log_prob',
    '  methods: [spearman]',
    '  within: item',
    '  unit: [format, item]',
    '  predicted: negative',
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
      within: { type: 'string', description: 'Column of groups; only differences within a group count.' },
      control: {
        type: 'array',
        items: { type: 'string' },
        uniqueItems: true,
        default: [],
        description: 'Columns that are held constant.',
      },
      unit: {
        type: ['string', 'array'],
        items: { type: 'string' },
        minItems: 1,
        maxItems: 2,
        uniqueItems: true,
        description: 'Column, or two, whose values the claim generalises over; required with `within`.',
      },
      predicted: {
        type: 'string',
        enum: ['negative', 'positive', 'any'],
        default: 'any',
        description: 'The sign that was predicted; `any` that there is a relation.',
      },
      level: levelOption,
      draws: drawsOption,
    },
  },
  inputs: { ports: [{ name: 'rows', type: 'table', description: 'the points' }] },

  output: () => ({ type: 'value' }),

  check(options, inputs) {
    const { x, y, within, control, unit } = options;
    const table = tableShape(inputs['rows']);
    const numbers = [
      { name: x, path: ['x'] },
      { name: y, path: ['y'] },
      ...control.map((name, index) => ({ name, path: ['control', index] })),
    ];
    return [
      ...unknownColumns(table, [...numbers, ...labelUses(options)]),
      ...notNumeric(table, numbers),
      ...(within !== undefined && unit === undefined
        ? [
            {
              path: ['within'],
              message: 'a correlation within groups needs `unit`: what the claim generalises over',
              expected: '`unit: format`, `unit: item` or `unit: [format, item]`, by names of columns',
            },
          ]
        : []),
    ];
  },

  run(context) {
    const { options, inputs } = context;
    const { x, y, transform, methods, within, control, level } = options;
    const table = tableOf(inputs['rows']);
    refuseMissingLabels(table.rows, labelUses(options));
    const rows = table.rows.filter((row) => numbersOf(row, options).every(Number.isFinite));
    const excluded = table.rows.length - rows.length;
    if (excluded > 0) {
      context.warn(
        `${excluded} of ${table.rows.length} rows have no finite ${x} and ${y}; they are left out`,
      );
    }
    const numbers = rows.map((row) => numbersOf(row, options));
    const side = (place: number): readonly number[] => numbers.map((own) => own[place] ?? NaN);
    const groups =
      within === undefined ? undefined : placesByLabel(rows.map((row) => cellsKey([row[within]])));
    const points: Points = {
      x: side(0),
      y: side(1),
      controls: control.map((_, index) => side(index + 2)),
      ...(groups !== undefined && { groups: [...groups.values()] }),
    };
    const units = unitColumns(options.unit, within, table);
    if (units.length === 0) {
      const repeated = table.key.join(' and ');
      context.warn(`rows repeat ${repeated}, and no unit is named: there is neither p nor interval`);
    }
    const results = methods.map(
      (method) => [method, claimed(method, { points, rows, units, options })] as const,
    );
    const value: Cell = {
      x,
      y,
      n: points.x.length,
      excluded,
      ...(Object.keys(transform).length > 0 && { transform: { ...transform } }),
      ...(within !== undefined && { within, groups: groups?.size ?? 0 }),
      ...(control.length > 0 && { control }),
      unit: units.map(({ name }) => name),
      level,
      ...Object.fromEntries(results),
    };
    for (const why of new Set(results.map(([, { why }]) => why))) {
      if (typeof why === 'string') context.warn(`there is no correlation of ${x} and ${y}: ${why}`);
    }
    return Promise.resolve({ type: 'value', value });
  },
});

/** x, y and the controls of a row, after the transform. */
function numbersOf(row: Row, { x, y, transform, control }: CorrelateOptions): readonly number[] {
  const transformed = (name: string, side: 'x' | 'y'): number =>
    transform[side] === 'log' ? Math.log(numberOf(row[name])) : numberOf(row[name]);
  return [transformed(x, 'x'), transformed(y, 'y'), ...control.map((name) => numberOf(row[name]))];
}

function labelUses({
  within,
  unit = [],
}: CorrelateOptions): readonly { name: string; path: (string | number)[] }[] {
  const units =
    typeof unit === 'string'
      ? [{ name: unit, path: ['unit'] }]
      : unit.map((name, index) => ({ name, path: ['unit', index] }));
  return [...(within === undefined ? [] : [{ name: within, path: ['within'] }]), ...units];
}

interface Setting {
  readonly points: Points;
  readonly rows: readonly Row[];
  readonly units: readonly UnitColumn[];
  readonly options: CorrelateOptions;
}

/** One method's entry: the coefficient, its evidence over each unit, and the verdict. */
function claimed(method: CorrelationMethod, { points, rows, units, options }: Setting): Record<string, Cell> {
  const { level, draws, predicted, within, control } = options;
  const coefficient = coefficientOf(method, points);
  const evidence = units.map((unit) => {
    const labels = rows.map((row, place) => unit.label(row, place));
    const slots = rows.map((row) => unit.slot(row));
    return { unit, found: evidenceOver(method, points, { labels, slots }, { level, draws }) };
  });
  const all = overAll(evidence.map(({ found }) => found));
  const counts = evidence.map(({ unit, found }) => ({ name: unit.name, count: found.units }));
  const enough = counts.flatMap(({ count }) => (count >= fewestUnits ? [count] : []));
  const spare = enough.length === 0 ? 0 : Math.min(...enough) - 2 - control.length;
  const findable = smallestFindable(spare, level);
  const verdict = verdictOn(coefficient, { ...all, enoughUnits: enough.length > 0 }, { predicted, level });
  const groups = ownCoefficients(method, points);
  const labels = [...new Set(rows.map((row) => row[within ?? ''] ?? null))];
  const undecided = all.p.why ?? all.interval.why;
  const scope = {
    coefficient,
    units: counts,
    controls: control,
    findable,
    ...(undecided !== undefined && { undecided }),
    ...(within !== undefined && { within: { name: within, count: groups.length } }),
  };
  return {
    ...figure('coefficient', coefficient),
    ...(units.length > 0 && {
      ...figure('p', all.p, 'p_why'),
      ...intervalFigure(all.interval, level),
      units: evidence.map(({ unit, found }) => unitFigures(unit, found, { rows, level })),
      ...(enough.length > 0 && figure('smallest_findable', findable, 'findable_why')),
      verdict,
      finding: findingOf(verdict, scope),
    }),
    ...(within !== undefined && {
      within_groups: groups.map((each, index) => ({
        label: labels[index] ?? null,
        ...figure('coefficient', each),
      })),
    }),
  };
}

/** A figure, or null with the reason. */
function figure(name: string, found: Maybe<number>, why = 'why'): Readonly<Record<string, Cell>> {
  return found.why === undefined ? { [name]: found.value } : { [name]: null, [why]: found.why };
}

function intervalFigure(found: Maybe<Interval>, level: number): Readonly<Record<string, Cell>> {
  return found.why === undefined
    ? { ci: { level, low: found.value.low, high: found.value.high } }
    : { ci: null, ci_why: found.why };
}

function unitFigures(
  unit: UnitColumn,
  { units, interval, test, own }: UnitEvidence,
  { rows, level }: { readonly rows: readonly Row[]; readonly level: number },
): Cell {
  const counted = mapped(test, ({ exact, draws }) => `${exact ? 'all' : 'random'} ${draws}`);
  return {
    unit: unit.name,
    count: units,
    ...(units >= fewestUnits && units < 10 && { few: true }),
    ...figure(
      'p',
      mapped(test, ({ p }) => p),
      'p_why',
    ),
    ...(counted.why === undefined && { draws: counted.value }),
    ...intervalFigure(interval, level),
    ...(own.size > 0 && {
      own: [...own].map(([label, found]) => ({
        label: unit.cell(label, rows),
        ...figure('coefficient', found),
      })),
    }),
  };
}
