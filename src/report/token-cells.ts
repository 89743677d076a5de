import type { TokenText, TreeToken } from '../engine/token-tree.ts';

/** Tokens that spell one character together, or one token. */
export interface TokenGroup {
  /** What they spell in the text, as it is written there. */
  readonly text: string;
  readonly tokens: readonly PlacedCell[];
}

export interface PlacedCell {
  /** Among all tokens of the text. */
  readonly index: number;
  readonly token: TreeToken;
  readonly part: 'bos' | 'prompt' | 'target' | 'merged';
}

/** Least surprisals of the classes, in bits: probabilities of 1/2, 1/4, 1/16, 1/128 and 1/2048. The same for all texts and runs. */
export const CLASS_BITS = [1, 2, 4, 7, 11] as const;

/** The class of a surprisal, from 0, the most expected, to 5. */
export function surprisalClass(logProb: number): number {
  const bits = -logProb / Math.LN2;
  return CLASS_BITS.filter((least) => bits >= least).length;
}

/** Tokens with what they spell: those of one character, or of one that is made of several, stand together. */
export function groupTokens(text: TokenText, tokens: readonly TreeToken[]): readonly TokenGroup[] {
  const bytes = new TextEncoder().encode(text.prompt + text.target);
  const ends = characterEnds(text.prompt + text.target);
  const groups: TokenGroup[] = [];
  let open: PlacedCell[] = [];
  for (const [index, token] of tokens.entries()) {
    open.push({ index, token, part: partOf(text, index, token) });
    const next = tokens[index + 1];
    const joins = next !== undefined && token.end > token.start && !ends.has(token.end);
    if (joins && open.length < 40) continue;
    const [first] = open;
    const spelt = new TextDecoder().decode(bytes.subarray(first?.token.start, token.end));
    groups.push({ text: spelt, tokens: open });
    open = [];
  }
  return groups;
}

/** Where characters as people see them end, in bytes. */
function characterEnds(text: string): ReadonlySet<number> {
  const ends = new Set([0]);
  const encoder = new TextEncoder();
  let at = 0;
  for (const { segment } of new Intl.Segmenter('en').segment(text))
    ends.add((at += encoder.encode(segment).length));
  return ends;
}

function partOf({ from, merged }: TokenText, index: number, { start, end }: TreeToken): PlacedCell['part'] {
  if (index >= from) return index === from && merged ? 'merged' : 'target';
  return index === 0 && start === end ? 'bos' : 'prompt';
}

/** White space as marks, in the order in which they do not get into each other's way. */
export function visibleSpace(text: string): string {
  return text
    .replaceAll(' ', '·')
    .replaceAll('\t', '⇥')
    .replaceAll('\r', '␍')
    .replaceAll('\n', '↵')
    .replaceAll('\u00A0', '⍽');
}

/** The bytes of a token as people read them: text where they are text, else in hexadecimal. */
export function spelling(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return hex(bytes);
  }
}

export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).toUpperCase().padStart(2, '0')).join(' ');
}

/** `11 %`, `0.031 %` */
export function percent(logProb: number): string {
  const share = 100 * Math.exp(logProb);
  if (share >= 99.95) return share === 100 ? '100 %' : '>99.9 %';
  if (share < 1e-4) return '<0.0001 %';
  return `${Number(share.toPrecision(2))} %`;
}
