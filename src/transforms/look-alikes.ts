/** Latin letters and letters of Cyrillic that look like them; each stays what it looks like, and becomes another token. */
const known: ReadonlyMap<string, string> = new Map(
  Object.entries({
    a: 'а',
    c: 'с',
    e: 'е',
    i: 'і',
    j: 'ј',
    o: 'о',
    p: 'р',
    s: 'ѕ',
    x: 'х',
    y: 'у',
    A: 'А',
    B: 'В',
    C: 'С',
    E: 'Е',
    H: 'Н',
    I: 'І',
    J: 'Ј',
    K: 'К',
    M: 'М',
    O: 'О',
    P: 'Р',
    S: 'Ѕ',
    T: 'Т',
    X: 'Х',
  }),
);

/** Letters become those of another script that look the same; what has none stays. */
export function homoglyphs(text: string): string {
  return Array.from(text, (character) => known.get(character) ?? character).join('');
}
