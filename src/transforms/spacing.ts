/** Each space between two words becomes two; line breaks and other white space stay. */
export function doubleSpaces(text: string): string {
  return text.replaceAll(/(?<=\S) (?=\S)/g, '  ');
}

/** A space between the characters of each word, and three where there was one between words: `W h a t   i s`. */
export function letterSpacing(text: string): string {
  return text
    .split('\n')
    .map((line) => Array.from(line).join(' '))
    .join('\n');
}
