import type { Component } from './component.ts';
import { translatePattern } from './oniguruma.ts';
import { matchesOf } from './pattern.ts';
import type { PreTokenizer } from './piece.ts';
import { splitAt } from './split.ts';

/** By byte, the character that stands for it: itself where it is drawn, or the next free one from U+0100. Source: GPT-2. */
export const byteCharacters: readonly string[] = byteTable();

function byteTable(): string[] {
  let free = 0x100;
  return Array.from({ length: 256 }, (_, byte) => {
    const drawn = (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);
    return String.fromCharCode(drawn ? byte : free++);
  });
}

/** A text as the characters of its bytes in UTF-8. */
export function byteLevelText(text: string): string {
  let characters = '';
  for (const byte of Buffer.from(text)) characters += byteCharacters[byte] as string;
  return characters;
}

/** GPT-2's words: contractions, letters, numbers, signs, each with a space in front; whitespace. */
const splitIntoWords = splitAt(
  matchesOf(
    translatePattern("'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+"),
  ),
  'Isolated',
);

export function byteLevel(component: Component): PreTokenizer {
  const spaceInFront = component.boolean('add_prefix_space');
  const words = component.choice('use_regex', [true, false, undefined]) ?? true;
  component.ignore('trim_offsets');
  return ({ text, atStart }) => {
    const piece = { text: spaceInFront && !text.startsWith(' ') ? ` ${text}` : text, atStart };
    const pieces = words ? splitIntoWords(piece) : [piece];
    return pieces.map((each) => ({ ...each, text: byteLevelText(each.text) }));
  };
}
