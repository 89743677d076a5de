import { Failure } from '../../system/failure.ts';
import { isList, kindOf } from '../cells.ts';
import { namesSchema } from '../given.ts';
import { namedTwice, unknownListed } from '../shapes.ts';
import type { Cell, Column } from '../table.ts';
import { defineVerb, type ApplyContext } from '../verb.ts';

interface Unroll {
  readonly columns: readonly string[];
  readonly index?: string;
}

export const unroll = defineVerb<readonly string[] | Unroll>({
  name: 'unroll',
  schema: {
    type: ['array', 'object'],
    items: { type: 'string' },
    minItems: 1,
    uniqueItems: true,
    additionalProperties: false,
    required: ['columns'],
    properties: {
      columns: namesSchema,
      index: { type: 'string', minLength: 1, description: 'New column: the place of the element, from 1.' },
    },
    description:
      'One row for each element of the lists in these columns: names, or `{ columns: [...], index: position }`.',
  },

  shape(given, context) {
    const { columns, index, path } = partsOf(given);
    const { table, at } = context;
    const unrolled = new Set(columns);
    const wrong = table.columns.filter(({ name, type }) => unrolled.has(name) && type !== 'json');
    const after: readonly Column[] = [
      ...table.columns.map((column) =>
        unrolled.has(column.name) ? ({ name: column.name, type: 'json' } as const) : column,
      ),
      ...(index === undefined ? [] : [{ name: index, type: 'integer' } as const]),
    ];
    const key =
      index === undefined || table.key.length === 0 || table.key.some((name) => unrolled.has(name))
        ? []
        : [...table.key, index];
    return {
      table: { ...table, columns: after, key },
      problems: [
        ...unknownListed(context, columns, ...path),
        ...namedTwice(after, at),
        ...wrong.map(({ name, type }) => ({
          path: [...at, ...path, columns.indexOf(name)],
          message: `column \`${name}\` holds no lists`,
          expected: 'a column of lists',
          found: `a column of type ${type}`,
        })),
      ],
    };
  },

  apply(given, context) {
    const { columns, index } = partsOf(given);
    const { frame, warn } = context;
    const lists = columns.map((name) => listsOf(name, context));
    const rows: number[] = [];
    const places: number[] = [];
    let empty = 0;
    for (let row = 0; row < frame.length; row += 1) {
      const length = lists[0]?.[row]?.length ?? 0;
      if (lists.some((each) => each[row]?.length !== length)) throw uneven(columns, lists, row, context);
      if (length === 0) empty += 1;
      for (let place = 0; place < length; place += 1) {
        rows.push(row);
        places.push(place);
      }
    }
    if (empty > 0) warn(`${empty} of ${frame.length} rows have no list, or an empty one; they are gone`);
    const cells = new Map<string, readonly Cell[]>(
      columns.map((name, column) => [
        name,
        rows.map((row, element) => lists[column]?.[row]?.[places[element] ?? -1] ?? null),
      ]),
    );
    if (index !== undefined)
      cells.set(
        index,
        places.map((place) => place + 1),
      );
    return frame.pick(rows).withColumns(context.columns, cells);
  },
});

function partsOf(given: readonly string[] | Unroll): Unroll & { readonly path: readonly string[] } {
  return 'columns' in given ? { ...given, path: ['columns'] } : { columns: given, path: [] };
}

function listsOf(name: string, { frame, at }: ApplyContext): readonly (readonly Cell[])[] {
  return frame.cells(name).map((cell, row) => {
    if (cell === null) return [];
    if (isList(cell)) return cell;
    throw new Failure({
      code: 'not-a-list',
      blame: 'user',
      message: `column \`${name}\` holds a cell that is no list`,
      path: at,
      where: `row ${row + 1}`,
      expected: 'a list, or null',
      found: kindOf(cell),
    });
  });
}

function uneven(
  columns: readonly string[],
  lists: readonly (readonly (readonly Cell[])[])[],
  row: number,
  { at }: ApplyContext,
): Failure {
  return new Failure({
    code: 'uneven-lists',
    blame: 'user',
    message: 'the lists of a row are of different lengths',
    path: at,
    where: `row ${row + 1}`,
    expected: 'lists of one length, so that their elements belong together',
    found: columns.map((name, column) => `${name}: ${lists[column]?.[row]?.length ?? 0}`).join(', '),
  });
}
