import type { Span } from './tree.ts';

/** What is wrong with an expression, and where in its text. */
export interface Fault extends Span {
  readonly message: string;
  readonly expected?: string;
  readonly found?: string;
  readonly next?: string;
  /** Names that would have been right. */
  readonly candidates?: readonly string[];
}

/** Ends the reading or the computing of an expression. `row` counts from 0, where one row is at fault. */
export class ExpressionError extends Error {
  readonly fault: Fault;
  readonly row: number | undefined;

  constructor(fault: Fault, row?: number) {
    super(fault.message);
    this.fault = fault;
    // Aggregates of a group without rows are computed all the same.
    this.row = row === undefined || row < 0 ? undefined : row;
  }
}
