import type { PrefixTree } from './prefix-tree.ts';

/** Far below any score, yet finite: a slot of padding, which sees nothing, must not become NaN. */
const hidden = -1e9;

/** How the prefixes of a chunk lie in blocks, and the keys of a block: the path above it, then its own slots. */
export interface BlockShape {
  /** M: blocks of the chunk. */
  readonly blocks: number;
  /** B: slots of a block. Slots past the last prefix are padding. */
  readonly blockSize: number;
  /** By block: the prefixes above the first prefix of the block, root first. */
  readonly above: readonly Int32Array[];
  /** The length of the longest of these: where the block's own slots begin among its keys. */
  readonly longest: number;
}

/**
 * Who sees whom, [M, B, S]: 0 where the key is the prefix itself or an ancestor of it, and nearer than `window`; otherwise far
 * below zero. The S = `longest` + B keys of a block are the path above its first prefix, padded at its end to the longest such
 * path, and then the block's own slots. The tree of six prefixes in `prefix-tree.ts`, as one chunk of two blocks of three slots
 * (the path above the first block, none, is padded to two; 0 is drawn as x, hidden as a dot):
 *
 *     block 0     -   -  the cat sat          block 1    the cat ran dog ran
 *     0 the       .   .   x   .   .           3 ran       x   x   x   .   .
 *     1 cat       .   .   x   x   .           4 dog       x   .   .   x   .
 *     2 sat       .   .   x   x   x           5 ran       x   .   .   x   x
 *
 * With a window of 2, prefixes 2, 3 and 5 do not see `the`.
 *
 * @param prefixes of the chunk, slot by slot: a run of an ascending list in which every prefix has its ancestors
 */
export function maskOf(
  tree: PrefixTree,
  prefixes: Int32Array,
  { blocks, blockSize, above, longest }: BlockShape,
  window = Infinity,
): Float32Array {
  const keys = longest + blockSize;
  const mask = new Float32Array(blocks * blockSize * keys).fill(hidden);
  for (let block = 0; block < blocks; block += 1) {
    const start = block * blockSize;
    const inBlock = prefixes.subarray(start, start + blockSize);
    const pathLength = (above[block] as Int32Array).length;
    maskBlock(tree, inBlock, pathLength, {
      mask: mask.subarray(start * keys, (start + blockSize) * keys),
      keys,
      longest,
      window,
    });
  }
  return mask;
}

/**
 * The mask of one block, [B, S], which is `hidden` all over before. A prefix sees what its parent sees, and itself. Where the parent
 * is in the block, its line is copied. Where it is not, it lies on the path above the block, as all ancestors of the prefix then do
 * (prefixes are numbered depth first), and the prefix sees that path down to its own depth.
 */
function maskBlock(
  tree: PrefixTree,
  inBlock: Int32Array,
  pathLength: number,
  {
    mask,
    keys,
    longest,
    window,
  }: {
    readonly mask: Float32Array;
    readonly keys: number;
    readonly longest: number;
    readonly window: number;
  },
): void {
  /** By slot: how many prefixes of the path above the block are its ancestors; those are the first ones. */
  const reach = new Int32Array(inBlock.length);
  for (let slot = 0; slot < inBlock.length; slot += 1) {
    const prefix = inBlock[slot] as number;
    const depth = tree.depths[prefix] as number;
    const parentSlot = slotOf(inBlock, slot, tree.parents[prefix] as number);
    const line = slot * keys;
    if (parentSlot < 0) {
      reach[slot] = Math.min(depth, pathLength);
    } else {
      reach[slot] = reach[parentSlot] as number;
      const parentLine = parentSlot * keys + longest;
      mask.copyWithin(line + longest, parentLine, parentLine + parentSlot + 1);
    }
    mask[line + longest + slot] = 0;

    // A key of the path stands at the index of its depth; depths below `oldest` are out of the window.
    const oldest = Math.max(depth - window + 1, 0);
    mask.fill(0, line + oldest, line + Math.max(oldest, reach[slot] as number));
    if (oldest === 0) continue;
    for (let key = 0; key < slot; key += 1) {
      if ((tree.depths[inBlock[key] as number] as number) < oldest) mask[line + longest + key] = hidden;
    }
  }
}

/** The slot of a prefix among the first `end` of a block, which ascend; -1 if it is not there. */
function slotOf(inBlock: Int32Array, end: number, prefix: number): number {
  let [low, high] = [0, end - 1];
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const found = inBlock[middle] as number;
    if (found === prefix) return middle;
    if (found < prefix) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}
