/** The notebook's map; it has no capitals, so `A` becomes `4` too. */
export function leetspeak(text: string): string {
  return mapCharacters(text, leetMap);
}

const leetMap: Readonly<Record<string, string>> = { a: '4', e: '3', i: '1', o: '0', s: '5', t: '7' };

/** Each character is replaced by what the map has for it, or else for its lower-case form; others stay. */
export function mapCharacters(text: string, map: Readonly<Record<string, string>>): string {
  const replacements = new Map(Object.entries(map));
  return Array.from(
    text,
    (character) => replacements.get(character) ?? replacements.get(character.toLowerCase()) ?? character,
  ).join('');
}
