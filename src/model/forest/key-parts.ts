import { must } from '../../system/internal-error.ts';
import { blockOf, hiddenMask, maskBlock, type BlockKeys, type BlockOfPrefixes } from './mask.ts';
import { ancestors, type PrefixTree } from './prefix-tree.ts';

/**
 * Depths of one part of the keys. Products add so many terms, and those of a block, one after the other: on processors they begin a
 * new sum after 280 terms or more.
 */
export const partDepths = 128;

/** Keys of one range of depths, for all blocks of a chunk: see `attention.ts`. */
export interface ChunkPart {
  /** S of forward.ts. */
  readonly keys: number;
  /** All blocks see the same keys. */
  readonly isShared: boolean;
  /** [M S], [S] where it is shared: slot numbers of the keys. */
  readonly seen: Int32Array;
  /** [M, B, S], [N, S] where it is shared: see `maskBlock`; only those that hide anything. */
  readonly masks: readonly { readonly window: number | undefined; readonly values: Float32Array }[];
}

export interface PartsOptions {
  /** M. */
  readonly blocks: number;
  /** B. */
  readonly blockSize: number;
  /** By prefix in context or chunk: its slot number. */
  readonly slots: Int32Array;
  /** The distinct windows of the layers. */
  readonly windows: readonly (number | undefined)[];
}

/** The keys that the prefixes of a chunk may see, by depth. */
export function keyParts(tree: PrefixTree, inChunk: Int32Array, options: PartsOptions): ChunkPart[] {
  const { blocks: M, blockSize: B } = options;
  const blocks = Array.from({ length: M }, (_, block) => {
    const own = inChunk.subarray(block * B, (block + 1) * B);
    return blockOf(tree, own, ancestors(tree, own[0] as number));
  });
  const deepest = inChunk.reduce((most, prefix) => Math.max(most, tree.depths[prefix] as number), 0);
  return Array.from({ length: Math.floor(deepest / partDepths) + 1 }, (_, part) => {
    const from = part * partDepths;
    const keys = blocks.map((block) => keysOf(tree, block, from));
    return isShared(keys)
      ? sharedPart(tree, inChunk, must(keys[0], 'keys'), { blocks, options })
      : partByBlock(tree, keys, { blocks, options });
  });
}

function keysOf(tree: PrefixTree, { own, path }: BlockOfPrefixes, from: number): BlockKeys {
  const to = from + partDepths;
  const isHere = (slot: number): boolean => {
    const depth = tree.depths[own[slot] as number] as number;
    return depth >= from && depth < to;
  };
  return {
    from,
    ofPath: path.subarray(from, to),
    ownSlots: Int32Array.from(own.keys()).filter(isHere),
  };
}

/** Equal last prefixes have equal ancestors. */
function isShared(keys: readonly BlockKeys[]): boolean {
  const [first] = keys;
  return keys.every(
    ({ ofPath, ownSlots }) =>
      ownSlots.length === 0 &&
      ofPath.length > 0 &&
      ofPath.length === first?.ofPath.length &&
      ofPath.at(-1) === first.ofPath.at(-1),
  );
}

interface Within {
  readonly blocks: readonly BlockOfPrefixes[];
  readonly options: PartsOptions;
}

function sharedPart(
  tree: PrefixTree,
  inChunk: Int32Array,
  shared: BlockKeys,
  { blocks, options: { blockSize, blocks: M, slots, windows } }: Within,
): ChunkPart {
  const keys = shared.ofPath.length;
  const reach = blocks.flatMap((block) => [...block.reach]);
  const all: BlockOfPrefixes = {
    own: inChunk,
    path: must(blocks[0], 'a block').path,
    reach: Int32Array.from(reach),
    isAbove: new Uint8Array(0),
  };
  const seen = shared.ofPath.map((prefix) => slots[prefix] as number);
  const masks = windows.flatMap((window) => {
    const values = hiddenMask(M * blockSize, keys);
    return maskBlock(tree, all, shared, { mask: values, keys, window }) ? [] : [{ window, values }];
  });
  return { keys, isShared: true, seen, masks };
}

/** Blocks that see fewer keys than others see slot 0 in their place, hidden. */
function partByBlock(
  tree: PrefixTree,
  byBlock: readonly BlockKeys[],
  { blocks, options: { blockSize: B, blocks: M, slots, windows } }: Within,
): ChunkPart {
  const most = Math.max(...byBlock.map(({ ofPath, ownSlots }) => ofPath.length + ownSlots.length));
  const keys = Math.ceil(most / 8) * 8;
  const seen = new Int32Array(M * keys);
  for (const [block, { ofPath, ownSlots }] of byBlock.entries()) {
    const { own } = must(blocks[block], 'a block');
    seen.set(
      ofPath.map((prefix) => slots[prefix] as number),
      block * keys,
    );
    seen.set(
      ownSlots.map((slot) => slots[own[slot] as number] as number),
      block * keys + ofPath.length,
    );
  }
  const masks = windows.flatMap((window) => {
    const values = hiddenMask(M * B, keys);
    const isAllSeen = byBlock.map((ofBlock, block) => {
      const mask = values.subarray(block * B * keys, (block + 1) * B * keys);
      return maskBlock(tree, must(blocks[block], 'a block'), ofBlock, { mask, keys, window });
    });
    return isAllSeen.every(Boolean) ? [] : [{ window, values }];
  });
  return { keys, isShared: false, seen, masks };
}
