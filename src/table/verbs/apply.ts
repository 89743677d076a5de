import type * as Arquero from 'arquero';
import type { Cell, Row } from '../table.ts';
import { parseOrder, sortRows } from '../order.ts';
import type { Verb } from './verbs.ts';

/** Rows after one verb. `columns` are those of `rows`, for a table without rows. */
export function applyVerb(
  aq: typeof Arquero,
  rows: readonly Row[],
  columns: readonly string[],
  verb: Verb,
  inputs: Readonly<Record<string, readonly Row[]>>,
): readonly Row[] {
  const table = toArquero(aq, rows, columns);
  switch (verb.name) {
    case 'filter':
      return toRows(table.filter(verb.given));
    case 'derive':
      return toRows(table.derive({ ...verb.given }));
    case 'select':
      return toRows(table.select([...verb.given]));
    case 'drop':
      return toRows(table.select(aq.not([...verb.given])));
    case 'rename':
      return toRows(table.rename({ ...verb.given }));
    case 'orderby':
      // Arquero puts missing values last only when sorting upwards.
      return sortRows(rows, verb.given.map(parseOrder));
    case 'slice':
      return toRows(table.slice(verb.given[0] ?? 0, verb.given[1] ?? Infinity));
    case 'dedupe':
      return toRows(table.dedupe(...verb.given));
    case 'unroll':
      return toRows(table.unroll([...verb.given]));
    case 'concat':
      return [...rows, ...verb.given.flatMap((name) => inputs[name] ?? [])];
    case 'rollup':
      return toRows(table.groupby(...verb.given.by).rollup({ ...verb.given.columns }));
    case 'fold':
      return toRows(
        table.fold([...verb.given.columns], { as: [verb.given.as[0] ?? 'key', verb.given.as[1] ?? 'value'] }),
      );
    case 'join': {
      const { input, on, how } = verb.given;
      const other = inputs[input] ?? [];
      const right = toArquero(aq, other, [...on, ...Object.keys(other[0] ?? {})]);
      // Arquero puts rows without a match last; the order of the left table is kept here.
      const place = '\u0000place';
      const placed = table.assign({ [place]: rows.map((_, index) => index) });
      const keys = [...on] as Parameters<typeof placed.join>[1];
      const joined = {
        inner: () => placed.join(right, keys),
        left: () => placed.join_left(right, keys),
        semi: () => placed.semijoin(right, keys),
        anti: () => placed.antijoin(right, keys),
      }[how]();
      return toRows(joined.orderby(place).select(aq.not(place)));
    }
  }
}

function toArquero(
  aq: typeof Arquero,
  rows: readonly Row[],
  columns: readonly string[],
): Arquero.ColumnTable {
  const names = new Set([...columns, ...Object.keys(rows[0] ?? {})]);
  return aq.table(Object.fromEntries([...names].map((name) => [name, rows.map((row) => row[name] ?? null)])));
}

function toRows(table: Arquero.ColumnTable): readonly Row[] {
  return table
    .objects()
    .map((row) => Object.fromEntries(Object.entries(row).map(([name, cell]) => [name, cellOf(cell)])));
}

/** What arquero leaves undefined (a left join without a match) is null here; dates become ISO text. */
function cellOf(cell: unknown): Cell {
  if (cell === undefined) return null;
  if (cell instanceof Date) return cell.toISOString();
  if (typeof cell === 'bigint') return Number(cell);
  if (ArrayBuffer.isView(cell)) return [...(cell as Float64Array)];
  return cell as Cell;
}
