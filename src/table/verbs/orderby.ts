import { isMissing, kindOf, compareCells } from '../cells.ts';
import { numberFrom } from '../expression/functions/numerals.ts';
import { namesSchema } from '../given.ts';
import { parseOrder, sortedPlaces } from '../order.ts';
import { unknownListed } from '../shapes.ts';
import type { Cell } from '../table.ts';
import { defineVerb } from '../verb.ts';

export const orderby = defineVerb<readonly string[]>({
  name: 'orderby',
  schema: {
    ...namesSchema,
    description: 'Sort by these columns; `-` in front sorts downwards. Missing values come last either way.',
  },

  shape: (given, context) => ({
    ordered: true,
    problems: unknownListed(
      context,
      given.map((term) => parseOrder(term, context.table.columns).column),
    ),
  }),

  apply(given, { frame, warn }) {
    const order = given.map((term) => {
      const { column, descending } = parseOrder(term, frame.columns);
      return { column, cells: frame.cells(column), descending };
    });
    for (const { column, cells } of order) {
      const odd = oddOrder(cells);
      if (odd !== undefined) warn(`column \`${column}\` ${odd}`);
    }
    const sorted = frame.pick(sortedPlaces(frame.length, order));
    return sorted.orderedAs(
      peersOf(
        order.map(({ column }) => sorted.cells(column)),
        frame.length,
      ),
    );
  },
});

/** A number for each run of equal rows, -1 where a value is missing: such rows have no rank. */
function peersOf(columns: readonly (readonly Cell[])[], length: number): readonly number[] {
  let peer = 0;
  return Array.from({ length }, (_, row) => {
    if (columns.some((cells) => isMissing(cells[row] ?? null))) return -1;
    const equal = columns.every(
      (cells) => row > 0 && compareCells(cells[row - 1] ?? null, cells[row] ?? null) === 0,
    );
    if (!equal) peer += 1;
    return peer;
  });
}

/** What people may not expect of the order of such cells. */
function oddOrder(cells: readonly Cell[]): string | undefined {
  const counts = new Map<string, number>();
  for (const cell of cells) {
    const kind = kindOf(cell);
    if (kind !== 'nothing') counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  if (counts.size > 1) {
    const parts = [...counts].map(([kind, count]) => `${count} of kind ${kind}`);
    return `holds cells of several kinds (${parts.join(', ')}); they are sorted by kind: false and true, numbers, texts, lists, objects`;
  }
  const numerals = cells
    .filter((cell) => cell !== null)
    .map((cell) => typeof cell === 'string' && numberFrom(cell) !== undefined);
  if (numerals.length > 1 && numerals.every(Boolean)) {
    return 'holds numbers as text and is sorted as text, "10" before "9"; give it a type where it is read, or derive it with `parse_float`';
  }
  return undefined;
}
