import type { ChunkRequests } from '../decoder/readings.ts';
import { maskOf } from './mask.ts';
import type { PrefixRequests } from './prefix-requests.ts';
import { ancestors, type PrefixTree } from './prefix-tree.ts';
import type { Span } from './spans.ts';

/**
 * Work for a machine: prefixes that go through the decoder as one matrix, each in a slot of it. Plain data: it crosses threads.
 *
 * A chunk has M blocks of B slots; `mask.ts` draws an example. A slot number below counts on through two lists: first the slots of
 * context, which is what the chunk before has left on the machine, then those of this chunk.
 */
export interface Chunk {
  /** [M B]; slots past the prefixes of this chunk are padding that nobody sees. */
  readonly tokens: Int32Array;
  /** [M B]. */
  readonly positions: Int32Array;
  /** Length of the sequences, for RoPE that depends on it. */
  readonly length: number;
  /** M of forward.ts. */
  readonly blocks: number;
  /** B of forward.ts. */
  readonly blockSize: number;
  /** S of forward.ts. */
  readonly keys: number;
  /** [M S]: slot numbers of each block's keys. */
  readonly seen: Int32Array;
  /** [M, B, S]: see `maskOf`. */
  readonly masks: readonly { readonly window: number | undefined; readonly values: Float32Array }[];
  /** Slots of context that this chunk sees; 0 drops what is there. */
  readonly context: number;
  /** Slot numbers to keep as context of the next chunk: the path above its first prefix; empty: none. */
  readonly keep: Int32Array;
  readonly requests: ChunkRequests;
}

export interface ChunkLimits {
  /** Prefixes that go through the decoder at once. */
  readonly prefixes: number;
  /** Prefixes of one attention block. */
  readonly block: number;
  /** Most attention scores of one layer at once, in floats. */
  readonly scores: number;
}

export interface ChunkOptions {
  readonly limits: ChunkLimits;
  readonly num_attention_heads: number;
  /** The distinct windows of the layers. */
  readonly windows: readonly (number | undefined)[];
  /** Length of the sequences, for RoPE that depends on it. */
  readonly length: number;
}

/** A chunk and what its caller keeps. */
export interface SpanChunk {
  readonly chunk: Chunk;
  /** How many prefixes it computes. */
  readonly count: number;
  /** The prefixes in the slots that `chunk.requests` names. */
  readonly readPrefixes: Int32Array;
}

/** The chunks of a span, to be run in order on one machine. */
export function* chunksOf(
  requests: PrefixRequests,
  { prefixes, unread }: Span,
  options: ChunkOptions,
): Generator<SpanChunk> {
  const { tree } = requests;
  const { limits, windows, length } = options;
  /** By prefix: its slot number. Only those in context or chunk are looked up. */
  const slots = new Int32Array(tree.size);
  let context = 0;
  for (let start = 0; start < prefixes.length;) {
    const count = chunkSize(tree, prefixes.subarray(start), options);
    const inChunk = prefixes.subarray(start, start + count);
    for (const [slot, prefix] of inChunk.entries()) slots[prefix] = context + slot;

    const blocks = Math.ceil(count / limits.block);
    const blockSize = Math.ceil(count / blocks);
    const layout = layBlocks(tree, inChunk, { blocks, blockSize, slots, windows });

    const next = prefixes[start + count];
    const path = next === undefined ? new Int32Array(0) : ancestors(tree, next);
    const chunkRequests = requestsOf(inChunk, Math.max(unread - start, 0), requests);
    const chunk: Chunk = {
      tokens: inSlots(inChunk, blocks * blockSize, tree.tokens),
      positions: inSlots(inChunk, blocks * blockSize, tree.depths),
      length,
      blocks,
      blockSize,
      ...layout,
      context,
      keep: path.map((prefix) => slots[prefix] as number),
      requests: chunkRequests,
    };
    const readPrefixes = chunkRequests.slots.map((slot) => inChunk[slot] as number);
    yield { chunk, count, readPrefixes };
    context = path.length;
    for (const [slot, prefix] of path.entries()) slots[prefix] = slot;
    start += count;
  }
}

/**
 * How many of these prefixes the next chunk takes. Chunks are even and of whole blocks, of at most `limits.prefixes`; smaller where
 * paths are so long that the scores would not fit. Odd sizes, 866 say, cost products a fifth of their speed.
 */
function chunkSize(
  tree: PrefixTree,
  left: Int32Array,
  { num_attention_heads, limits }: ChunkOptions,
): number {
  const chunks = Math.ceil(left.length / limits.prefixes);
  const even = Math.min(roundUp(left.length / chunks, limits.block), limits.prefixes, left.length);
  let deepest = 0;
  for (let i = 0; i < even; i += 1) {
    deepest = Math.max(deepest, tree.depths[left[i] as number] as number);
    const scores = (i + 1) * num_attention_heads * (deepest + limits.block);
    if (scores > limits.scores && i >= limits.block) return i;
  }
  return even;
}

function roundUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}

/** For each block: its keys are the path above its first prefix, padded to the longest such path, then its own slots. */
function layBlocks(
  tree: PrefixTree,
  inChunk: Int32Array,
  {
    blocks,
    blockSize,
    slots,
    windows,
  }: {
    readonly blocks: number;
    readonly blockSize: number;
    readonly slots: Int32Array;
    readonly windows: readonly (number | undefined)[];
  },
): Pick<Chunk, 'keys' | 'seen' | 'masks'> {
  const above = Array.from({ length: blocks }, (_, block) =>
    ancestors(tree, inChunk[block * blockSize] as number),
  );
  const longest = above.reduce((most, { length }) => Math.max(most, length), 0);
  const keys = longest + blockSize;
  const seen = new Int32Array(blocks * keys);
  const firstSlot = slots[inChunk[0] as number] as number;
  for (const [block, path] of above.entries()) {
    const at = block * keys;
    for (const [i, prefix] of path.entries()) seen[at + i] = slots[prefix] as number;
    for (let own = 0; own < blockSize; own += 1) {
      seen[at + longest + own] = firstSlot + block * blockSize + own;
    }
  }
  const masks = windows.map((window) => ({
    window,
    values: maskOf(tree, inChunk, { blocks, blockSize, above, longest }, window),
  }));
  return { keys, seen, masks };
}

/** What `values` says of each prefix, slot by slot, padded with 0. */
function inSlots(inChunk: Int32Array, length: number, values: Int32Array): Int32Array {
  const padded = new Int32Array(length);
  for (const [slot, prefix] of inChunk.entries()) padded[slot] = values[prefix] as number;
  return padded;
}

/** What is asked of the prefixes from slot `first` on. */
function requestsOf(inChunk: Int32Array, first: number, requests: PrefixRequests): ChunkRequests {
  const slots: number[] = [];
  const targetCounts: number[] = [];
  const targets: number[] = [];
  const tops: number[] = [];
  for (let slot = first; slot < inChunk.length; slot += 1) {
    const prefix = inChunk[slot] as number;
    const children = requests.children(prefix);
    const top = requests.top(prefix);
    if (children.length === 0 && top === undefined) continue;
    slots.push(slot);
    targetCounts.push(children.length);
    for (const child of children) targets.push(requests.tree.tokens[child] as number);
    tops.push(top ?? -1);
  }
  return {
    slots: Int32Array.from(slots),
    targetCounts: Int32Array.from(targetCounts),
    targets: Int32Array.from(targets),
    tops: Int32Array.from(tops),
  };
}
