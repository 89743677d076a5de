/** What byte-pair encoding takes. */
export interface BytePairs {
  /** Ids by token. */
  readonly vocab: Readonly<Record<string, number>>;
  /** Pairs of tokens, first those that are joined first. */
  readonly merges: readonly (readonly [left: string, right: string])[];
  /** Of what has no token; undefined: it is left out. */
  readonly unknownId: number | undefined;
  /** Whether several in a row that have no token are one. */
  readonly fusesUnknown: boolean;
  /** Ids of the tokens of bytes, where characters without a token are spelt. */
  readonly bytes: readonly (number | undefined)[] | undefined;
  /** What the last character of a word has behind it; may be empty. */
  readonly suffix: string;
}

/** Words that come again, such as those of a language, are joined once. */
const mostKept = 20_000;
/** In UTF-16 units: longer ones are whole texts, which seldom come again. */
const longestKept = 32;

/**
 * The token ids of words by byte-pair encoding: of all neighbours that have a merge, the pair of the least rank is joined, the
 * leftmost of equal ones, until none is left. transformers.js does the same with a text and an object for each pair that it
 * looks at, at five to ten times the cost: tokenizing then takes longer than the forward pass of a small model.
 * Source: tokenizers, `models/bpe/word.rs`, `merge_all`.
 */
export function bytePairs({
  vocab,
  merges,
  unknownId,
  fusesUnknown,
  bytes,
  suffix,
}: BytePairs): (word: string) => readonly number[] {
  const join = joiner(vocab, merges);
  const kept = new Map<string, readonly number[]>();

  const spell = (character: string): readonly (number | undefined)[] => {
    const spelt =
      bytes === undefined ? [undefined] : Array.from(Buffer.from(character), (byte) => bytes[byte]);
    return spelt.includes(undefined) ? [unknownId] : spelt;
  };
  const encode = (word: string): readonly number[] => {
    const characters = Array.from(word);
    const last = characters.length - 1;
    if (suffix !== '') characters[last] = `${characters[last] as string}${suffix}`;
    const ids: number[] = [];
    for (const token of join(characters)) {
      const found = typeof token === 'number' ? [token] : spell(token);
      for (const id of found) {
        if (id === undefined) continue;
        if (fusesUnknown && id === unknownId && ids.at(-1) === id) continue;
        ids.push(id);
      }
    }
    return ids;
  };

  return (word) => {
    if (word === '') return [];
    if (word.length > longestKept) return encode(word);
    const known = kept.get(word);
    if (known !== undefined) return known;
    const ids = encode(word);
    if (kept.size >= mostKept) kept.clear();
    kept.set(word, ids);
    return ids;
  };
}

/** Joins characters to tokens: ids, and those characters that have none. */
function joiner(
  vocab: BytePairs['vocab'],
  merges: BytePairs['merges'],
): (characters: readonly string[]) => readonly (number | string)[] {
  // A map: to look a text up in an object, V8 first makes the text one of its names.
  const vocabulary = new Map(Object.entries(vocab));
  const idOf = (token: string): number => vocabulary.get(token) ?? -1;
  const joined = Int32Array.from(merges, ([left, right]) => idOf(left + right));
  const rankOf = ranksOf(merges, joined, idOf);
  return (characters) => {
    const count = characters.length;
    const ids = new Int32Array(count);
    const before = new Int32Array(count);
    const after = new Int32Array(count);
    /** Of the pair that begins at a place; -1: it has no merge, or no pair begins there any more. */
    const ranks = new Int32Array(count).fill(-1);
    const queue = new LeastFirst();
    const look = (place: number): void => {
      const next = after[place] as number;
      const rank = next < count ? rankOf(ids[place] as number, ids[next] as number) : -1;
      ranks[place] = rank;
      if (rank >= 0) queue.put(rank * count + place);
    };
    for (let place = 0; place < count; place += 1) {
      ids[place] = idOf(characters[place] as string);
      before[place] = place - 1;
      after[place] = place + 1;
    }
    for (let place = 0; place < count - 1; place += 1) look(place);
    for (let least = queue.take(); least !== undefined; least = queue.take()) {
      const place = least % count;
      const rank = (least - place) / count;
      // One of its two was joined to another meanwhile.
      if (ranks[place] !== rank) continue;
      const gone = after[place] as number;
      const next = after[gone] as number;
      ids[place] = joined[rank] as number;
      ranks[gone] = -1;
      after[place] = next;
      if (next < count) before[next] = place;
      look(place);
      const previous = before[place] as number;
      if (previous >= 0) look(previous);
    }
    const tokens: (number | string)[] = [];
    for (let place = 0; place < count; place = after[place] as number) {
      const id = ids[place] as number;
      tokens.push(id < 0 ? (characters[place] as string) : id);
    }
    return tokens;
  };
}

/**
 * The rank of a pair of ids, or -1: an open hash table over typed arrays, since a map whose keys hold both ids is three times as slow.
 * A merge of tokens that are not in the vocabulary has none: the library refuses such a file.
 */
function ranksOf(
  merges: BytePairs['merges'],
  joined: Int32Array,
  idOf: (token: string) => number,
): (left: number, right: number) => number {
  const mask = 2 ** Math.ceil(Math.log2(2 * merges.length + 2)) - 1;
  const slots = new Int32Array(mask + 1).fill(-1);
  const lefts = new Int32Array(merges.length);
  const rights = new Int32Array(merges.length);
  /** Where a pair is, or is to be. */
  const slotOf = (left: number, right: number): number => {
    let slot = (Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b)) >>> 0;
    slot = (slot ^ (slot >>> 15)) & mask;
    for (;;) {
      const rank = slots[slot] as number;
      if (rank < 0 || (lefts[rank] === left && rights[rank] === right)) return slot;
      slot = (slot + 1) & mask;
    }
  };
  for (const [rank, [left, right]] of merges.entries()) {
    const [leftId, rightId] = [idOf(left), idOf(right)];
    if (leftId < 0 || rightId < 0 || (joined[rank] as number) < 0) continue;
    [lefts[rank], rights[rank]] = [leftId, rightId];
    // Of a pair that stands twice the later rank counts, as in the library.
    slots[slotOf(leftId, rightId)] = rank;
  }
  return (left, right) => (left < 0 || right < 0 ? -1 : (slots[slotOf(left, right)] as number));
}

/** A binary heap of numbers. */
class LeastFirst {
  readonly #heap: number[] = [];

  put(value: number): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(value);
    while (at > 0) {
      const above = (at - 1) >> 1;
      if ((heap[above] as number) <= value) break;
      heap[at] = heap[above] as number;
      at = above;
    }
    heap[at] = value;
  }

  take(): number | undefined {
    const heap = this.#heap;
    const least = heap[0];
    const value = heap.pop();
    if (value === undefined || heap.length === 0) return least;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && (heap[below + 1] as number) < (heap[below] as number)) below += 1;
      if ((heap[below] as number) >= value) break;
      heap[at] = heap[below] as number;
      at = below;
    }
    heap[at] = value;
    return least;
  }
}
