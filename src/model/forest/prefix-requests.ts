import { must } from '../../system/internal-error.ts';
import type { ChunkReadings, ChunkRequests } from '../decoder/readings.ts';
import type { FoundReading, Reading, ReadingRequest } from '../language-model.ts';
import { prefixTree, type PrefixTree } from './prefix-tree.ts';

/**
 * What requests ask, by prefix. log P(token | prefix) belongs to the child that the token makes of the prefix, so however many
 * requests ask for it, it is read once; a leaf that nothing is read from need not be computed at all.
 */
export class PrefixRequests {
  readonly tree: PrefixTree;
  /** Prefixes to compute: those that are read from, and their ancestors. Ascending. */
  readonly compute: Int32Array;
  readonly #requests: readonly ReadingRequest[];
  /** The children that are asked for, grouped by parent: those of prefix p are #children[#first[p] .. #first[p + 1] - 1]. */
  readonly #first: Int32Array;
  readonly #children: Int32Array;
  /** By prefix with a distribution: the most top tokens that anyone asks for. */
  readonly #tops = new Map<number, number>();
  /** By child. */
  readonly #logProbs: Float64Array;
  readonly #ranks: Int32Array;
  readonly #distributions = new Map<number, NonNullable<Reading['distribution']>>();
  /** 1 where a prefix has been read from. */
  readonly #taken: Uint8Array;
  /** By prefix: the requests that read from it last. */
  readonly #endingAt = new Map<number, number[]>();
  /** Requests whose last prefix has been read from, and perhaps not all others: another machine has them. */
  #ending: number[] = [];

  constructor(requests: readonly ReadingRequest[]) {
    this.#requests = requests;
    this.tree = prefixTree(requests.map(({ ids }) => ids));
    const { size, paths } = this.tree;

    /** 1 where log P of the prefix's last token is asked for. */
    const asked = new Uint8Array(size);
    for (const [i, { ids, from, distributionAt, topTokens = 0 }] of requests.entries()) {
      const path = paths[i] as Int32Array;
      for (let at = from; at < ids.length; at += 1) asked[path[at] as number] = 1;
      for (const place of placesOf(ids.length, from, distributionAt)) {
        const prefix = path[place] as number;
        this.#tops.set(prefix, Math.max(topTokens, this.#tops.get(prefix) ?? 0));
      }
    }
    const { first, children } = childrenByParent(this.tree, asked);
    this.#first = first;
    this.#children = children;
    this.compute = this.#withAncestors();
    this.#logProbs = new Float64Array(size);
    this.#ranks = new Int32Array(size);
    this.#taken = new Uint8Array(size);
    for (const i of requests.keys()) {
      const last = this.#readBy(i).reduce((most, prefix) => Math.max(most, prefix), -1);
      const ending = last < 0 ? this.#ending : (this.#endingAt.get(last) ?? []);
      if (last >= 0) this.#endingAt.set(last, ending);
      ending.push(i);
    }
  }

  /** Children of a prefix whose probability is asked for. */
  children(prefix: number): Int32Array {
    return this.#children.subarray(this.#first[prefix], this.#first[prefix + 1]);
  }

  /** How many top tokens are asked for after a prefix; undefined: no distribution. */
  top(prefix: number): number | undefined {
    return this.#tops.get(prefix);
  }

  /** Takes in what a machine read of a chunk: `prefixes` are those in the slots that `requests` names. */
  take(prefixes: ArrayLike<number>, requests: ChunkRequests, found: ChunkReadings): void {
    let target = 0;
    let distribution = 0;
    let top = 0;
    for (let i = 0; i < prefixes.length; i += 1) {
      const prefix = prefixes[i] as number;
      this.#taken[prefix] = 1;
      for (const request of this.#endingAt.get(prefix) ?? []) this.#ending.push(request);
      for (const child of this.children(prefix)) {
        this.#logProbs[child] = found.logProbs[target] as number;
        this.#ranks[child] = found.ranks[target] as number;
        target += 1;
      }
      const count = requests.tops[i] as number;
      if (count < 0) continue;
      const tokens = Array.from({ length: found.topCounts[distribution] as number }, (_, rank) => ({
        id: found.topIds[top + rank] as number,
        logProb: found.topLogProbs[top + rank] as number,
      }));
      top += tokens.length;
      this.#distributions.set(prefix, { entropy: found.entropies[distribution] as number, top: tokens });
      distribution += 1;
    }
  }

  /** Readings that have become whole since this was asked last. */
  takeWhole(): FoundReading[] {
    const whole: number[] = [];
    const notYet: number[] = [];
    for (const i of this.#ending) {
      const isWhole = this.#readBy(i).every((prefix) => this.#taken[prefix] === 1);
      (isWhole ? whole : notYet).push(i);
    }
    this.#ending = notYet;
    return whole.map((index) => ({ index, reading: this.#reading(index) }));
  }

  /** The readings, in the order of the requests, once everything has been taken in. */
  readings(): Reading[] {
    return this.#requests.map((_, i) => this.#reading(i));
  }

  #reading(i: number): Reading {
    const { from, distributionAt, topTokens = 0 } = must(this.#requests[i], 'a request');
    const path = this.tree.paths[i] as Int32Array;
    const read = path.subarray(from);
    const base = {
      logProbs: Array.from(read, (prefix) => this.#logProbs[prefix] as number),
      ranks: Array.from(read, (prefix) => this.#ranks[prefix] as number),
    };
    if (distributionAt === undefined) return base;
    const distributions = placesOf(path.length, from, distributionAt).map((place) => {
      const prefix = path[place] as number;
      const distribution = must(this.#distributions.get(prefix), `a distribution after prefix ${prefix}`);
      return { ...distribution, top: distribution.top.slice(0, topTokens) };
    });
    if (distributionAt === 'each') return { ...base, distributions };
    return { ...base, distribution: must(distributions[0], 'a distribution') };
  }

  /** The prefixes that a request reads from. */
  #readBy(i: number): Int32Array {
    const { from, distributionAt } = must(this.#requests[i], 'a request');
    const path = this.tree.paths[i] as Int32Array;
    const before = path.subarray(from - 1, path.length - 1);
    if (distributionAt === undefined || distributionAt === 'each') return before;
    const all = new Int32Array(before.length + 1);
    all[0] = path[distributionAt] as number;
    all.set(before, 1);
    return all;
  }

  /** Every prefix that something is read from, and all above it. */
  #withAncestors(): Int32Array {
    const { size, parents } = this.tree;
    const needed = new Uint8Array(size);
    for (const child of this.#children) needed[parents[child] as number] = 1;
    for (const prefix of this.#tops.keys()) needed[prefix] = 1;
    // Children come after their parents: once through backwards marks all ancestors.
    for (let prefix = size - 1; prefix >= 0; prefix -= 1) {
      const parent = parents[prefix] as number;
      if (needed[prefix] === 1 && parent >= 0) needed[parent] = 1;
    }
    return Int32Array.from(needed.keys()).filter((prefix) => needed[prefix] === 1);
  }
}

/** Where distributions are read: the tokens after which they are. */
function placesOf(length: number, from: number, at: ReadingRequest['distributionAt']): readonly number[] {
  if (at === undefined) return [];
  return at === 'each' ? Array.from({ length: length - from }, (_, i) => from - 1 + i) : [at];
}

/** The marked prefixes, grouped by parent: those of parent p are children[first[p] .. first[p + 1] - 1], ascending. */
function childrenByParent(
  { size, parents }: PrefixTree,
  marked: Uint8Array,
): { first: Int32Array; children: Int32Array } {
  const first = new Int32Array(size + 1);
  for (let prefix = 0; prefix < size; prefix += 1) {
    // A root is never marked: nothing comes before it that its probability could be given.
    if (marked[prefix] === 1) (first[(parents[prefix] as number) + 1] as number) += 1;
  }
  for (let prefix = 0; prefix < size; prefix += 1) {
    first[prefix + 1] = (first[prefix] as number) + (first[prefix + 1] as number);
  }
  const children = new Int32Array(first[size] as number);
  const next = first.slice();
  for (let prefix = 0; prefix < size; prefix += 1) {
    if (marked[prefix] !== 1) continue;
    const parent = parents[prefix] as number;
    children[next[parent] as number] = prefix;
    next[parent] = (next[parent] as number) + 1;
  }
  return { first, children };
}
