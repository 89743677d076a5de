import type { ColumnType } from '../table.ts';
import type { Delimiter } from './csv.ts';

export type FileFormat = 'csv' | 'tsv' | 'json' | 'jsonl';

const extensions: ReadonlyMap<string, FileFormat> = new Map([
  ['csv', 'csv'],
  ['tsv', 'tsv'],
  ['tab', 'tsv'],
  ['json', 'json'],
  ['jsonl', 'jsonl'],
  ['ndjson', 'jsonl'],
]);

export function formatOfName(file: string): FileFormat | undefined {
  return extensions.get(file.slice(file.lastIndexOf('.') + 1).toLowerCase());
}

/** How a data file is to be read. */
export interface FileReading {
  readonly format: FileFormat;
  /** Default: a tab in TSV; in CSV what the header says (see `delimiterOf`). */
  readonly delimiter?: Delimiter;
  /** Types of columns by name, where the format does not say or something else is wanted. */
  readonly types: ReadonlyMap<string, ColumnType>;
}
