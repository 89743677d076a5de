import type { Cell, Table } from '../table/table.ts';
import type { TokenTree } from './token-tree.ts';

/**
 * What a stage returns. In memory numbers may be non-finite; on disk they are explicit (see artifact-io.ts),
 * never null.
 */
export type Artifact =
  | {
      readonly type: 'table';
      readonly table: Table;
      /** Of a stage that reads a model: what it was given for each row, in the order of the rows. For people; no stage reads it. */
      readonly prompts?: readonly RowPrompt[];
      /** Of a stage that reads tokens: all of them, with what was read. For people; no stage reads it. */
      readonly tokens?: TokenTree;
    }
  | { readonly type: 'value'; readonly value: Cell }
  | { readonly type: 'text'; readonly text: string }
  | FigureArtifact;

/** The texts that a model was given for one row of a table, as they were rendered. */
export interface RowPrompt {
  readonly prompt: string;
  /** What was scored after the prompt; of a text that was read as a whole, none. */
  readonly targets: readonly string[];
  /** Another prompt that the same targets were scored after, for comparison. */
  readonly against?: string;
}

export interface FigureArtifact {
  readonly type: 'figure';
  /** The Vega-Lite specification, its data inlined: the figure can be redrawn from it alone. */
  readonly spec: Cell;
  readonly svg: string;
  readonly png: Uint8Array;
}

export type ArtifactType = Artifact['type'];
