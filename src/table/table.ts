export interface Table {
  readonly columns: readonly Column[];
  /** Names of the columns that tell rows apart: what rows of two runs are aligned by. May be empty. */
  readonly key: readonly string[];
  readonly rows: readonly Row[];
}

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  /** For example `nats`, `tokens`, `characters`. */
  readonly unit?: string;
  readonly description?: string;
  /**
   * Its cells count the rows of what they were made of: 1, 2, 3. A row that is put in gives all after it other numbers,
   * so that nobody may pair rows of two tables by them.
   */
  readonly counts?: true;
}

export type ColumnType = 'string' | 'integer' | 'number' | 'boolean' | 'json';

/** What is known of a table before it exists. */
export interface TableShape {
  readonly type: 'table';
  readonly columns: readonly Column[];
  readonly key: readonly string[];
  /** There may be further columns (a file read at run time). */
  readonly open?: boolean;
}

export type Row = Readonly<Record<string, Cell>>;

/** JSON, except that numbers may be NaN or infinite. */
export type Cell = null | boolean | number | string | readonly Cell[] | { readonly [name: string]: Cell };
