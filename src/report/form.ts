/**
 * What a report holds for its page, as JSON and blocks of data. The page and the program that writes it share these types, so
 * nothing here may need Node.
 */

export const FORM = 'assay-report/1';

/** Rows of one block of a column. */
export const BLOCK_ROWS = 8192;

export interface ReportIndex {
  readonly format: typeof FORM;
  readonly run: string;
  readonly tables: readonly TableIndex[];
  readonly tokens: readonly TokensIndex[];
}

export interface TableIndex {
  readonly stage: string;
  readonly rows: number;
  readonly key: readonly string[];
  readonly columns: readonly ColumnIndex[];
  /** What a model was given for each row: blocks of JSON lists of `RowTexts`. */
  readonly prompts?: readonly number[];
}

export interface ColumnIndex {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'json';
  readonly unit?: string;
  readonly description?: string;
  /**
   * How its blocks are written: `float64` is little-endian, and NaN stands for a missing cell; `json` is a list of cells, in
   * which a number that JSON cannot say is its name.
   */
  readonly coding: 'float64' | 'json';
  /** Ids of its blocks, in order; absent: it was left out of the report, which would have been too large. */
  readonly blocks?: readonly number[];
  /** Whether it is shown from the start. */
  readonly shown: boolean;
}

/** The tokens of a stage that read them; the block holds the file of the run as it is. */
export interface TokensIndex {
  readonly stage: string;
  readonly block: number;
}

/** What a model was given for a row. */
export interface RowTexts {
  readonly prompt: string;
  readonly targets: readonly string[];
  readonly against?: string;
}
