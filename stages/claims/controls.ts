import type { Cell, Column, Row, TableShape } from '../../src/table/table.ts';
import { defineStage } from '../../src/engine/stage-kind.ts';
import { clusteredErrors } from '../../src/statistics/comparison/clustered-mean.ts';
import { adjusted, type Correction } from '../../src/statistics/comparison/multiplicity.ts';
import { mapped, undefinedBecause, type Interval, type Maybe } from '../../src/statistics/maybe.ts';
import { rankAmong, type RankAmongControls } from '../../src/statistics/resampling/rank-among.ts';
import { tInterval } from '../../src/statistics/summary.ts';
import { mean } from '../../src/statistics/sums.ts';
import { Failure } from '../../src/system/failure.ts';
import { refuseMissingLabels } from '../../src/claims/labels.ts';
import { reasonsNote } from '../../src/claims/notes.ts';
import { correctionOption, levelOption } from '../../src/claims/options.ts';
import {
  cellsKey,
  notNumeric,
  numberOf,
  tableOf,
  tableShape,
  unknownColumns,
} from '../../src/table/columns.ts';

interface ControlsOptions {
  readonly by: readonly string[];
  readonly measure: string;
  readonly controls: string;
  readonly cluster: string;
  readonly correction: Correction;
  readonly level: number;
}

export const controls = defineStage<ControlsOptions>({
  name: 'controls',
  module: import.meta.url,
  summary: 'Which phrases do more than matched controls: p by their rank among these.',
  description: [
    'One row per combination of `by`, the largest excess first. Rows of `ablate` bring a list of what each control did in',
    'the same place; the n-th control of all rows counts as one, so that a mean over items is compared with means over the',
    'same items.',
    '',
    '- `effect`: mean of the measure; `control_mean`: mean of all controls; `excess`: the one less the other, with `ci_low`,',
    '  `ci_high` over items (CR2, t with `df`).',
    '- `p`: (1 + controls with at least this mean) / (1 + `controls`), one-sided; `p_adjusted` corrected over all rows.',
    '- `verdict`: `helps` where `p_adjusted` is at most 1 - `level`; `too few` where so few controls could not have given',
    '  that; otherwise `no evidence`. A list of the best has those that help, and none where none does. What is undefined is',
    '  null, and `note` says why.',
    '',
    'p is about these items: that another text of the kind of the controls does as much. Whether other items would show it',
    'is what the interval of `excess` says.',
  ].join('\n'),
  example: ['from: triggers', 'with: { by: [source] }'].join('\n'),
  options: {
    type: 'object',
    additionalProperties: false,
    properties: {
      by: {
        type: 'array',
        items: { type: 'string' },
        minItems: 1,
        uniqueItems: true,
        default: ['source', 'trigger'],
        description: 'Columns whose combinations are compared with their controls.',
      },
      measure: { type: 'string', default: 'improvement', description: 'Column of what a phrase does.' },
      controls: {
        type: 'string',
        default: 'control_improvements',
        description: 'Column with the list of what each control does: or `shuffled_improvements`.',
      },
      cluster: {
        type: 'string',
        default: 'item',
        description: 'Column whose values were sampled independently, for the interval.',
      },
      correction: correctionOption,
      level: levelOption,
    },
  },
  inputs: { ports: [{ name: 'rows', type: 'table', description: 'of `ablate`, with `controls`' }] },

  output: (options, inputs) => outputShape(options, tableShape(inputs['rows'])),

  check({ by, measure, controls: list, cluster }, inputs) {
    const table = tableShape(inputs['rows']);
    const measures = [{ name: measure, path: ['measure'] }];
    return [
      ...unknownColumns(table, [
        ...by.map((name, index) => ({ name, path: ['by', index] })),
        ...measures,
        { name: list, path: ['controls'] },
        { name: cluster, path: ['cluster'] },
      ]),
      ...notNumeric(table, measures),
    ];
  },

  run(context) {
    const { options, inputs } = context;
    const table = tableOf(inputs['rows']);
    const { by, cluster } = options;
    refuseMissingLabels(table, [
      ...by.map((name, index) => ({ name, path: ['by', index] })),
      { name: cluster, path: ['cluster'] },
    ]);
    const groups = new Map<string, Row[]>();
    for (const row of table.rows) {
      const label = cellsKey(by.map((name) => row[name]));
      const group = groups.get(label);
      if (group === undefined) groups.set(label, [row]);
      else group.push(row);
    }
    const found = [...groups.values()].map((rows) => comparedWithControls(rows, options));
    const corrected = adjusted(
      found.map(({ rank }) => rank.value?.p),
      options.correction,
    );
    const rows = found
      .map((each, index) => rowOf(each, corrected[index], { options, family: found.length }))
      .sort((a, b) => numberOf(b['excess']) - numberOf(a['excess']));
    const { columns, key } = outputShape(options, { type: 'table', columns: table.columns, key: table.key });
    return Promise.resolve({ type: 'table', table: { columns, key, rows } });
  },
});

interface Compared {
  readonly labels: Row;
  readonly effect: Maybe<number>;
  readonly rank: Maybe<RankAmongControls>;
  readonly excess: Maybe<number>;
  readonly interval: Maybe<Interval & { readonly degrees: number }>;
  readonly clusters: number;
}

function comparedWithControls(rows: readonly Row[], options: ControlsOptions): Compared {
  const { by, measure, controls: list, cluster, level } = options;
  const values = rows.map((row) => numberOf(row[measure]));
  const lists = rows.map((row) => listOf(row[list] ?? null, options));
  const count = lists.reduce((fewest, { length }) => Math.min(fewest, length), Infinity);
  const draws = Array.from({ length: Number.isFinite(count) ? count : 0 }, (_, draw) =>
    mean(lists.map((own) => own[draw] ?? NaN)),
  );
  const effect = values.some(Number.isNaN) ? undefinedBecause('a value is missing') : mean(values);
  const rank =
    effect.why === undefined
      ? rankAmong(
          effect.value,
          draws.map(({ value }) => value ?? NaN),
        )
      : effect;
  const excesses = values.map(
    (value, place) => value - (mean((lists[place] ?? []).slice(0, count)).value ?? NaN),
  );
  const clusters = rows.map((row) => cellsKey([row[cluster]]));
  const excess = rank.why === undefined ? mean(excesses) : rank;
  return {
    labels: Object.fromEntries(by.map((name) => [name, rows[0]?.[name] ?? null])),
    effect,
    rank,
    excess,
    interval:
      excess.why === undefined
        ? mapped(clusteredErrors(excesses, clusters), ({ cr2 }) => ({
            ...tInterval(excess.value, cr2, level),
            degrees: cr2.degrees,
          }))
        : excess,
    clusters: new Set(clusters).size,
  };
}

function listOf(cell: Cell, { controls: list }: ControlsOptions): readonly number[] {
  if (Array.isArray(cell)) return (cell as readonly Cell[]).map(numberOf);
  throw new Failure({
    code: 'controls-missing',
    blame: 'user',
    message: `\`${list}\` holds no lists of numbers`,
    path: ['controls'],
    expected: 'what `ablate` gives with `controls`: for each row what each control did',
    found: JSON.stringify(cell),
  });
}

function rowOf(
  { labels, effect, rank, excess, interval, clusters }: Compared,
  p: number | undefined,
  { options: { level, correction }, family }: { readonly options: ControlsOptions; readonly family: number },
): Row {
  const least =
    (rank.value?.smallest ?? 1) * (correction === 'holm' || correction === 'bonferroni' ? family : 1);
  const alpha = 1 - level + 1e-12;
  const verdict =
    p === undefined ? 'undefined' : p <= alpha ? 'helps' : least > alpha ? 'too few' : 'no evidence';
  const reasons = reasonsNote([
    ['effect', effect.why],
    ['p', rank.why],
    ['ci', interval.why],
  ]);
  const few =
    verdict === 'too few'
      ? `with ${rank.value?.controls ?? 0} controls p_adjusted cannot be under ${Number(Math.min(1, least).toPrecision(2))}`
      : '';
  const note = [reasons, few].filter((text) => text !== '').join('; ');
  return {
    ...labels,
    effect: effect.value ?? null,
    control_mean: rank.value?.controlMean ?? null,
    excess: excess.value ?? null,
    ci_low: interval.value?.low ?? null,
    ci_high: interval.value?.high ?? null,
    p_adjusted: p ?? null,
    verdict,
    p: rank.value?.p ?? null,
    controls: rank.value?.controls ?? 0,
    clusters,
    df: interval.value?.degrees ?? null,
    level,
    note: note === '' ? null : note,
  };
}

function outputShape({ by, measure, cluster, correction }: ControlsOptions, table: TableShape): TableShape {
  const column = (name: string): Column =>
    table.columns.find((each) => each.name === name) ?? { name, type: 'json' };
  const { unit } = column(measure);
  const number = (name: string, more: Partial<Column> = {}): Column => ({ name, type: 'number', ...more });
  const inUnit = unit === undefined ? {} : { unit };
  return {
    type: 'table',
    key: by,
    columns: [
      ...by.map(column),
      number('effect', { ...inUnit, description: `mean of ${measure}` }),
      number('excess', { ...inUnit, description: 'effect less control_mean' }),
      number('p_adjusted', { description: `by ${correction}, over all rows` }),
      { name: 'verdict', type: 'string' },
      number('ci_low', { ...inUnit, description: 'of excess' }),
      number('ci_high', inUnit),
      number('control_mean', inUnit),
      number('p', { description: 'one-sided, by rank among the controls' }),
      { name: 'controls', type: 'integer' },
      { name: 'clusters', type: 'integer', unit: cluster === 'item' ? 'items' : cluster },
      number('df'),
      number('level', { description: 'coverage of the interval' }),
      { name: 'note', type: 'string', description: 'why a figure is undefined' },
    ],
  };
}
