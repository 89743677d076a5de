/**
 * Token sequences merged by their prefixes, each distinct prefix once. A prefix is a token and all before it, so its parent is the
 * prefix one token shorter. Prefixes are numbered depth first: a parent comes before its children and a subtree is a range of
 * numbers; in particular, what a prefix needs of those numbered before it is the path from the root and nothing else.
 *
 *     the cat sat | the cat ran | the dog ran        tokens   the cat sat ran dog ran
 *                                                    depths     0   1   2   2   1   2
 *     0 the ─┬─ 1 cat ─┬─ 2 sat                      parents   -1   0   1   1   0   4
 *            │         └─ 3 ran
 *            └─ 4 dog ─── 5 ran
 */
export interface PrefixTree {
  /** How many prefixes there are. */
  readonly size: number;
  /** [size]: the last token of the prefix. */
  readonly tokens: Int32Array;
  /** [size]: the position of that token, counted from 0. */
  readonly depths: Int32Array;
  /** [size]: the prefix without its last token; -1 for a root. */
  readonly parents: Int32Array;
  /** By sequence: the prefixes that end at each of its tokens. */
  readonly paths: readonly Int32Array[];
}

/** Merges sequences (at least one token each). Time is that of sorting them: near-linear in tokens. */
export function prefixTree(sequences: readonly ArrayLike<number>[]): PrefixTree {
  const order = sequences.map((_, index) => index);
  order.sort((a, b) => compare(sequences[a] as ArrayLike<number>, sequences[b] as ArrayLike<number>));
  const total = sequences.reduce((sum, { length }) => sum + length, 0);
  const tokens = new Int32Array(total);
  const depths = new Int32Array(total);
  const parents = new Int32Array(total);
  const paths: Int32Array[] = [];
  let size = 0;
  let before: ArrayLike<number> = [];
  let pathBefore = new Int32Array(0);
  for (const index of order) {
    const sequence = sequences[index] as ArrayLike<number>;
    const shared = commonPrefix(before, sequence);
    const path = new Int32Array(sequence.length);
    path.set(pathBefore.subarray(0, shared));
    for (let depth = shared; depth < sequence.length; depth += 1) {
      tokens[size] = sequence[depth] as number;
      depths[size] = depth;
      parents[size] = depth === 0 ? -1 : (path[depth - 1] as number);
      path[depth] = size;
      size += 1;
    }
    paths[index] = path;
    [before, pathBefore] = [sequence, path];
  }
  return {
    size,
    tokens: tokens.slice(0, size),
    depths: depths.slice(0, size),
    parents: parents.slice(0, size),
    paths,
  };
}

/** How many tokens two sequences share from their start. */
export function commonPrefix(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const end = Math.min(a.length, b.length);
  let shared = 0;
  while (shared < end && a[shared] === b[shared]) shared += 1;
  return shared;
}

function compare(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const shared = commonPrefix(a, b);
  if (shared === a.length || shared === b.length) return a.length - b.length;
  return (a[shared] as number) - (b[shared] as number);
}

/** The prefixes above a prefix, root first. */
export function ancestors(tree: PrefixTree, prefix: number): Int32Array {
  const path = new Int32Array(tree.depths[prefix] as number);
  let above = tree.parents[prefix] as number;
  for (let depth = path.length - 1; depth >= 0; depth -= 1) {
    path[depth] = above;
    above = tree.parents[above] as number;
  }
  return path;
}
