import type { ChunkRequests } from '../decoder/readings.ts';
import { keyParts, type ChunkPart } from './key-parts.ts';
import type { PrefixRequests } from './prefix-requests.ts';
import { ancestors } from './prefix-tree.ts';
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
  /** The keys that blocks see, by depth. */
  readonly parts: readonly ChunkPart[];
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
  /** What the slots of a block are a multiple of: the rows of no product are fewer, and no vector of the processor is cut. */
  readonly unit: number;
}

export interface ChunkOptions {
  readonly limits: ChunkLimits;
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
    const count = chunkSize(prefixes.length - start, limits);
    const inChunk = prefixes.subarray(start, start + count);
    for (const [slot, prefix] of inChunk.entries()) slots[prefix] = context + slot;

    const blockSize = roundUp(count / Math.ceil(count / limits.block), limits.unit);
    const blocks = Math.ceil(count / blockSize);

    const next = prefixes[start + count];
    const path = next === undefined ? new Int32Array(0) : ancestors(tree, next);
    const chunkRequests = requestsOf(inChunk, Math.max(unread - start, 0), requests);
    const chunk: Chunk = {
      tokens: inSlots(inChunk, blocks * blockSize, tree.tokens),
      positions: inSlots(inChunk, blocks * blockSize, tree.depths),
      length,
      blocks,
      blockSize,
      parts: keyParts(tree, inChunk, { blocks, blockSize, slots, windows }),
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

/** How many prefixes the next chunk takes. Chunks are even, of whole blocks but for the last, of at most `limits.prefixes`. */
function chunkSize(left: number, { prefixes, block }: ChunkLimits): number {
  const chunks = Math.ceil(left / prefixes);
  return Math.min(roundUp(left / chunks, block), prefixes, left);
}

function roundUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
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
