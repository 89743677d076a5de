import type { Diagnostic } from '../../../engine/diagnostic.ts';
import { wordPlace } from '../diagnostics.ts';

/** All that a diagnostic says, without its own place and the lines of source: where something else shows those. */
export function wordDetails(
  diagnostic: Diagnostic,
  root: string,
  related = diagnostic.related ?? [],
): string {
  const { message, where, expected, found, next } = diagnostic;
  const lines = [message];
  if (where !== undefined) lines.push(`where: ${where}`);
  if (expected !== undefined) lines.push(`expected: ${expected}`);
  if (found !== undefined) lines.push(`found: ${found}`);
  for (const other of related) lines.push(`${wordPlace(other.place, root)}: ${other.message}`);
  if (next !== undefined) lines.push(`next: ${next}`);
  return lines.join('\n');
}
