/** A part of a text on its way to the model. */
export interface Piece {
  readonly text: string;
  /** Whether it begins where the whole text begins. */
  readonly atStart: boolean;
}

/** Splits a piece, and may change the text of the parts. */
export type PreTokenizer = (piece: Piece) => readonly Piece[];

/** Changes a text before it is split. */
export type Normalizer = (text: string) => string;
