import { must } from '../../system/internal-error.ts';

/** Code points of a text from `start` up to, not including, `end`. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** A character that tokens spell; several tokens where its bytes are apart. */
interface Spelt {
  readonly character: string;
  readonly first: number;
  readonly last: number;
}

interface Part<From> {
  readonly text: string;
  readonly from: From;
}

/**
 * Where each token lies in the text that it was made from. Tokenizers change texts before they cut them, so what the tokens spell
 * is compared with the text as it is (but for a space that they put in front), then without white space, then without what normalizers take away: forms, case, accents.
 * A token that spells nothing that is left, a space or a mark, lies between its neighbours.
 *
 * @param tokens the bytes in UTF-8 that each token stands for
 * @returns undefined where the tokens spell another text: an unknown token, or a normalizer that puts other text in
 */
export function placeTokens(text: string, tokens: readonly Uint8Array[]): readonly Stretch[] | undefined {
  const spelt = charactersOf(tokens);
  if (spelt === undefined) return undefined;
  const written = Array.from(text, (character, from) => ({ text: character, from }));
  const given = spelt.map((from) => ({ text: from.character, from }));
  for (const fold of folds) {
    const [ours, theirs] = [folded(written, fold), folded(given, fold)];
    const own = theirs.length > ours.length && theirs[0]?.text === ' ' ? theirs.slice(1) : theirs;
    if (ours.length !== own.length || ours.some(({ text: part }, at) => part !== own[at]?.text)) continue;
    return between(stretchesOf(ours, own, tokens.length), written.length);
  }
  return undefined;
}

/** From what keeps most to what keeps least. ▁ is a mark for spaces, and in some texts itself. */
const folds: readonly ((character: string) => string)[] = [
  (character) => (character === '▁' ? ' ' : character),
  (character) => character.replace(/[\s\p{White_Space}]/gu, ''),
  normalized,
  (character) => normalized(character).replace(/\p{Mn}/gu, ''),
];

function normalized(character: string): string {
  return character
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll('ς', 'σ')
    .replace(/[\s\p{White_Space}\p{Cc}\p{Cf}▁]/gu, '');
}

function folded<From>(parts: readonly Part<From>[], fold: (text: string) => string): readonly Part<From>[] {
  return parts.flatMap(({ text, from }) => Array.from(fold(text), (part) => ({ text: part, from })));
}

/** The characters that the bytes of all tokens make; undefined where they are no UTF-8. */
function charactersOf(tokens: readonly Uint8Array[]): readonly Spelt[] | undefined {
  const bytes = tokens.flatMap((token, index) => Array.from(token, (byte) => ({ byte, index })));
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const spelt: Spelt[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = lengthOf(must(bytes[at], 'a byte').byte);
    const own = bytes.slice(at, at + length);
    try {
      const character = decoder.decode(Uint8Array.from(own, ({ byte }) => byte));
      spelt.push({ character, first: must(own[0], 'a byte').index, last: must(own.at(-1), 'a byte').index });
    } catch {
      return undefined;
    }
    at += length;
  }
  return spelt;
}

/** How many bytes the character has that begins with this one. */
function lengthOf(byte: number): number {
  if (byte < 0xc0) return 1;
  if (byte < 0xe0) return 2;
  return byte < 0xf0 ? 3 : 4;
}

function stretchesOf(
  written: readonly Part<number>[],
  spelt: readonly Part<Spelt>[],
  count: number,
): readonly (Stretch | undefined)[] {
  const found: (Stretch | undefined)[] = Array.from({ length: count });
  for (const [at, { from: place }] of written.entries()) {
    const { first, last } = must(spelt[at], 'as many characters').from;
    for (let token = first; token <= last; token += 1) {
      const { start, end } = found[token] ?? { start: place, end: place };
      found[token] = { start: Math.min(start, place), end: Math.max(end, place + 1) };
    }
  }
  return found;
}

function between(found: readonly (Stretch | undefined)[], length: number): readonly Stretch[] {
  const starts: number[] = [];
  let next = length;
  for (const stretch of [...found].reverse()) starts.unshift((next = stretch?.start ?? next));
  let before = 0;
  return found.map((stretch, index) => {
    const own = stretch ?? { start: before, end: Math.max(before, must(starts[index], 'a start')) };
    before = own.end;
    return own;
  });
}

/**
 * Where each token begins in the bytes of the text, in UTF-8; it ends where the next one begins, the last one at the end. So every
 * byte is in exactly one token, also where a character is spelt by several. A token that stands for nothing in the text, as BOS,
 * has none.
 * @param tokens the bytes that each token stands for; of a BOS that was put in front, none
 */
export function byteStarts(text: string, tokens: readonly Uint8Array[]): readonly number[] {
  const size = Buffer.byteLength(text);
  const spelt = tokens.reduce((sum, { length }) => sum + length, 0);
  const ends = (over: number): readonly number[] => {
    let at = -over;
    return tokens.map(({ length }) => Math.min(Math.max(0, (at += length) - length), size));
  };
  const whole = Buffer.concat(tokens);
  const written = Buffer.from(text);
  if (whole.equals(written)) return ends(0);
  // The beginning was dropped: it is in the first token that is left.
  if (spelt < size && whole.equals(written.subarray(size - spelt)))
    return ends(spelt - size).map((start, i) => (i === 0 ? 0 : start));
  // A space that the tokenizer puts in front of every text.
  if (spelt === size + 1 && whole.subarray(1).equals(written)) return ends(1);
  const stretches = placeTokens(text, tokens);
  if (stretches === undefined) return ends(0);
  const offsets = [0];
  for (const character of text)
    offsets.push(must(offsets.at(-1), 'an offset') + Buffer.byteLength(character));
  let before = 0;
  let within = 0;
  return stretches.map(({ start, end }, index) => {
    const last = stretches[index - 1];
    // Tokens that share a character have its bytes one after another.
    const shares = last !== undefined && last.start === start && last.end === end;
    within = shares ? within + must(tokens[index - 1], 'a token').length : 0;
    const own = (offsets[start] ?? size) + within;
    before = index === 0 ? 0 : Math.min(Math.max(before, own), offsets[start + 1] ?? size);
    return before;
  });
}
