import { InternalError } from '../../../system/internal-error.ts';

/** `a`, `a and b`, `a, b and c`. */
export function list(names: readonly string[]): string {
  if (names.length < 2) return names[0] ?? '';
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;
}

/** A text as a POSIX shell takes it for one word. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./~-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** For the default of a switch over a closed union: the compiler sees to it that no case is left to come here. */
export function unexpected(value: never): never {
  throw new InternalError(`expected a known case, was ${JSON.stringify(value)}`);
}
