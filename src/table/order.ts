import type { Cell, Row } from './table.ts';

/** A column to sort by: `mean` ascending, `-mean` descending. */
export interface OrderTerm {
  readonly column: string;
  readonly descending: boolean;
}

export function parseOrder(term: string): OrderTerm {
  return term.startsWith('-')
    ? { column: term.slice(1), descending: true }
    : { column: term, descending: false };
}

/** Stable; what is missing (null, NaN) comes last whichever the direction, as pandas sorts. */
export function sortRows(rows: readonly Row[], order: readonly OrderTerm[]): readonly Row[] {
  return rows.toSorted((a, b) => {
    for (const { column, descending } of order) {
      const difference = compareCells(a[column] ?? null, b[column] ?? null, descending);
      if (difference !== 0) return difference;
    }
    return 0;
  });
}

/** Ranks from 1 in the order of sorted rows; equal cells share the lowest; what is missing has no rank. */
export function ranksOf(sorted: readonly Row[], column: string): readonly (number | null)[] {
  let rank = 0;
  return sorted.map((row, index) => {
    const cell = row[column] ?? null;
    if (isMissing(cell)) return null;
    if (index === 0 || sorted[index - 1]?.[column] !== cell) rank = index + 1;
    return rank;
  });
}

function compareCells(a: Cell, b: Cell, descending: boolean): number {
  const [missingA, missingB] = [isMissing(a), isMissing(b)];
  if (missingA || missingB) return Number(missingA) - Number(missingB);
  const ascending =
    typeof a === 'number' && typeof b === 'number'
      ? a < b
        ? -1
        : a > b
          ? 1
          : 0
      : compareText(textOf(a), textOf(b));
  return descending ? -ascending : ascending;
}

function isMissing(cell: Cell): boolean {
  return cell === null || Number.isNaN(cell);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function textOf(cell: Cell): string {
  return typeof cell === 'string' ? cell : JSON.stringify(cell);
}
