interface Unigram {
  /** Tokens with log-probabilities, by id. */
  readonly vocab: readonly (readonly [token: string, score: number])[];
  readonly ids: ReadonlyMap<string, number>;
  readonly unknownId: number;
  /** Ids of the tokens of bytes, where unknown characters are spelt. */
  readonly bytes: readonly (number | undefined)[] | undefined;
}

/**
 * The most probable way to spell a word in tokens. transformers.js adds the same scores in another order, and so decides ties
 * such as `a` + `aaa` against `aaa` + `a` by another rounding; here it is the library's order.
 * Source: tokenizers, `models/unigram/model.rs`, `encode_optimized`.
 */
export function unigram(model: Unigram): (word: string) => readonly number[] {
  const { vocab, ids, unknownId, bytes } = model;
  const longest = longestTokens(vocab);
  const unknownScore = vocab.reduce((least, [, score]) => Math.min(least, score), Infinity) - 10;

  /** By end, where the last token of the best way to it begins, and whether that is unknown. */
  const bestWay = (word: string): { readonly begins: Int32Array; readonly unknown: Uint8Array } => {
    const scores = new Float64Array(word.length + 1);
    const begins = new Int32Array(word.length + 1).fill(-1);
    const unknown = new Uint8Array(word.length + 1);
    const offer = (begin: number, end: number, id: number, score: number): void => {
      const candidate = score + (scores[begin] as number);
      if (begins[end] !== -1 && candidate <= (scores[end] as number)) return;
      [scores[end], begins[end], unknown[end]] = [candidate, begin, id === unknownId ? 1 : 0];
    };
    for (let begin = 0; begin < word.length;) {
      const next = begin + ((word.codePointAt(begin) as number) > 0xffff ? 2 : 1);
      const last = Math.min(begin + (longest.get(word.slice(begin, begin + 2)) ?? 1), word.length);
      for (let end = begin + 1; end <= last; end += 1) {
        const id = ids.get(word.slice(begin, end));
        if (id !== undefined) offer(begin, end, id, (vocab[id] as readonly [string, number])[1]);
      }
      if (ids.get(word.slice(begin, next)) === undefined) offer(begin, next, unknownId, unknownScore);
      begin = next;
    }
    return { begins, unknown };
  };

  const spelt = (run: string): readonly number[] => {
    const found = bytes === undefined ? [undefined] : [...Buffer.from(run)].map((byte) => bytes[byte]);
    return found.every((id) => id !== undefined) ? found : [unknownId];
  };

  return (word) => {
    const { begins, unknown } = bestWay(word);
    const tokens: string[] = [];
    let before = false;
    for (let end = word.length; end > 0; end = begins[end] as number) {
      const token = word.slice(begins[end], end);
      const isUnknown = unknown[end] === 1;
      // Unknown characters in a row are one.
      if (isUnknown && before) tokens.push(token + (tokens.pop() as string));
      else tokens.push(token);
      before = isUnknown;
    }
    return tokens.reverse().flatMap((token) => ids.get(token) ?? spelt(token));
  };
}

/** By the first two units of UTF-16 of a token (or its only one), the most units that a token so begun has. */
function longestTokens(vocab: Unigram['vocab']): ReadonlyMap<string, number> {
  const longest = new Map<string, number>();
  for (const [token] of vocab) {
    const start = token.slice(0, 2);
    longest.set(start, Math.max(longest.get(start) ?? 0, token.length));
  }
  return longest;
}
