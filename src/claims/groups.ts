import { groupFigures, type GroupFigure } from '../statistics/group-figures.ts';
import { cellsKey, numberOf } from '../table/columns.ts';
import { cellsOf, rowCount } from '../table/storage/table-of-columns.ts';
import type { Cell, Column, Table, TableShape } from '../table/table.ts';
import { repeatsWithin } from './clusters.ts';
import { missingLabels } from './labels.ts';
import { boundsOf, isTrueFalse, measureOf, surprisalOf, tokenColumn, unlikeSums } from './measures.ts';
import { reasonsNote } from './notes.ts';

export const statisticNames = [
  'mean',
  'stdev',
  'sem',
  'ci95',
  'df',
  'min',
  'max',
  'median',
  'count',
  'sum',
  'corpus_perplexity',
] as const;
export type Statistic = (typeof statisticNames)[number];

/** What a table of groups is made of. */
export interface GroupOptions {
  readonly by: readonly string[];
  readonly measure: string | readonly string[];
  readonly statistics: readonly Statistic[];
  readonly cluster?: string | false;
  readonly order?: string;
}

/** A measure in each row of a table, and what its figures take besides. */
export interface MeasureColumns {
  readonly measure: string;
  readonly values: readonly number[];
  /** How many tokens each value is over; NaN where nobody knows. */
  readonly tokens: readonly number[] | undefined;
  /** The cluster of each row. */
  readonly clusters: readonly string[] | undefined;
  readonly isShare: boolean;
}

export function measureColumns(measure: string, table: Table, cluster: string | undefined): MeasureColumns {
  const cells = cellsOf(table, measure);
  const tokens = tokenColumn(table, measure);
  return {
    measure,
    values: cells.map(measureOf),
    tokens: tokens === undefined ? undefined : cellsOf(table, tokens.name).map(numberOf),
    clusters: cluster === undefined ? undefined : cellsOf(table, cluster).map((cell) => cellsKey([cell])),
    isShare: isTrueFalse(cells),
  };
}

/** The figures of the rows at these places by column, null where undefined; the note says why, and what was cut. */
export function summarise(
  places: readonly number[],
  { measure, values, tokens, clusters, isShare }: MeasureColumns,
  { options, key }: { readonly options: GroupOptions; readonly key: readonly string[] },
): { readonly figures: Readonly<Record<string, Cell>>; readonly note: string } {
  const present = places.filter((place) => !Number.isNaN(values[place]));
  const { figures, isCut } = groupFigures(figureNames(options, key), {
    values: present.map((place) => values[place] ?? NaN),
    ...(clusters !== undefined && { clusters: present.map((place) => clusters[place] ?? '') }),
    isShare,
    bounds: boundsOf(measure),
    texts: present.map((place) => {
      const count = tokens?.[place] ?? NaN;
      return { tokens: count, surprisal: surprisalOf(measure, values[place] ?? NaN, count) ?? NaN };
    }),
  });
  const cells = [...figures].map(([name, { value }]) => [columnName(options, measure, name), value ?? null]);
  const reasons = [...figures].flatMap(([name, { why }]) =>
    // One reason for both ends.
    name === 'ci95_high' ? [] : [[name === 'ci95_low' ? 'ci95' : name, why] as const],
  );
  const notes = [reasonsNote(reasons), isCut ? 'ci95 ends where values do' : ''];
  return {
    figures: Object.fromEntries(cells) as Record<string, Cell>,
    note: notes.filter((note) => note !== '').join('; '),
  };
}

/** The figures of one measure in the order of their columns; clusters stand beside the count. */
function figureNames(options: GroupOptions, key: readonly string[]): readonly GroupFigure[] {
  const isClustered = hasError(options) && clusterOf(options, key) !== undefined;
  const names = options.statistics.flatMap((statistic): readonly GroupFigure[] => {
    if (statistic === 'ci95') return ['ci95_low', 'ci95_high'];
    return statistic === 'count' && isClustered ? ['count', 'clusters'] : [statistic];
  });
  return isClustered && !names.includes('clusters') ? [...names, 'clusters'] : names;
}

function hasError({ statistics }: GroupOptions): boolean {
  return (['sem', 'ci95', 'df'] as const).some((name) => statistics.includes(name));
}

export function hasSpread(options: GroupOptions): boolean {
  return hasError(options) || options.statistics.includes('stdev');
}

/** What is named, or the items that the key says repeat within a group. */
export function clusterOf({ cluster, by }: GroupOptions, key: readonly string[]): string | undefined {
  if (cluster === false) return undefined;
  return cluster ?? repeatsWithin(key, by).item;
}

/** What people should know of the groups of a table. */
export function warningsOf(options: GroupOptions, table: Table): readonly string[] {
  const { key } = table;
  const count = rowCount(table);
  const unlabelled = options.by.flatMap((name) => {
    const missing = missingLabels(cellsOf(table, name));
    return missing === undefined
      ? []
      : [`${missing.count} of ${count} rows have no ${name}; they are a group of their own`];
  });
  const ofMeasures = measuresOf(options).flatMap((measure) => {
    const missing = cellsOf(table, measure).filter((cell) => Number.isNaN(measureOf(cell))).length;
    const sums = unlikeSums(table, measure);
    return [
      ...(missing > 0 ? [`${missing} of ${count} rows have no ${measure}; they are left out`] : []),
      ...(sums !== undefined
        ? [
            `${measure} is a sum over ${sums.fewest} to ${sums.most} tokens: its mean over unlike targets weighs long ones more; compare within items, or take ${measure}_per_token`,
          ]
        : []),
    ];
  });
  const { unclear } = repeatsWithin(key, options.by);
  const isSilent = options.cluster === undefined && hasError(options) && unclear.length > 0;
  return [
    ...unlabelled,
    ...ofMeasures,
    ...(isSilent
      ? [
          `rows of a group repeat some of ${unclear.join(', ')}, yet sem and ci95 take them as independent: name what was sampled in \`cluster\`, or say \`cluster: false\``,
        ]
      : []),
  ];
}

/** The columns of the table of groups: labels, the figures of each measure, the note. */
export function groupShape(options: GroupOptions, table: TableShape): TableShape {
  const column = (name: string): Column =>
    table.columns.find((each) => each.name === name) ?? { name, type: 'json' };
  const cluster = clusterOf(options, table.key);
  const figures = measuresOf(options).flatMap((measure) =>
    figureNames(options, table.key).map((figure): Column => {
      const name = columnName(options, measure, figure);
      const { type, unit = type === 'boolean' ? 'share' : undefined } = column(measure);
      switch (figure) {
        case 'count':
          return { name, type: 'integer', unit: 'rows' };
        case 'clusters':
          return {
            name,
            type: 'integer',
            ...(cluster !== undefined && { unit: cluster === 'item' ? 'items' : cluster }),
            description: `different values of \`${cluster ?? ''}\`: the clusters of sem and ci95`,
          };
        case 'df':
        case 'corpus_perplexity':
          return { name, type: 'number' };
        default:
          return { name, type: 'number', ...(unit !== undefined && { unit }) };
      }
    }),
  );
  const rank: readonly Column[] = options.order === undefined ? [] : [{ name: 'rank', type: 'integer' }];
  const note: readonly Column[] = hasSpread(options)
    ? [{ name: 'note', type: 'string', description: 'why a figure is undefined, and what was cut' }]
    : [];
  return {
    type: 'table',
    columns: [...rank, ...options.by.map(column), ...figures, ...note],
    key: options.by,
  };
}

export function measuresOf({ measure }: GroupOptions): readonly string[] {
  return typeof measure === 'string' ? [measure] : measure;
}

function columnName({ measure }: GroupOptions, name: string, figure: string): string {
  return typeof measure === 'string' || measure.length === 1 ? figure : `${name}_${figure}`;
}
