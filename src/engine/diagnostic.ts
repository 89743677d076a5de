import type { Remedy } from '../system/failure.ts';

/** A problem with a place. Worded for people by the CLI; every field is there for programs. */
export interface Diagnostic {
  /** Stable, kebab-case: `unknown-key`, `cycle`, `model-not-found`. */
  readonly code: string;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  /** Absent when the problem is not in a file (a missing pipeline file, a full disk). */
  readonly place?: Place;
  /** What else to look at: the first definition of a duplicate, the edges of a cycle. */
  readonly related?: readonly { readonly message: string; readonly place: Place }[];
  /** A place outside the pipeline file, in words: `model.safetensors, tensor lm_head.weight`. */
  readonly where?: string;
  readonly expected?: string;
  readonly found?: string;
  /** What to do about it, as far as it is done outside of Assay. */
  readonly next?: string;
  /** What to do about it by a command or an option; absent once the command line has put it into `next`. */
  readonly remedy?: Remedy;
  /** Whose fault a failed run is: the user's (exit code 2) or the machine's (1). Absent means the user's. */
  readonly blame?: 'user' | 'machine';
}

/** A range in a source file. Lines and columns count from 1; columns count UTF-16 code units. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Length of the range on its first line, at least 1. */
  readonly length: number;
  /** The text of the line. */
  readonly text: string;
}

export type Result<T> =
  | { readonly ok: true; readonly value: T; readonly warnings: readonly Diagnostic[] }
  | { readonly ok: false; readonly problems: readonly Diagnostic[] };
