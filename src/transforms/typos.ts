/**
 * In each word of four letters or more, two neighbouring letters that differ change places, the first letter aside: every
 * letter stays in its word.
 *
 * @param random uniform in [0, 1): which two
 */
export function typos(text: string, random: () => number): string {
  return text.replaceAll(/\p{L}{4,}/gu, (word) => {
    const letters = Array.from(word);
    const places = letters.flatMap((letter, place) =>
      place > 0 && place + 1 < letters.length && letter !== letters[place + 1] ? [place] : [],
    );
    const place = places[Math.floor(random() * places.length)];
    if (place === undefined) return word;
    const [one = '', other = ''] = [letters[place], letters[place + 1]];
    letters[place] = other;
    letters[place + 1] = one;
    return letters.join('');
  });
}
