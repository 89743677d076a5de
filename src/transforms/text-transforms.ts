/** What a format can do to the text of a question: over code points, as Python's string methods do it. */
export const textTransforms = {
  /** `text[::-1]`. */
  reverse: (text: string): string => [...text].reverse().join(''),
  /** `text.upper()`: full case mapping, so that `ß` becomes `SS`. */
  uppercase: (text: string): string => text.toUpperCase(),
  /** `text.lower()`. */
  lowercase: (text: string): string => text.toLowerCase(),
  /** `text.title()`: a capital after everything that is not a letter with case. */
  titlecase,
  /** The notebook's map; it has no capitals, so `A` becomes `4` too. */
  leetspeak: (text: string): string => mapCharacters(text, leetMap),
} as const;

export type TransformName = keyof typeof textTransforms;

const leetMap: Readonly<Record<string, string>> = { a: '4', e: '3', i: '1', o: '0', s: '5', t: '7' };

/** Each character replaced by what the map has for it or else for its lower-case form; others stay. */
export function mapCharacters(text: string, map: Readonly<Record<string, string>>): string {
  const replacements = new Map(Object.entries(map));
  return [...text]
    .map((character) => replacements.get(character) ?? replacements.get(character.toLowerCase()) ?? character)
    .join('');
}

function titlecase(text: string): string {
  let afterCased = false;
  return [...text]
    .map((character) => {
      const [upper, lower] = [character.toUpperCase(), character.toLowerCase()];
      const cased = upper !== lower;
      const [first = '', ...rest] = upper;
      const mapped = afterCased ? lower : first + rest.join('').toLowerCase();
      afterCased = cased;
      return cased ? mapped : character;
    })
    .join('');
}

/** Length in code points, as Python's `len` counts. */
export function codePoints(text: string): number {
  return [...text].length;
}
