/**
 * What a stage returns. In memory numbers may be non-finite; on disk they are explicit (see artifact-io.ts),
 * never null.
 */
export type Artifact =
  | { readonly type: 'table'; readonly table: Table }
  | { readonly type: 'value'; readonly value: Cell }
  | { readonly type: 'text'; readonly text: string }
  | FigureArtifact;

export interface FigureArtifact {
  readonly type: 'figure';
  /** The Vega-Lite specification, its data inlined: the figure can be redrawn from it alone. */
  readonly spec: Cell;
  readonly svg: string;
  readonly png: Uint8Array;
}

export type ArtifactType = Artifact['type'];

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
}

export type ColumnType = 'string' | 'integer' | 'number' | 'boolean' | 'json';

export type Row = Readonly<Record<string, Cell>>;

/** JSON, except that numbers may be NaN or infinite. */
export type Cell = null | boolean | number | string | readonly Cell[] | { readonly [name: string]: Cell };
