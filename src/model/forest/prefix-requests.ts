import type { ChunkReads } from './chunk.ts';
import type { Reading, ReadingRequest } from '../language-model.ts';
import { prefixTree, type PrefixTree } from './prefix-tree.ts';
import type { RowReadings } from '../decoder/readings.ts';

/**
 * What requests ask, by node. log P(token | prefix) belongs to the child that the token makes of the prefix, so however many
 * requests ask for it, it is read once; a leaf that nothing is read from need not be computed at all.
 */
export class NodeReads {
  readonly tree: PrefixTree;
  /** Nodes to compute: those that are read from, and their ancestors. Ascending. */
  readonly compute: Int32Array;
  readonly #requests: readonly ReadingRequest[];
  /** Wanted children of node n: #children[#first[n] .. #first[n + 1] - 1]. */
  readonly #first: Int32Array;
  readonly #children: Int32Array;
  readonly #tops = new Map<number, number>();
  readonly #logProbs: Float64Array;
  readonly #ranks: Int32Array;
  readonly #distributions = new Map<number, NonNullable<Reading['distribution']>>();

  constructor(requests: readonly ReadingRequest[]) {
    this.#requests = requests;
    this.tree = prefixTree(requests.map(({ ids }) => ids));
    const { size, parents, paths } = this.tree;

    const wanted = new Uint8Array(size);
    for (const [i, { ids, from, distributionAt, topTokens = 0 }] of requests.entries()) {
      const path = paths[i] as Int32Array;
      for (let at = from; at < ids.length; at += 1) wanted[path[at] as number] = 1;
      if (distributionAt === undefined) continue;
      const node = path[distributionAt] as number;
      this.#tops.set(node, Math.max(topTokens, this.#tops.get(node) ?? 0));
    }

    this.#first = new Int32Array(size + 1);
    for (let node = 0; node < size; node += 1) {
      if (wanted[node] === 1) (this.#first[(parents[node] as number) + 1] as number) += 1;
    }
    for (let node = 0; node < size; node += 1) {
      this.#first[node + 1] = (this.#first[node] as number) + (this.#first[node + 1] as number);
    }
    this.#children = new Int32Array(this.#first[size] as number);
    const next = this.#first.slice();
    const needed = new Uint8Array(size);
    for (let node = 0; node < size; node += 1) {
      if (wanted[node] !== 1) continue;
      const parent = parents[node] as number;
      this.#children[next[parent] as number] = node;
      next[parent] = (next[parent] as number) + 1;
      needed[parent] = 1;
    }
    for (const node of this.#tops.keys()) needed[node] = 1;
    // Children come after their parents: one pass backwards marks all ancestors.
    for (let node = size - 1; node >= 0; node -= 1) {
      const parent = parents[node] as number;
      if (needed[node] === 1 && parent >= 0) needed[parent] = 1;
    }
    this.compute = Int32Array.from(needed.keys()).filter((node) => needed[node] === 1);
    this.#logProbs = new Float64Array(size);
    this.#ranks = new Int32Array(size);
  }

  /** Children of a node whose probability is asked for. */
  children(node: number): Int32Array {
    return this.#children.subarray(this.#first[node], this.#first[node + 1]);
  }

  /** How many top tokens are asked for after a node; undefined: no distribution. */
  top(node: number): number | undefined {
    return this.#tops.get(node);
  }

  /** Takes in what a machine read: `nodes` are the nodes of `reads.rows`. */
  take(nodes: ArrayLike<number>, reads: ChunkReads, found: RowReadings): void {
    let target = 0;
    let distribution = 0;
    let top = 0;
    for (let i = 0; i < nodes.length; i += 1) {
      const node = nodes[i] as number;
      for (const child of this.children(node)) {
        this.#logProbs[child] = found.logProbs[target] as number;
        this.#ranks[child] = found.ranks[target] as number;
        target += 1;
      }
      const count = reads.tops[i] as number;
      if (count < 0) continue;
      const tokens = Array.from({ length: found.topCounts[distribution] as number }, (_, rank) => ({
        id: found.topIds[top + rank] as number,
        logProb: found.topLogProbs[top + rank] as number,
      }));
      top += tokens.length;
      this.#distributions.set(node, { entropy: found.entropies[distribution] as number, top: tokens });
      distribution += 1;
    }
  }

  /** The readings, in the order of the requests, once everything has been taken in. */
  readings(): Reading[] {
    return this.#requests.map(({ from, distributionAt, topTokens = 0 }, i) => {
      const path = this.tree.paths[i] as Int32Array;
      const read = path.subarray(from);
      const base = {
        logProbs: Array.from(read, (node) => this.#logProbs[node] as number),
        ranks: Array.from(read, (node) => this.#ranks[node] as number),
      };
      if (distributionAt === undefined) return base;
      const distribution = this.#distributions.get(path[distributionAt] as number);
      if (distribution === undefined) throw new Error('Internal error: expected a distribution, was none');
      return { ...base, distribution: { ...distribution, top: distribution.top.slice(0, topTokens) } };
    });
  }
}
