import type { TokenText, TokenTree } from '../../engine/token-tree.ts';
import type { ReadToken, TextTokens } from '../../model/text/token-readings.ts';

export type { TextTokens } from '../../model/text/token-readings.ts';

/** A text that was read, and what names it. */
export interface ReadText extends Pick<TokenText, 'key' | 'prompt' | 'target'> {
  readonly result: TextTokens;
}

/** Texts that were read as one tree. @param top how many of the most probable tokens were asked for */
export function tokenTree(texts: readonly ReadText[], top: number): TokenTree {
  const nodes: { readonly parent: number; readonly token: ReadToken }[] = [];
  const known = new Map<string, number>();
  const bytes = new Map<number, Uint8Array>();
  const placed = texts.map(({ key, prompt, target, result }): TokenText => {
    let leaf = -1;
    for (const token of result.tokens) {
      const name = `${leaf} ${token.id}`;
      const before = known.get(name);
      if (before === undefined) {
        known.set(name, nodes.length);
        nodes.push({ parent: leaf, token });
        bytes.set(token.id, token.bytes);
        for (const other of token.reading?.top ?? []) bytes.set(other.id, other.bytes);
      }
      leaf = before ?? nodes.length - 1;
    }
    const starts = result.tokens.map(({ start }) => start);
    return { key, prompt, target, leaf, starts, from: result.from, merged: result.join === 'merged' };
  });
  const flat = <T>(read: (node: ReadToken) => readonly T[]): T[] => nodes.flatMap(({ token }) => read(token));
  const tops = flat(({ reading }) => {
    const own = reading?.top ?? [];
    return Array.from({ length: top }, (_, k) => own[k] ?? { id: 0, logProb: NaN });
  });
  return {
    top,
    texts: placed,
    bytes,
    nodes: {
      parents: Int32Array.from(nodes, ({ parent }) => parent),
      ids: Int32Array.from(nodes, ({ token }) => token.id),
      logProbs: Float32Array.from(nodes, ({ token }) => token.reading?.logProb ?? NaN),
      ranks: Int32Array.from(nodes, ({ token }) => token.reading?.rank ?? 0),
      entropies: Float32Array.from(nodes, ({ token }) => token.reading?.entropy ?? NaN),
      topIds: Int32Array.from(tops, ({ id }) => id),
      topLogProbs: Float32Array.from(tops, ({ logProb }) => logProb),
    },
  };
}
