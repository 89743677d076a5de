import { cellsOf, columnsNamed, rowCount, rowsAt } from '../../src/table/storage/table-of-columns.ts';
import type { Cell, Table } from '../../src/table/table.ts';
import { defineStage } from '../../src/engine/stage-kind.ts';
import { correlationClaim, type ClaimOptions } from '../../src/claims/correlation.ts';
import { refuseMissingLabels } from '../../src/claims/labels.ts';
import { drawsOption, levelOption } from '../../src/claims/options.ts';
import { unitColumns } from '../../src/claims/units.ts';
import type { CorrelationMethod } from '../../src/statistics/association/correlation.ts';
import type { Points } from '../../src/statistics/association/partial.ts';
import { placesByLabel } from '../../src/statistics/groups.ts';
import {
  cellsKey,
  notNumeric,
  numberOf,
  tableOf,
  tableShape,
  unknownColumns,
} from '../../src/table/columns.ts';

interface CorrelateOptions extends ClaimOptions {
  readonly x: string;
  readonly y: string;
  readonly transform: { readonly x?: 'log'; readonly y?: 'log' };
  readonly methods: readonly CorrelationMethod[];
  readonly unit?: string | readonly string[];
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
    refuseMissingLabels(table, labelUses(options));
    const sides = sidesOf(table, options);
    const count = rowCount(table);
    const places = Array.from({ length: count }, (_, place) => place).filter((place) =>
      sides.every((side) => Number.isFinite(side[place])),
    );
    const excluded = count - places.length;
    if (excluded > 0) {
      context.warn(`${excluded} of ${count} rows have no finite ${x} and ${y}; they are left out`);
    }
    const side = (index: number): readonly number[] => places.map((place) => sides[index]?.[place] ?? NaN);
    const labels = within === undefined ? [] : cellsOf(table, within);
    const groups =
      within === undefined ? undefined : placesByLabel(places.map((place) => cellsKey([labels[place]])));
    const points: Points = {
      x: side(0),
      y: side(1),
      controls: control.map((_, index) => side(index + 2)),
      ...(groups !== undefined && { groups: [...groups.values()] }),
    };
    const { rows } = rowsAt(
      columnsNamed(table, [...labelUses(options).map(({ name }) => name), ...table.key]),
      places,
    );
    const units = unitColumns(options.unit, within, table);
    if (units.length === 0) {
      const repeated = table.key.join(' and ');
      context.warn(`rows repeat ${repeated}, and no unit is named: there is neither p nor interval`);
    }
    const results = methods.map(
      (method) => [method, correlationClaim(method, { points, rows, units, options })] as const,
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

/** x, y and the controls of each row, after the transform. */
function sidesOf(
  table: Table,
  { x, y, transform, control }: CorrelateOptions,
): readonly (readonly number[])[] {
  const transformed = (name: string, side: 'x' | 'y'): readonly number[] => {
    const numbers = cellsOf(table, name).map(numberOf);
    return transform[side] === 'log' ? numbers.map(Math.log) : numbers;
  };
  return [
    transformed(x, 'x'),
    transformed(y, 'y'),
    ...control.map((name) => cellsOf(table, name).map(numberOf)),
  ];
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
