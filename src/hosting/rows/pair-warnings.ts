export interface JoinedText {
  readonly prompt: string;
  readonly target: string;
}

/** Scripts that put no spaces between words. */
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

/**
 * Whether a word begins right where a prompt ends, which is rarely meant: `Answer:` and `Berlin`. It is meant after whitespace,
 * an opening quote or bracket, and the tags of a chat.
 */
export function lacksSpace({ prompt, target }: JoinedText): boolean {
  const last = Array.from(prompt.slice(-2)).at(-1);
  if (last === undefined || /[\s"'`\]>\p{Ps}\p{Pi}]/u.test(last) || unspaced.test(last)) return false;
  const [first = ''] = target;
  return /[\p{L}\p{N}]/u.test(first) && !unspaced.test(first);
}

/** The warning of targets that follow their prompt without a space; none where each has one. */
export function spaceWarnings(
  texts: readonly JoinedText[],
  what: { readonly things: string; readonly mend: string },
): readonly string[] {
  const count = texts.filter(lacksSpace).length;
  if (count === 0) return [];
  return [
    `${count} of ${texts.length} ${what.things} begin without a space where the prompt does not end in one: ${what.mend}`,
  ];
}
