/** Something that cannot be, was: a bug of this program. Its message reads `Internal error: expected X, was Y`. */
export class InternalError extends Error {
  /** `expected X, was Y`. */
  readonly contradiction: string;

  constructor(contradiction: string, options?: ErrorOptions) {
    super(`Internal error: ${contradiction}`, options);
    this.contradiction = contradiction;
  }
}

/** What an error says that nobody foresaw: `expected X, was Y`, or the words of the library that threw it. */
export function contradictionOf(error: unknown): string {
  if (error instanceof InternalError) return error.contradiction;
  return error instanceof Error ? error.message : String(error);
}
