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

/**
 * The value, which cannot be missing: that it is there follows from something that the compiler does not see.
 * @param what that is expected, for the message of the bug: `the digest of the input rows`
 */
export function must<T>(value: T | null | undefined, what: string): T {
  if (value === undefined || value === null) {
    throw new InternalError(`expected ${what}, was nothing`);
  }
  return value;
}
