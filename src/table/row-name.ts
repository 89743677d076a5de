import type { Cell, Row } from './table.ts';

/** Longest text of a key's cell in the name of a row, in code points. */
const longest = 40;

/** A row as messages name it: its number, from 1, and its key: `row 3 (id "a", format chat)`. */
export function rowName(key: readonly string[], row: Row, index: number): string {
  const cells = key.map((name) => `${name} ${shown(row[name] ?? null)}`);
  return cells.length === 0 ? `row ${index + 1}` : `row ${index + 1} (${cells.join(', ')})`;
}

function shown(cell: Cell): string {
  const text = typeof cell === 'string' && /^[\p{L}\p{N}._-]+$/u.test(cell) ? cell : JSON.stringify(cell);
  const characters = Array.from(text);
  return characters.length > longest ? `${characters.slice(0, longest - 3).join('')}...` : text;
}
