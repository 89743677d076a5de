import type { Cell, Row } from '../table/table.ts';

type Node = Readonly<Record<string, unknown>>;

/** A field of some rows that a figure measures and that has nothing to measure there. */
export interface Undrawn {
  /** Where the specification names it. */
  readonly path: readonly (string | number)[];
  readonly table: string;
  readonly field: string;
  readonly rows: number;
  readonly of: number;
  /** A text that stands where a number should, if no row has a number. */
  readonly text?: string;
}

/** Aggregates that need no number. */
const counting = new Set(['count', 'distinct', 'missing', 'valid', 'values']);

/**
 * Rows that Vega leaves out without a word: a null, or a text that is no number, on a quantitative channel; a null on a
 * temporal one. A specification that filters its rows has seen to it itself.
 *
 * @param tables rows by the name of their data set @param main the data set of views that name none
 */
export function undrawnRows(
  spec: unknown,
  tables: ReadonlyMap<string, readonly Row[]>,
  main: string,
): readonly Undrawn[] {
  const found = new Map<string, Undrawn>();
  const note = (definition: Node, table: string, path: Undrawn['path']): void => {
    const { field, type, aggregate } = definition;
    const rows = tables.get(table) ?? [];
    const isMeasured = type === 'quantitative' || type === 'temporal';
    if (typeof field !== 'string' || !isMeasured || counting.has(String(aggregate))) return;
    if (!Object.hasOwn(rows[0] ?? {}, field)) return;
    const undrawn = rows.map((row) => row[field] ?? null).filter((cell) => !isDrawn(cell, type));
    const text = undrawn.find((cell) => typeof cell === 'string');
    if (undrawn.length > 0) {
      found.set(`${table} ${field}`, {
        path: [...path, 'field'],
        table,
        field,
        rows: undrawn.length,
        of: rows.length,
        ...(text !== undefined && undrawn.length === rows.length && { text }),
      });
    }
  };
  const visit = (node: unknown, table: string, path: Undrawn['path']): void => {
    if (Array.isArray(node)) {
      node.forEach((each, at) => visit(each, table, [...path, at]));
      return;
    }
    if (!isNode(node)) return;
    const named = isNode(node['data']) ? node['data']['name'] : undefined;
    const current = typeof named === 'string' ? named : table;
    note(node, current, path);
    for (const [key, value] of Object.entries(node))
      if (key !== 'datasets') visit(value, current, [...path, key]);
  };
  if (!filtersRows(spec)) visit(spec, main, ['spec']);
  return [...found.values()];
}

function filtersRows(node: unknown): boolean {
  if (Array.isArray(node)) return node.some(filtersRows);
  return isNode(node) && (node['filter'] !== undefined || Object.values(node).some(filtersRows));
}

/** Numbers that are not finite are told by whoever puts null in their place. */
function isDrawn(cell: Cell, type: string): boolean {
  if (cell === null) return false;
  return (
    type === 'temporal' || typeof cell !== 'string' || (cell.trim() !== '' && !Number.isNaN(Number(cell)))
  );
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
