import type { Diagnostic } from '../engine/diagnostic.ts';
import type { Reason } from '../engine/record.ts';

/** What the program that asks for a report words in its own way. */
export interface ReportWords {
  /** Why a stage ran, in a line. */
  readonly reason: (reason: Reason) => string;
  /** What ended a stage, with what to do about it. */
  readonly failure: (failure: Diagnostic) => string;
  /** The command that gives the whole table of a stage. */
  readonly exporting: (run: string, stage: string) => string;
}
