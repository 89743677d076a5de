/** Most different texts of a column that are looked for when one comes again. */
const MOST_SHARED = 4096;

/** Gives the same text for equal texts, so that a column of few different ones holds each once. */
export function sharedTexts(): (text: string) => string {
  const known = new Map<string, string>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined) return found;
    if (known.size < MOST_SHARED) known.set(text, text);
    return text;
  };
}
