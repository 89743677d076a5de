/** A piece of a text: plain, or one character that would not be seen, or would turn what is around it, by its name. */
export interface Piece {
  readonly text: string;
  readonly badge?: string;
}

/**
 * Controls but for line breaks and tabs, halves of surrogate pairs, marks that turn the direction of text (CVE-2021-42574), and
 * characters of no width: zero-width spaces and joiners outside emoji, soft hyphens, BOM, tag characters.
 */
const hidden =
  /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u00AD\u061C\u180E\u200B\u200E\u200F\u2028-\u202E\u2060-\u2069\uFEFF]|[\u{E0000}-\u{E007F}]|\p{Cs}/gu;

const names: Readonly<Record<string, string>> = {
  '\u001B': 'ESC',
  '\u0000': 'NUL',
  '\u0007': 'BEL',
  '\u0008': 'BS',
  '\r': 'CR',
  '\u007F': 'DEL',
  '\u00AD': 'SHY',
  '\u200B': 'ZWSP',
  '\u200E': 'LRM',
  '\u200F': 'RLM',
  '\u202A': 'LRE',
  '\u202B': 'RLE',
  '\u202C': 'PDF',
  '\u202D': 'LRO',
  '\u202E': 'RLO',
  '\u2066': 'LRI',
  '\u2067': 'RLI',
  '\u2068': 'FSI',
  '\u2069': 'PDI',
  '\uFEFF': 'BOM',
};

/** A text in pieces: what cannot be seen stands in a piece of its own, with a name. */
export function piecesOf(text: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (const found of text.matchAll(hidden)) {
    if (found.index > at) pieces.push({ text: text.slice(at, found.index) });
    pieces.push({ text: found[0], badge: nameOf(found[0]) });
    at = found.index + found[0].length;
  }
  if (at < text.length) pieces.push({ text: text.slice(at) });
  return pieces;
}

function nameOf(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return names[character] ?? `U+${code}`;
}

/** At most so many characters, never cut inside one. */
export function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  return `${Array.from(text.slice(0, most + 1))
    .slice(0, most - 1)
    .join('')}…`;
}
