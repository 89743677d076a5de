import type { Cell, Column, Row, TableShape } from '../table/table.ts';
import type { JsonObject } from '../system/json.ts';
import { type InputPort, type Shape } from '../engine/stage-kind.ts';
import { Failure, type OptionProblem } from '../system/failure.ts';
import type { Artifact } from '../engine/artifact.ts';
import { cellAt, cellsKey, inferColumns, tableOf, tableShape } from '../table/columns.ts';

/** What is asked, given in the options or by a table. */
export interface ItemsOption {
  readonly items?: readonly Row[];
}

export const itemsOption: JsonObject = {
  type: 'array',
  minItems: 1,
  items: { type: 'object', minProperties: 1 },
  description: 'What is asked: objects whose fields the templates name. Or a table in `from`.',
};

export const itemsPort: InputPort = {
  name: 'items',
  type: 'table',
  optional: true,
  description: 'the items, instead of the option `items`',
};

export function itemsShape({ items }: ItemsOption, inputs: Readonly<Record<string, Shape>>): TableShape {
  return items === undefined
    ? tableShape(inputs['items'])
    : { type: 'table', columns: inferColumns(items), key: [] };
}

/**
 * The column `item`, which names the items: the cell of the key that their table declares, or of their field `id`, or
 * else their place. The cells of a key of several columns are one text.
 */
export function itemColumn({ columns, key }: Pick<TableShape, 'columns' | 'key'>): Column {
  const named = nameColumns({ columns, key });
  const [only] = named;
  if (only === undefined) {
    return { name: 'item', type: 'integer', description: 'place of the item, from 1', counts: true };
  }
  const type = named.length > 1 ? 'string' : columns.find(({ name }) => name === only)?.type;
  return { name: 'item', type: type ?? 'json', description: `the item: its ${named.join(', ')}` };
}

/** The columns that name an item. One that only counts is as good as none. */
function nameColumns({ columns, key }: Pick<TableShape, 'columns' | 'key'>): readonly string[] {
  const counted = columns.some(({ name, counts }) => counts === true && key.includes(name));
  if (key.length > 0 && !counted) return key;
  return columns.some(({ name }) => name === 'id') ? ['id'] : [];
}

/** What an item is called: the cell that names it, or several as one text: `capital, es`. */
function nameOf(cells: readonly Cell[]): Cell {
  const [only = null] = cells;
  return cells.length > 1 ? cells.map(namePart).join(', ') : only;
}

/** A text as it is, unless it could be taken for two cells or for one of another type. */
function namePart(cell: Cell): string {
  const isPlain = typeof cell === 'string' && !/[,"]|^\s|\s$|^$/.test(cell) && !isJson(cell);
  return isPlain ? cell : JSON.stringify(cell);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Items must come from one side, and their fields must leave the kind's own columns free. */
export function itemsProblems(
  { items }: ItemsOption,
  inputs: Readonly<Record<string, Shape>>,
  ownColumns: readonly string[],
): readonly OptionProblem[] {
  if ((items === undefined) === (inputs['items'] === undefined)) {
    return [
      {
        path: items === undefined ? [] : ['items'],
        message: items === undefined ? 'there are no items' : 'there are items here and in `from`',
        expected: 'either the option `items` or a table in `from`',
      },
    ];
  }
  return itemsShape(items === undefined ? {} : { items }, inputs)
    .columns.filter(({ name }) => ownColumns.includes(name))
    .map(({ name }) => {
      const first = items?.findIndex((item) => name in item) ?? -1;
      return {
        path: first >= 0 ? ['items', first, name] : [],
        message: `items cannot have a field \`${name}\`: it is a column of the result`,
        next: 'give the field another name',
      };
    });
}

export interface Item {
  readonly id: Cell;
  /** Every item has every field; what it lacks is null. */
  readonly fields: Row;
}

/**
 * The items with their names.
 *
 * @throws Failure `item-id-not-unique`, and `column-taken` where no check could see the columns.
 */
export function itemsOf(
  { items }: ItemsOption,
  inputs: Readonly<Record<string, Artifact>>,
  ownColumns: readonly string[],
): { readonly items: readonly Item[]; readonly columns: readonly Column[]; readonly item: Column } {
  const given =
    items === undefined ? tableOf(inputs['items']) : { rows: items, columns: inferColumns(items), key: [] };
  const { rows, columns, key } = given;
  const taken = columns.find(({ name }) => ownColumns.includes(name));
  if (taken !== undefined) {
    throw new Failure({
      code: 'column-taken',
      blame: 'user',
      message: `items cannot have a field \`${taken.name}\`: it is a column of the result`,
      next: 'rename the column first, with a `table` stage',
    });
  }
  const names = nameColumns({ columns, key });
  const seen = new Map<string, number>();
  const found = rows.map((row, index): Item => {
    const id = names.length === 0 ? index + 1 : nameOf(names.map((name) => cellAt(row, name)));
    const earlier = seen.get(cellsKey([id]));
    if (id === null || earlier !== undefined) {
      const called = `\`${names.join(', ')}\``;
      throw new Failure({
        code: 'item-id-not-unique',
        blame: 'user',
        message:
          earlier === undefined
            ? `item ${index + 1} has no ${called}, but others have one`
            : `items ${earlier + 1} and ${index + 1} have the same ${called}`,
        path: items === undefined ? [] : ['items', index],
        found: JSON.stringify(id),
      });
    }
    seen.set(cellsKey([id]), index);
    return { id, fields: Object.fromEntries(columns.map(({ name }) => [name, row[name] ?? null])) };
  });
  return { items: found, columns, item: itemColumn({ columns, key }) };
}
