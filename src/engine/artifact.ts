import type { Cell, Table } from '../table/table.ts';

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
