/** `text.upper()` of Python: full case mapping, so that `ß` becomes `SS`. */
export function uppercase(text: string): string {
  return text.toUpperCase();
}

/** `text.lower()` of Python: a sigma that ends a word becomes `ς`. */
export function lowercase(text: string): string {
  return text.toLowerCase();
}

/** `text.title()` of Python: a capital after everything that is not a letter with case, so that `it's` becomes `It'S`. */
export function titlecase(text: string): string {
  let afterCased = false;
  return mapCase(text, (character, lower) => {
    const mapped = afterCased ? lower : titleOf(character);
    afterCased = cased.test(character);
    return mapped;
  });
}

/** `text.capitalize()` of Python: the first character in title case, all others in lower case. */
export function capitalize(text: string): string {
  let first = true;
  return mapCase(text, (character, lower) => {
    const mapped = first ? titleOf(character) : lower;
    first = false;
    return mapped;
  });
}

const cased = /^\p{Cased}/u;

/** @param map gives each character's new text, from the character and its lower case at this place of the text */
function mapCase(text: string, map: (character: string, lower: string) => string): string {
  let at = 0;
  return Array.from(text, (character) => {
    const lower = character === 'Σ' ? sigmaAt(text, at) : character.toLowerCase();
    at += character.length;
    return map(character, lower);
  }).join('');
}

/** `ς` where a word ends (Unicode's condition Final_Sigma), else `σ`. */
function sigmaAt(text: string, at: number): string {
  const after = /\p{Cased}\p{Case_Ignorable}*$/u.test(text.slice(0, at));
  const before = /^\p{Case_Ignorable}*\p{Cased}/u.test(text.slice(at + 1));
  return after && !before ? 'ς' : 'σ';
}

/** The title case of one character: JavaScript has none. These are the rules by which it differs from upper case. */
function titleOf(character: string): string {
  // Georgian has capitals for whole words only.
  if (/[\u10d0-\u10ff]/.test(character)) return character;
  // Letters that are two: `ǆ` becomes `ǅ`. Capital, title and small form follow each other.
  const digraph = /[\u01c4-\u01cc\u01f1-\u01f3]/.exec(character)?.[0].charCodeAt(0);
  if (digraph !== undefined) return String.fromCharCode(digraph + (1 - ((digraph - 0x1c4) % 3)));
  const upper = character.toUpperCase();
  const [first = '', ...rest] = Array.from(upper);
  if (rest.length === 0 || character === 'ŉ') return upper;
  // An iota below a Greek letter stays below it.
  if (rest.at(-1) === '\u0399') {
    const below = `${upper.slice(0, -1)}\u0345`;
    return rest.length === 1 ? below.normalize('NFC') : below;
  }
  return first + rest.join('').toLowerCase();
}
