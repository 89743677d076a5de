import type { PrefixTree } from './prefix-tree.ts';

/** Far below any score, yet finite: a slot of padding, which sees nothing, must not become NaN. */
const hidden = -1e9;

/** The prefixes of a block, and who of them descends from whom. */
export interface BlockOfPrefixes {
  /** Slot by slot: a run of an ascending list in which every prefix has its ancestors. */
  readonly own: Int32Array;
  /** The prefixes above the first one, root first. */
  readonly path: Int32Array;
  /** By slot: how many prefixes of the path are ancestors of it; those are the first ones. */
  readonly reach: Int32Array;
  /** [own, own]: 1 where the second is the first or an ancestor of it. */
  readonly isAbove: Uint8Array;
}

/** A run of prefixes with the path above it. Where the parent of a prefix is not among them, it lies on that path, as all ancestors do. */
export function blockOf(tree: PrefixTree, own: Int32Array, path: Int32Array): BlockOfPrefixes {
  const size = own.length;
  const reach = new Int32Array(size);
  const isAbove = new Uint8Array(size * size);
  for (let slot = 0; slot < size; slot += 1) {
    const prefix = own[slot] as number;
    const parentSlot = slotOf(own, slot, tree.parents[prefix] as number);
    if (parentSlot < 0) {
      reach[slot] = Math.min(tree.depths[prefix] as number, path.length);
    } else {
      reach[slot] = reach[parentSlot] as number;
      isAbove.copyWithin(slot * size, parentSlot * size, parentSlot * size + parentSlot + 1);
    }
    isAbove[slot * size + slot] = 1;
  }
  return { own, path, reach, isAbove };
}

/** The keys of a block in one range of depths: of the path above it from a depth on, then slots of the block, ascending. */
export interface BlockKeys {
  /** The depth of the first of these. */
  readonly from: number;
  readonly ofPath: Int32Array;
  /** Slots within the block. */
  readonly ownSlots: Int32Array;
}

/**
 * Who sees whom of the keys of one range of depths, lines of `keys`: 0 where the key is the prefix itself or an ancestor of it, and
 * nearer than `window`; otherwise far below zero. Lines and keys that are more than there are prefixes are padding. The tree of six
 * prefixes in `prefix-tree.ts`, as two blocks of three slots and depths in ranges of two (0 is drawn as x, hidden as a dot):
 *
 *     block 0     the cat  |  sat       block 1    the cat dog  |  ran ran
 *     0 the        x   .   |   .        3 ran       x   x   .   |   x   .
 *     1 cat        x   x   |   .        4 dog       x   .   x   |   .   .
 *     2 sat        x   x   |   x        5 ran       x   .   x   |   .   x
 *
 * With a window of 2, prefixes 2, 3 and 5 do not see `the`.
 *
 * @param mask of the block, [B, keys], hidden all over before
 * @returns whether each prefix sees every key, and no key is padding
 */
export function maskBlock(
  tree: PrefixTree,
  { own, reach, isAbove }: BlockOfPrefixes,
  { from, ofPath, ownSlots }: BlockKeys,
  { mask, keys, window = Infinity }: { mask: Float32Array; keys: number; window: number | undefined },
): boolean {
  const size = own.length;
  let isAllSeen = ofPath.length + ownSlots.length === keys;
  for (let slot = 0; slot < size; slot += 1) {
    const line = slot * keys;
    const depth = tree.depths[own[slot] as number] as number;
    // A key of the path stands at the index of its depth; depths below `oldest` are out of the window.
    const oldest = Math.max(depth - window + 1, 0);
    const first = Math.max(oldest - from, 0);
    const end = Math.min(Math.max((reach[slot] as number) - from, 0), ofPath.length);
    if (end > first) mask.fill(0, line + first, line + end);
    if (first > 0 || end < ofPath.length) isAllSeen = false;
    for (const [at, key] of ownSlots.entries()) {
      const isSeen =
        isAbove[slot * size + key] === 1 && (tree.depths[own[key] as number] as number) >= oldest;
      if (isSeen) mask[line + ofPath.length + at] = 0;
      else isAllSeen = false;
    }
  }
  return isAllSeen;
}

/** A mask of so many lines in which nothing is seen. */
export function hiddenMask(lines: number, keys: number): Float32Array {
  return new Float32Array(lines * keys).fill(hidden);
}

/** The slot of a prefix among the first `end` of a block, which ascend; -1 if it is not there. */
function slotOf(own: Int32Array, end: number, prefix: number): number {
  let [low, high] = [0, end - 1];
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const found = own[middle] as number;
    if (found === prefix) return middle;
    if (found < prefix) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}
