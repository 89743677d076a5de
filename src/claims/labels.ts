import { Failure } from '../system/failure.ts';
import type { Cell, Row } from '../table/table.ts';

/** A label that is not there: null, NaN or an empty text. Rows without one belong to no common group. */
export function isMissingLabel(cell: Cell | undefined): boolean {
  return cell === undefined || cell === null || cell === '' || Number.isNaN(cell);
}

/** How many rows lack a label, and the first of them counted from 1; undefined where none does. */
export function missingLabels(
  rows: readonly Row[],
  name: string,
): { readonly count: number; readonly first: number } | undefined {
  const places = rows.flatMap((row, place) => (isMissingLabel(row[name]) ? [place + 1] : []));
  const [first] = places;
  return first === undefined ? undefined : { count: places.length, first };
}

/** Refuses rows without a label: together in one group they would count as alike. */
export function refuseMissingLabels(
  rows: readonly Row[],
  uses: readonly { readonly name: string; readonly path: readonly (string | number)[] }[],
  next = 'fill it in, or leave these rows out, with a `table` stage before this one',
): void {
  for (const { name, path } of uses) {
    const missing = missingLabels(rows, name);
    if (missing === undefined) continue;
    throw new Failure({
      code: 'label-missing',
      blame: 'user',
      message: `${missing.count} of ${rows.length} rows have no \`${name}\``,
      path,
      expected: 'a label in every row: rows without one are not alike',
      found: `the first is row ${missing.first}`,
      next,
    });
  }
}
