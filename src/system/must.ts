import { InternalError } from './internal-error.ts';

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
