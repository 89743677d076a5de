import { ancestors, type PrefixTree } from './prefix-tree.ts';
import type { NodeReads } from './prefix-requests.ts';

/** One step of work for a machine: nodes that go through the decoder as one matrix. Plain data: it crosses threads. */
export interface Chunk {
  /** [blocks * rows]; rows past the nodes of this step are padding that nobody sees. */
  readonly tokens: Int32Array;
  readonly positions: Int32Array;
  /** Length of the sequences, for RoPE that depends on it. */
  readonly length: number;
  /** M, B, S of forward.ts. */
  readonly blocks: number;
  readonly rows: number;
  readonly keys: number;
  /** [blocks * keys]: rows of context followed by rows of this chunk. */
  readonly seen: Int32Array;
  readonly masks: readonly { readonly window: number | undefined; readonly values: Float32Array }[];
  /** Rows of context that the chunk before has left on the machine; 0 drops what is there. */
  readonly context: number;
  /** Which rows of context followed by rows to keep as context of the next chunk; empty: none. */
  readonly keep: Int32Array;
  readonly reads: ChunkReads;
}

/** What to read where, flat: row i has targetCounts[i] of the targets. */
export interface ChunkReads {
  readonly rows: Int32Array;
  readonly targetCounts: Int32Array;
  /** Token ids. */
  readonly targets: Int32Array;
  /** How many top tokens; -1: no distribution at all. */
  readonly tops: Int32Array;
}

export interface ChunkLimits {
  /** Nodes that go through the decoder at once. */
  readonly nodes: number;
  /** Nodes of one attention block. */
  readonly block: number;
  /** Most attention scores of one layer at once, in floats. */
  readonly scores: number;
}

export interface ChunkShape {
  readonly num_attention_heads: number;
  /** The distinct windows of the layers. */
  readonly windows: readonly (number | undefined)[];
}

/** A run of nodes for one machine: whole paths, so that it needs nothing that another machine computes. */
export interface Segment {
  /** Ascending; with every node its ancestors. */
  readonly nodes: Int32Array;
  /** The first of them are there as ancestors only; another segment reads them. */
  readonly unread: number;
}

/**
 * Cuts the nodes to compute (ascending, closed under ancestors) into about `count` segments of like size, each cut where the
 * path that has to be computed again is short; fewer where computing paths again would cost more than a tenth.
 */
export function segments(tree: PrefixTree, compute: Int32Array, count: number): Segment[] {
  const cuts = [0];
  const size = compute.length / count;
  for (let i = 1; i < count; i += 1) {
    const [from, to] = [Math.ceil((i - 0.25) * size), Math.floor((i + 0.25) * size)];
    let best = -1;
    for (let at = Math.max(from, 1); at <= Math.min(to, compute.length - 1); at += 1) {
      if (best < 0 || depth(tree, compute, at) < depth(tree, compute, best)) best = at;
    }
    if (best > (cuts.at(-1) as number)) cuts.push(best);
  }
  const again = cuts.reduce((sum, at) => sum + depth(tree, compute, at), 0);
  if (count > 2 && again > compute.length / 10) return segments(tree, compute, Math.ceil(count / 2));
  if (count === 2 && again > compute.length / 3) return segments(tree, compute, 1);
  return cuts.map((at, i) => {
    const own = compute.subarray(at, cuts[i + 1] ?? compute.length);
    const path = ancestors(tree, own[0] as number);
    const nodes = new Int32Array(path.length + own.length);
    nodes.set(path);
    nodes.set(own, path.length);
    return { nodes, unread: path.length };
  });
}

function depth(tree: PrefixTree, compute: Int32Array, at: number): number {
  return tree.depths[compute[at] as number] as number;
}

/** A chunk and what its caller keeps: how many nodes it computes, and which nodes `chunk.reads.rows` are. */
export interface Step {
  readonly chunk: Chunk;
  readonly count: number;
  readonly readNodes: Int32Array;
}

/** The chunks of a segment, to be run in order on one machine. */
export function* chunksOf(
  tree: PrefixTree,
  segment: Segment,
  reads: NodeReads,
  shape: ChunkShape,
  limits: ChunkLimits,
  length: number,
): Generator<Step> {
  const { nodes, unread } = segment;
  // Where a node is: its row in context followed by chunk. Only nodes that are there now are looked up.
  const place = new Int32Array(tree.size);
  let context = 0;
  for (let start = 0; start < nodes.length;) {
    const count = chunkNodes(tree, nodes, start, shape, limits);
    const part = nodes.subarray(start, start + count);
    for (const [row, node] of part.entries()) place[node] = context + row;

    const blocks = Math.ceil(count / limits.block);
    const rows = Math.ceil(count / blocks);
    const layout = layBlocks(tree, part, { blocks, rows }, place, shape.windows);

    const next = nodes[start + count];
    const path = next === undefined ? new Int32Array(0) : ancestors(tree, next);
    const keep = path.map((node) => place[node] as number);
    const chunkReads = readsOf(part, Math.max(unread - start, 0), reads);
    const chunk: Chunk = {
      tokens: padded(part, blocks * rows, tree.tokens),
      positions: padded(part, blocks * rows, tree.depths),
      length,
      blocks,
      rows,
      ...layout,
      context,
      keep,
      reads: chunkReads,
    };
    yield { chunk, count, readNodes: chunkReads.rows.map((row) => part[row] as number) };
    context = path.length;
    for (const [row, node] of path.entries()) place[node] = row;
    start += count;
  }
}

/**
 * Even chunks of whole blocks, of at most `limits.nodes`; fewer where paths are so long that the scores would not fit. Odd
 * numbers of rows, 866 say, cost products a fifth of their speed.
 */
function chunkNodes(
  tree: PrefixTree,
  nodes: Int32Array,
  start: number,
  { num_attention_heads }: ChunkShape,
  limits: ChunkLimits,
): number {
  const left = nodes.length - start;
  const even = Math.min(roundUp(left / Math.ceil(left / limits.nodes), limits.block), limits.nodes, left);
  let deepest = 0;
  for (let i = 0; i < even; i += 1) {
    deepest = Math.max(deepest, tree.depths[nodes[start + i] as number] as number);
    const scores = (i + 1) * num_attention_heads * (deepest + limits.block);
    if (scores > limits.scores && i >= limits.block) return i;
  }
  return even;
}

function roundUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}

interface BlockLayout {
  readonly keys: number;
  readonly seen: Int32Array;
  readonly masks: Chunk['masks'];
}

/** For each block: its keys are the path above its first node, padded to the longest such path, then its own rows. */
function layBlocks(
  tree: PrefixTree,
  part: Int32Array,
  { blocks, rows }: { blocks: number; rows: number },
  place: Int32Array,
  windows: readonly (number | undefined)[],
): BlockLayout {
  const above = Array.from({ length: blocks }, (_, block) => ancestors(tree, part[block * rows] as number));
  const longest = above.reduce((most, { length }) => Math.max(most, length), 0);
  const keys = longest + rows;
  const seen = new Int32Array(blocks * keys);
  const firstRow = place[part[0] as number] as number;
  for (const [block, path] of above.entries()) {
    const at = block * keys;
    for (const [i, node] of path.entries()) seen[at + i] = place[node] as number;
    for (let row = 0; row < rows; row += 1) seen[at + longest + row] = firstRow + block * rows + row;
  }
  const masks = windows.map((window) => ({
    window,
    values: maskOf(tree, part, { blocks, rows, keys, longest }, above, window),
  }));
  return { keys, seen, masks };
}

/** Far below any score, yet finite: a padding row, which sees nothing, must not become NaN. */
const hidden = -1e9;

/** [blocks, rows, keys]: 0 for ancestors and the node itself that are nearer than `window`, otherwise `hidden`. */
function maskOf(
  tree: PrefixTree,
  part: Int32Array,
  { blocks, rows, keys, longest }: { blocks: number; rows: number; keys: number; longest: number },
  above: readonly Int32Array[],
  window = Infinity,
): Float32Array {
  const mask = new Float32Array(blocks * rows * keys).fill(hidden);
  // For each row: how far down its block's path its ancestors go.
  const reach = new Int32Array(part.length);
  for (let index = 0; index < part.length; index += 1) {
    const block = Math.floor(index / rows);
    const node = part[index] as number;
    const parent = tree.parents[node] as number;
    const depth = tree.depths[node] as number;
    const own = index * keys + longest;
    const parentIndex = indexIn(part, block * rows, index, parent);
    if (parentIndex < 0) {
      reach[index] = Math.min(
        parent < 0 ? 0 : (tree.depths[parent] as number) + 1,
        above[block]?.length ?? 0,
      );
    } else {
      reach[index] = reach[parentIndex] as number;
      const inherited = parentIndex * keys + longest;
      mask.copyWithin(own, inherited, inherited + (parentIndex - block * rows) + 1);
    }
    mask[own + index - block * rows] = 0;
    const oldest = depth - window + 1;
    mask.fill(
      0,
      index * keys + Math.max(oldest, 0),
      index * keys + Math.max(oldest, reach[index] as number, 0),
    );
    if (oldest <= 0) continue;
    for (let row = block * rows; row < index; row += 1) {
      if ((tree.depths[part[row] as number] as number) < oldest) mask[own + row - block * rows] = hidden;
    }
  }
  return mask;
}

/** Where `node` is in part[from .. to - 1], which ascends; -1 if it is not. */
function indexIn(part: Int32Array, from: number, to: number, node: number): number {
  let [low, high] = [from, to - 1];
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const found = part[middle] as number;
    if (found === node) return middle;
    if (found < node) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

function padded(part: Int32Array, length: number, values: Int32Array): Int32Array {
  const rows = new Int32Array(length);
  for (const [row, node] of part.entries()) rows[row] = values[node] as number;
  return rows;
}

function readsOf(part: Int32Array, first: number, reads: NodeReads): ChunkReads {
  const rows: number[] = [];
  const targetCounts: number[] = [];
  const targets: number[] = [];
  const tops: number[] = [];
  for (let row = first; row < part.length; row += 1) {
    const node = part[row] as number;
    const children = reads.children(node);
    const top = reads.top(node);
    if (children.length === 0 && top === undefined) continue;
    rows.push(row);
    targetCounts.push(children.length);
    for (const child of children) targets.push(reads.tree.tokens[child] as number);
    tops.push(top ?? -1);
  }
  return {
    rows: Int32Array.from(rows),
    targetCounts: Int32Array.from(targetCounts),
    targets: Int32Array.from(targets),
    tops: Int32Array.from(tops),
  };
}
