import { Failure, type OptionProblem } from '../system/failure.ts';
import { cellsKey, unknownColumns } from '../table/columns.ts';
import { refuseMissingLabels } from './labels.ts';
import { isTrueFalse, measureOf, notMeasured } from './measures.ts';
import type { Cell, TableShape, Table } from '../table/table.ts';

/** Columns that lay out rows as a grid: what is compared, of what, what is measured. */
export interface GridOptions {
  /** The column whose values are compared. */
  readonly by: string;
  readonly measure: string;
  /** Columns that say which rows belong together, one of each compared value; the rest of the key without it. */
  readonly pair?: readonly string[];
  /** The column whose values are sampled independently; `item` or the pairs themselves without it. */
  readonly cluster?: string;
}

export interface Grid {
  readonly pair: readonly string[];
  readonly cluster: string | undefined;
  /** The values of `by`, in the order of first appearance. */
  readonly values: readonly Cell[];
  /** One entry per pair: its cluster, and the measure under each value; undefined where there is none. */
  readonly entries: readonly {
    readonly cluster: string;
    readonly measures: readonly (number | undefined)[];
  }[];
  /** Whether the measure is true or false throughout. */
  readonly isRightWrong: boolean;
}

/** What pairs rows: as said, or the key of the table without the compared column. */
export function pairOf({ by, pair }: GridOptions, key: readonly string[]): readonly string[] {
  return pair ?? key.filter((name) => name !== by);
}

export function clusterOf(options: GridOptions, key: readonly string[]): string | undefined {
  if (options.cluster !== undefined) return options.cluster;
  const pair = pairOf(options, key);
  return pair.length > 1 && pair.includes('item') ? 'item' : undefined;
}

export function gridProblems(options: GridOptions, table: TableShape): readonly OptionProblem[] {
  const { by, measure, pair = [], cluster } = options;
  const uses = [
    { name: by, path: ['by'] },
    { name: measure, path: ['measure'] },
    ...pair.map((name, index) => ({ name, path: ['pair', index] })),
    ...(cluster === undefined ? [] : [{ name: cluster, path: ['cluster'] }]),
  ];
  const pairless = table.open !== true && pairOf(options, table.key).length === 0;
  return [
    ...unknownColumns(table, uses),
    ...notMeasured(table, [{ name: measure, path: ['measure'] }]),
    ...(pairless
      ? [
          {
            path: ['pair'],
            message: `nothing says which rows are of the same item under each \`${by}\``,
            expected: 'columns in `pair`, such as `item`, or a key of the table',
          },
        ]
      : []),
  ];
}

/** Lays rows out; fails where labels are missing or several rows fall into one place. */
export function gridOf(options: GridOptions, table: Table): Grid {
  const { key } = table;
  const pair = pairOf(options, key);
  const cluster = clusterOf(options, key);
  const { by, measure } = options;
  refuseMissingLabels(table, [
    { name: by, path: ['by'] },
    ...pair.map((name) => ({ name, path: ['pair'] })),
    ...(cluster === undefined ? [] : [{ name: cluster, path: ['cluster'] }]),
  ]);
  const { rows } = table;
  const values = new Map(rows.map((row) => [cellsKey([row[by]]), row[by] ?? null]));
  const columns = new Map([...values.keys()].map((label, index) => [label, index]));
  const entries = new Map<string, { cluster: string; measures: (number | undefined)[]; rows: number[] }>();
  for (const [index, row] of rows.entries()) {
    const label = cellsKey(pair.map((name) => row[name]));
    const entry = entries.get(label) ?? {
      cluster: cluster === undefined ? label : cellsKey([row[cluster]]),
      measures: [...values].map(() => undefined),
      rows: [],
    };
    entries.set(label, entry);
    const column = columns.get(cellsKey([row[by]])) ?? 0;
    const earlier = entry.rows[column];
    if (earlier !== undefined) throw twice(options, pair, [earlier, index]);
    entry.rows[column] = index;
    const value = measureOf(row[measure]);
    entry.measures[column] = Number.isNaN(value) ? undefined : value;
  }
  return {
    pair,
    cluster,
    values: [...values.values()],
    entries: [...entries.values()],
    isRightWrong: isTrueFalse(rows.map((row) => row[measure] ?? null)),
  };
}

function twice(
  { by }: GridOptions,
  pair: readonly string[],
  [earlier, later]: readonly [number, number],
): Failure {
  return new Failure({
    code: 'pairs-not-unique',
    blame: 'user',
    message: `several rows have the same ${[by, ...pair].join(', ')}, so that pairs are not clear`,
    path: ['pair'],
    found: `rows ${earlier + 1} and ${later + 1}`,
    next: 'name further columns in `pair`, or average these rows with an `aggregate` stage first',
  });
}
