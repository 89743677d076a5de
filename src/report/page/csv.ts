import type { PageTable } from './blocks.ts';
import { textOf } from './filter.ts';

/** Rows of a table as CSV, with exact numbers (RFC 4180). */
export async function csvOf(
  table: PageTable,
  names: readonly string[],
  rows: Iterable<number>,
): Promise<Blob> {
  const columns = await Promise.all(names.map((name) => table.column(name)));
  const parts = [`${names.map(quoted).join(',')}\r\n`];
  for (const row of rows)
    parts.push(`${columns.map((column) => quoted(textOf(column.at(row)))).join(',')}\r\n`);
  return new Blob(parts, { type: 'text/csv' });
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Lets the browser save a file. */
export function save(blob: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
