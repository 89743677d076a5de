import { compareCells, isMissing } from './cells.ts';
import { cellAt } from './columns.ts';
import type { Cell, Row } from './table.ts';

/** A column to sort by: `mean` ascending, `-mean` descending. */
export interface OrderTerm {
  readonly column: string;
  readonly descending: boolean;
}

/** `-mean` is `mean` downwards, unless there is a column of the name `-mean`. */
export function parseOrder(term: string, columns: readonly { readonly name: string }[] = []): OrderTerm {
  return term.startsWith('-') && !columns.some(({ name }) => name === term)
    ? { column: term.slice(1), descending: true }
    : { column: term, descending: false };
}

/** Stable; what is missing (null, NaN) comes last whichever the direction, as pandas sorts. */
export function sortRows(rows: readonly Row[], order: readonly OrderTerm[]): readonly Row[] {
  const columns = order.map(({ column, descending }) => ({
    cells: rows.map((row) => cellAt(row, column)),
    descending,
  }));
  return sortedPlaces(rows.length, columns).map((place) => rows[place] as Row);
}

/** The places of rows in their new order. */
export function sortedPlaces(
  length: number,
  order: readonly { readonly cells: readonly Cell[]; readonly descending: boolean }[],
): readonly number[] {
  const places = Array.from({ length }, (_, place) => place);
  return places.sort((a, b) => {
    for (const { cells, descending } of order) {
      const difference = compareInOrder(cells[a] ?? null, cells[b] ?? null, descending);
      if (difference !== 0) return difference;
    }
    return 0;
  });
}

/** Ranks from 1 in the order of sorted rows; equal cells share the lowest; what is missing has no rank. */
export function ranksOf(sorted: readonly Row[], column: string): readonly (number | null)[] {
  let rank = 0;
  let before: Cell = null;
  return sorted.map((row, index) => {
    const cell = cellAt(row, column);
    if (isMissing(cell)) return null;
    if (index === 0 || compareCells(before, cell) !== 0) rank = index + 1;
    before = cell;
    return rank;
  });
}

function compareInOrder(a: Cell, b: Cell, descending: boolean): number {
  const [missingA, missingB] = [isMissing(a), isMissing(b)];
  if (missingA || missingB) return Number(missingA) - Number(missingB);
  const ascending = compareCells(a, b);
  return descending ? -ascending : ascending;
}
