import { Failure } from '../../system/failure.ts';
import type { JsonError } from './json-text.ts';

/** What a message about a data file may say besides where and what. */
export interface Told {
  readonly expected?: string;
  readonly found?: string;
  readonly next?: string;
}

export function told({ found, next }: JsonError): Told {
  return { ...(found !== undefined && { found }), ...(next !== undefined && { next }) };
}

/** The failure of a data file that is not what it should be; the option `file` is its place in the pipeline. */
export function invalid(where: string, message: string, more: Told = {}): Failure {
  return new Failure({ code: 'data-invalid', blame: 'user', message, path: ['file'], where, ...more });
}

/**
 * Most columns of a data file. A row is an object with a property for each, which stay quick in their thousands; and a file
 * with more is a matrix, or a map that was written as a row.
 */
const mostColumns = 10_000;

/** @throws Failure for a file of more columns than a table may have */
export function refuseManyColumns(count: number, where: string): void {
  if (count <= mostColumns) return;
  throw invalid(where, 'the file has too many columns', {
    expected: `at most ${mostColumns}`,
    found: String(count),
    next: 'write a line for each value: one column says what it is, another one holds it',
  });
}
