import type { Column, Table } from '../table.ts';
import { columnsOfHeader, csvRows } from './csv-rows.ts';
import type { FileReading } from './file-reading.ts';
import { jsonItems, jsonLines, jsonRows } from './json-rows.ts';

/**
 * Rows of a data file. CSV and TSV cells are text unless `types` says otherwise; JSON keeps its types.
 *
 * @param file as the user names it, for messages.
 * @throws Failure `data-invalid` with the line at fault.
 */
export function readRows(text: string, file: string, reading: FileReading): Table {
  switch (reading.format) {
    case 'csv':
    case 'tsv':
      return csvRows(text, file, reading);
    case 'json':
      return jsonRows(jsonItems(text, file), reading.types);
    case 'jsonl':
      return jsonRows(jsonLines(text, file), reading.types);
  }
}

/**
 * The columns that can be told from the start of a file, for checks before anything runs. `whole` says whether the
 * start is all of it; where it is not, columns of JSON may come later, and only names are known.
 *
 * @throws Failure `data-invalid` as `readRows` does
 */
export function columnsOfStart(
  start: string,
  file: string,
  reading: FileReading,
  { whole }: { readonly whole: boolean },
): { readonly columns: readonly Column[]; readonly open: boolean } {
  if (whole) return { columns: readRows(start, file, reading).columns, open: false };
  switch (reading.format) {
    case 'csv':
    case 'tsv':
      return { columns: columnsOfHeader(start, file, reading), open: false };
    case 'json':
      return { columns: [], open: true };
    case 'jsonl': {
      const { columns } = jsonRows(
        jsonLines(start.slice(0, start.lastIndexOf('\n') + 1), file),
        reading.types,
      );
      return {
        columns: columns.map(({ name }) => ({ name, type: reading.types.get(name) ?? 'json' })),
        open: true,
      };
    }
  }
}
