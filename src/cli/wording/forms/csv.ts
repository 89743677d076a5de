import type { Cell, Table } from '../../../table/table.ts';

/** A table as CSV (RFC 4180, lines ended as on Unix): numbers exact, a missing cell empty, lists and maps as JSON. */
export function csvText({ columns, rows }: Table): string {
  const lines = [
    columns.map(({ name }) => quoted(name)),
    ...rows.map((row) => columns.map(({ name }) => quoted(textOf(row[name] ?? null)))),
  ];
  return lines.map((cells) => `${cells.join(',')}\n`).join('');
}

function textOf(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell === 'string') return cell;
  if (typeof cell === 'number') return Object.is(cell, -0) ? '-0' : String(cell);
  return JSON.stringify(cell);
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
