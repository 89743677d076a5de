import type { Cell, Column, Row, TableShape } from '../table/table.ts';
import type { JsonObject } from '../system/json.ts';
import { type InputPort, type Shape } from '../engine/stage-kind.ts';
import { Failure, type OptionProblem } from '../system/failure.ts';
import type { Artifact } from '../engine/artifact.ts';
import { cellsKey, inferColumns, tableOf, tableShape } from '../table/columns.ts';

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

/** The column `item`: the field `id` of the items, or else their place. */
export function itemColumn(items: TableShape): Column {
  const type = items.columns.find(({ name }) => name === 'id')?.type ?? 'integer';
  return { name: 'item', type, description: 'id of the item, or its place counted from 1' };
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
): { readonly items: readonly Item[]; readonly columns: readonly Column[] } {
  const given =
    items === undefined ? tableOf(inputs['items']) : { rows: items, columns: inferColumns(items) };
  const { rows, columns } = given;
  const taken = columns.find(({ name }) => ownColumns.includes(name));
  if (taken !== undefined) {
    throw new Failure({
      code: 'column-taken',
      blame: 'user',
      message: `items cannot have a field \`${taken.name}\`: it is a column of the result`,
      next: 'rename the column first, with a `table` stage',
    });
  }
  const named = columns.some(({ name }) => name === 'id');
  const seen = new Map<string, number>();
  const found = rows.map((row, index): Item => {
    const id = named ? (row['id'] ?? null) : index + 1;
    const earlier = seen.get(cellsKey([id]));
    if (id === null || earlier !== undefined) {
      throw new Failure({
        code: 'item-id-not-unique',
        blame: 'user',
        message:
          earlier === undefined
            ? `item ${index + 1} has no \`id\`, but others have one`
            : `items ${earlier + 1} and ${index + 1} have the same \`id\``,
        path: items === undefined ? [] : ['items', index],
        found: JSON.stringify(id),
      });
    }
    seen.set(cellsKey([id]), index);
    return { id, fields: Object.fromEntries(columns.map(({ name }) => [name, row[name] ?? null])) };
  });
  return { items: found, columns };
}
