import { expect } from 'chai';
import fc from 'fast-check';
import { chunksOf, type Chunk } from '../../../src/model/forest/chunk.ts';
import { blockOf, hiddenMask, maskBlock } from '../../../src/model/forest/mask.ts';
import { partDepths } from '../../../src/model/forest/key-parts.ts';
import { PrefixRequests } from '../../../src/model/forest/prefix-requests.ts';
import { prefixTree, type PrefixTree } from '../../../src/model/forest/prefix-tree.ts';
import { spansOf } from '../../../src/model/forest/spans.ts';

const hidden = -1e9;

describe('the mask', () => {
  it('of the tree that is drawn is the mask that is drawn', () => {
    const [the, cat, sat, ran, dog] = [10, 11, 12, 13, 14];
    const tree = prefixTree([
      [the, cat, sat],
      [the, cat, ran],
      [the, dog, ran],
    ]);
    expect([...tree.tokens]).to.deep.equal([the, cat, sat, ran, dog, ran]);
    expect([...tree.depths]).to.deep.equal([0, 1, 2, 2, 1, 2]);
    expect([...tree.parents]).to.deep.equal([-1, 0, 1, 1, 0, 4]);
    const drawn = (own: number[], path: number[], from: number, window?: number): string[] => {
      const block = blockOf(tree, Int32Array.from(own), Int32Array.from(path));
      const ownSlots = Int32Array.from(own.keys()).filter((slot) => {
        const depth = tree.depths[own[slot]!]!;
        return depth >= from && depth < from + 2;
      });
      const ofPath = Int32Array.from(path.slice(from, from + 2));
      const keys = ofPath.length + ownSlots.length;
      const mask = hiddenMask(own.length, keys);
      maskBlock(tree, block, { from, ofPath, ownSlots }, { mask, keys, window });
      const signs = Array.from(mask, (value) => (value === 0 ? 'x' : value === hidden ? '.' : '?'));
      return own.map((_, slot) => signs.slice(slot * keys, (slot + 1) * keys).join(''));
    };
    expect(drawn([0, 1, 2], [], 0)).to.deep.equal(['x.', 'xx', 'xx']);
    expect(drawn([0, 1, 2], [], 2)).to.deep.equal(['.', '.', 'x']);
    expect(drawn([3, 4, 5], [0, 1], 0)).to.deep.equal(['xx.', 'x.x', 'x.x']);
    expect(drawn([3, 4, 5], [0, 1], 2)).to.deep.equal(['x.', '..', '.x']);
    expect(drawn([0, 1, 2], [], 0, 2)).to.deep.equal(['x.', 'xx', '.x']);
    expect(drawn([3, 4, 5], [0, 1], 0, 2)).to.deep.equal(['.x.', 'x.x', '..x']);
  });

  it('shows a prefix itself and its ancestors within the window, each once, and nothing else', () => {
    const sequences = fc.array(fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 2, maxLength: 12 }), {
      minLength: 1,
      maxLength: 20,
    });
    const shape = fc.record({
      spans: fc.integer({ min: 1, max: 4 }),
      prefixes: fc.integer({ min: 2, max: 9 }),
      block: fc.integer({ min: 1, max: 5 }),
      unit: fc.constantFrom(1, 2, 4),
      /** What all sequences begin with: paths of several ranges of depths. */
      before: fc.constantFrom(0, partDepths - 3, 2 * partDepths + 5),
      window: fc.integer({ min: 1, max: 6 }),
    });
    fc.assert(
      fc.property(sequences, shape, (ends, { spans, window, before, ...limits }) => {
        const ids = ends.map((each) => [...Array<number>(before).fill(1), ...each]);
        const requests = new PrefixRequests(ids.map((each) => ({ ids: each, from: 1 })));
        const { tree, compute } = requests;
        const options = { limits, windows: [undefined, window], length: 0 };
        const computed = new Set<number>();
        for (const span of spansOf(tree, compute, spans)) {
          let context: number[] = [];
          let at = 0;
          for (const { chunk, count } of chunksOf(requests, span, options)) {
            const inChunk = [...span.prefixes.subarray(at, at + count)];
            for (const prefix of inChunk) computed.add(prefix);
            expect(chunk.context).to.equal(context.length);
            expectMasks(tree, chunk, options.windows, context, inChunk);
            context = [...chunk.keep].map((slot) => [...context, ...inChunk][slot]!);
            at += count;
          }
          expect(at).to.equal(span.prefixes.length);
        }
        expect([...computed].sort((a, b) => a - b)).to.deep.equal([...compute]);
      }),
      { numRuns: 100 },
    );
  });
});

/** What each slot of a chunk sees, against the definition, by the parents of each prefix; in the order of depths. */
function expectMasks(
  tree: PrefixTree,
  chunk: Chunk,
  windows: readonly (number | undefined)[],
  context: readonly number[],
  inChunk: readonly number[],
): void {
  const { blocks, blockSize, parts } = chunk;
  const bySlot = [...context, ...inChunk];
  for (const window of windows) {
    for (const slot of inChunk.keys()) {
      const visible = parts.flatMap(({ keys, isShared, seen, masks }, part) => {
        const first = isShared ? 0 : Math.floor(slot / blockSize) * keys;
        expect(seen.length).to.equal(isShared ? keys : blocks * keys);
        const mask = masks.find((each) => each.window === window)?.values;
        if (mask !== undefined) expect(mask.length).to.equal(blocks * blockSize * keys);
        const line = mask?.subarray(slot * keys, (slot + 1) * keys) ?? new Float32Array(keys);
        expect(line.filter((value) => value !== 0 && value !== hidden)).to.have.length(0);
        const found = [...line].flatMap((value, key) => (value === 0 ? [bySlot[seen[first + key]!]!] : []));
        expect(
          found.filter((prefix) => Math.floor(tree.depths[prefix]! / partDepths) !== part),
        ).to.deep.equal([]);
        return found;
      });
      const expected: number[] = [];
      for (let prefix = inChunk[slot] ?? -1; prefix >= 0; prefix = tree.parents[prefix]!) {
        if (expected.length < (window ?? Infinity)) expected.unshift(prefix);
      }
      expect(visible, `slot ${slot}, window ${window}`).to.deep.equal(expected);
    }
  }
}
