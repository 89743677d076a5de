import type { Cell } from './table.ts';

/** What a cell holds. People read these words in messages. */
export type CellKind = 'nothing' | 'boolean' | 'number' | 'text' | 'list' | 'object';

export function kindOf(cell: Cell): CellKind {
  if (cell === null) return 'nothing';
  switch (typeof cell) {
    case 'boolean':
      return 'boolean';
    case 'number':
      return 'number';
    case 'string':
      return 'text';
    default:
      return Array.isArray(cell) ? 'list' : 'object';
  }
}

/** `null` and NaN: there is no value, or none that can be told. */
export function isMissing(cell: Cell): boolean {
  return cell === null || (typeof cell === 'number' && Number.isNaN(cell));
}

/**
 * A text that two cells share when they are the same cell, and only then: 1 is not "1", NaN is NaN, 0 is -0, and the
 * names of an object have no order.
 */
export function cellKey(cell: Cell): string {
  if (typeof cell === 'string') return JSON.stringify(cell);
  if (cell === null || typeof cell !== 'object') return String(cell);
  if (isList(cell)) return `[${cell.map(cellKey).join(',')}]`;
  const fields = Object.entries(cell).map(([name, value]) => `${JSON.stringify(name)}:${cellKey(value)}`);
  return `{${fields.sort().join(',')}}`;
}

/** Code point by code point, as Python and SQL do; by UTF-16 units, 😀 would come before ｡. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const shorter = Math.min(a.length, b.length);
  for (let index = 0; index < shorter; index += 1) {
    const [x, y] = [a.charCodeAt(index), b.charCodeAt(index)];
    if (x !== y) return codePointOrder(x) - codePointOrder(y);
  }
  return a.length - b.length;
}

/** Halves of characters beyond U+FFFF come after all others. */
function codePointOrder(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

const kindOrder: readonly CellKind[] = ['nothing', 'boolean', 'number', 'text', 'list', 'object'];

/**
 * A total order of the cells that are not missing: false before true, numbers by value, texts by code points, lists
 * by their elements. Cells of different kinds are ordered by kind.
 */
export function compareCells(a: Cell, b: Cell): number {
  if (typeof a === 'number' && typeof b === 'number')
    return a < b ? -1 : a > b ? 1 : Number(a !== b) && nanLast(a, b);
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b);
  const [kindA, kindB] = [kindOf(a), kindOf(b)];
  if (kindA !== kindB) return kindOrder.indexOf(kindA) - kindOrder.indexOf(kindB);
  if (typeof a === 'boolean') return Number(a) - Number(b);
  if (isList(a) && isList(b)) {
    for (const [index, cell] of a.entries()) {
      if (index >= b.length) return 1;
      const difference = compareCells(cell, b[index] ?? null);
      if (difference !== 0) return difference;
    }
    return a.length - b.length;
  }
  return compareText(cellKey(a), cellKey(b));
}

function nanLast(a: number, b: number): number {
  return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
}

/** `Array.isArray` does not narrow readonly lists. */
export function isList(cell: unknown): cell is readonly Cell[] {
  return Array.isArray(cell);
}
