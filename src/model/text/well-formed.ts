import { Failure } from '../../system/failure.ts';

/**
 * Refuses half of a surrogate pair: such a text has no UTF-8, so the model cannot be given it.
 * @throws Failure `prompt-not-unicode`, `target-not-unicode`, `text-not-unicode`
 */
export function mustBeWellFormed(text: string, what: 'prompt' | 'target' | 'text'): void {
  const at = text.search(/\p{Surrogate}/u);
  if (at < 0) return;
  const code = text.charCodeAt(at).toString(16).toUpperCase();
  throw new Failure({
    code: `${what}-not-unicode`,
    blame: 'user',
    message: `the ${what} has half of a character, which is no text`,
    where: `${what}, after ${JSON.stringify(text.slice(Math.max(at - 30, 0), at))}`,
    expected: 'whole characters',
    found: `U+${code} alone, as character ${Array.from(text.slice(0, at)).length + 1}`,
    next: 'check what cuts the text: an emoji is two units of UTF-16, of which one was left',
  });
}
