import { Failure } from '../system/failure.ts';
import { cellsOf, rowCount } from '../table/storage/table-of-columns.ts';
import type { Cell, Table } from '../table/table.ts';

/** A label that is not there: null, NaN or an empty text. Rows without one belong to no common group. */
export function isMissingLabel(cell: Cell | undefined): boolean {
  return cell === undefined || cell === null || cell === '' || Number.isNaN(cell);
}

/** How many rows lack a label, and the first of them counted from 1; undefined where none does. */
export function missingLabels(
  labels: readonly Cell[],
): { readonly count: number; readonly first: number } | undefined {
  let [count, first] = [0, 0];
  for (const [place, label] of labels.entries()) {
    if (!isMissingLabel(label)) continue;
    if (count === 0) first = place + 1;
    count += 1;
  }
  return count === 0 ? undefined : { count, first };
}

/** Refuses rows without a label: together in one group they would count as alike. */
export function refuseMissingLabels(
  table: Table,
  uses: readonly { readonly name: string; readonly path: readonly (string | number)[] }[],
  next = 'fill it in, or leave these rows out, with a `table` stage before this one',
): void {
  for (const { name, path } of uses) {
    const missing = missingLabels(cellsOf(table, name));
    if (missing === undefined) continue;
    throw new Failure({
      code: 'label-missing',
      blame: 'user',
      message: `${missing.count} of ${rowCount(table)} rows have no \`${name}\``,
      path,
      expected: 'a label in every row: rows without one are not alike',
      found: `the first is row ${missing.first}`,
      next,
    });
  }
}
