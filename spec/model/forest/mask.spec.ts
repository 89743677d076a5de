import { expect } from 'chai';
import fc from 'fast-check';
import { chunksOf, type Chunk } from '../../../src/model/forest/chunk.ts';
import { maskOf } from '../../../src/model/forest/mask.ts';
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
    const drawn = (window?: number): string[] => {
      const prefixes = Int32Array.of(0, 1, 2, 3, 4, 5);
      const above = [Int32Array.of(), Int32Array.of(0, 1)];
      const mask = maskOf(tree, prefixes, { blocks: 2, blockSize: 3, above, longest: 2 }, window);
      const signs = Array.from(mask, (value) => (value === 0 ? 'x' : value === hidden ? '.' : '?'));
      return Array.from({ length: 6 }, (_, slot) => signs.slice(slot * 5, slot * 5 + 5).join(''));
    };
    expect(drawn()).to.deep.equal(['..x..', '..xx.', '..xxx', 'xxx..', 'x..x.', 'x..xx']);
    expect(drawn(2)).to.deep.equal(['..x..', '..xx.', '...xx', '.xx..', 'x..x.', '...xx']);
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
      scores: fc.constantFrom(60, 1 << 20),
      window: fc.integer({ min: 1, max: 6 }),
    });
    fc.assert(
      fc.property(sequences, shape, (ids, { spans, window, ...limits }) => {
        const requests = new PrefixRequests(ids.map((each) => ({ ids: each, from: 1 })));
        const { tree, compute } = requests;
        const options = { limits, num_attention_heads: 2, windows: [undefined, window], length: 0 };
        const computed = new Set<number>();
        for (const span of spansOf(tree, compute, spans)) {
          let context: number[] = [];
          let at = 0;
          for (const { chunk, count } of chunksOf(requests, span, options)) {
            const inChunk = [...span.prefixes.subarray(at, at + count)];
            for (const prefix of inChunk) computed.add(prefix);
            expect(chunk.context).to.equal(context.length);
            expectMasks(tree, chunk, context, inChunk);
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

/** Each mask of a chunk against the definition, by the parents of each prefix. */
function expectMasks(
  tree: PrefixTree,
  chunk: Chunk,
  context: readonly number[],
  inChunk: readonly number[],
): void {
  const { blocks, blockSize, keys, seen, masks } = chunk;
  const bySlot = [...context, ...inChunk];
  for (const { window = Infinity, values } of masks) {
    expect(values.length).to.equal(blocks * blockSize * keys);
    for (let slot = 0; slot < blocks * blockSize; slot += 1) {
      const line = [...values.subarray(slot * keys, (slot + 1) * keys)];
      const block = Math.floor(slot / blockSize);
      const visible = line.flatMap((value, key) => (value === 0 ? [bySlot[seen[block * keys + key]!]!] : []));
      const expected: number[] = [];
      for (let prefix = inChunk[slot] ?? -1; prefix >= 0; prefix = tree.parents[prefix]!) {
        if (expected.length < window) expected.unshift(prefix);
      }
      expect(visible, `slot ${slot}, window ${window}`).to.deep.equal(expected);
      expect(line.filter((value) => value !== 0 && value !== hidden)).to.deep.equal([]);
    }
  }
}
