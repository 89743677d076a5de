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
