import { InternalError } from '../system/internal-error.ts';
import { cellKey } from './cells.ts';
import type { Cell, Column, ColumnType, Row, Table, TableShape } from './table.ts';
import { namesOf } from '../system/names-in-order.ts';
import type { OptionProblem } from '../system/failure.ts';
import { suggest } from '../system/suggest.ts';

/** The shape of a table input; what is no table (an engine that has already complained) counts as empty and open. */
export function tableShape(shape: { readonly type: string } | undefined): TableShape {
  return shape?.type === 'table'
    ? (shape as TableShape)
    : { type: 'table', columns: [], key: [], open: true };
}

export function tableOf(artifact: { readonly type: string; readonly table?: Table } | undefined): Table {
  if (artifact?.table === undefined) {
    throw new InternalError(`expected a table as input, was ${artifact?.type ?? 'nothing'}`);
  }
  return artifact.table;
}

/** A problem for each name that is no column of a closed table. */
export function unknownColumns(
  table: TableShape,
  uses: readonly { readonly name: string; readonly path: readonly (string | number)[] }[],
): readonly OptionProblem[] {
  if (table.open === true) return [];
  const names = table.columns.map(({ name }) => name);
  return uses
    .filter(({ name }) => !names.includes(name))
    .map(({ name, path }) => ({
      path,
      message: `no column \`${name}\``,
      found: name,
      candidates: names,
      ...(suggest(name, names) === undefined && {
        next: 'name a column that is there',
      }),
    }));
}

/** The description of a column of a CSV file that has not been given another type. */
export const csvText = 'text, as it stands in the file';

/** A problem for each column that is known not to hold numbers. */
export function notNumeric(
  table: TableShape,
  uses: readonly { readonly name: string; readonly path: readonly (string | number)[] }[],
): readonly OptionProblem[] {
  return uses.flatMap(({ name, path }) => {
    const column = table.columns.find((each) => each.name === name);
    if (column === undefined || column.type === 'json' || isNumeric(column)) return [];
    return [
      {
        path,
        message: `column \`${name}\` holds no numbers but is of type ${column.type}`,
        ...(!table.columns.some(isNumeric) && { expected: 'a column of numbers' }),
        found: name,
        ...(column.description === csvText && {
          next: `text of a CSV file becomes numbers by \`types: { ${name}: number }\` in its \`dataset\``,
        }),
        candidates: table.columns.filter(isNumeric).map(({ name: each }) => each),
      },
    ];
  });
}

function isNumeric({ type }: Column): boolean {
  return type === 'number' || type === 'integer';
}

/** Columns in the order in which they first appear, each with the narrowest type that holds all its cells. */
export function inferColumns(rows: readonly Row[], known: readonly Column[] = []): readonly Column[] {
  const names = new Set<string>();
  for (const row of rows) for (const name of namesOf(row)) names.add(name);
  return [...names].map((name) => {
    const declared = known.find((column) => column.name === name);
    return declared ?? { name, type: inferType(rows.map((row) => cellAt(row, name))) };
  });
}

export function inferType(cells: readonly Cell[]): ColumnType {
  let type: ColumnType | undefined;
  for (const cell of cells) {
    if (cell === null) continue;
    const own = typeOfCell(cell);
    if (type === undefined || type === own) type = own;
    else if ((type === 'number' && own === 'integer') || (type === 'integer' && own === 'number'))
      type = 'number';
    else return 'json';
  }
  return type ?? 'json';
}

function typeOfCell(cell: Exclude<Cell, null>): ColumnType {
  if (typeof cell === 'number') return Number.isSafeInteger(cell) ? 'integer' : 'number';
  return typeof cell === 'string' || typeof cell === 'boolean'
    ? (typeof cell as 'string' | 'boolean')
    : 'json';
}

/** The cell of a column; null where the row lacks it. What JavaScript objects have by themselves is no cell. */
export function cellAt(row: Row, name: string): Cell {
  return Object.hasOwn(row, name) ? (row[name] ?? null) : null;
}

/** Every row with every column: what is absent becomes null. */
export function completeRows(rows: readonly Row[], columns: readonly Column[]): readonly Row[] {
  return rows.map((row) => Object.fromEntries(columns.map(({ name }) => [name, cellAt(row, name)])));
}

/** Identifies a combination of cells, whatever is in them. */
export function cellsKey(cells: readonly (Cell | undefined)[]): string {
  return cells.map((cell) => cellKey(cell ?? null)).join(',');
}

/** The number in a cell; NaN for what is missing. Pandas' reading of a numeric column. */
export function numberOf(cell: Cell | undefined): number {
  return typeof cell === 'number' ? cell : NaN;
}
