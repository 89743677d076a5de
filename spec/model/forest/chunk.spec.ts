import { expect } from 'chai';
import { chunksOf, segments } from '../../../src/model/forest/chunk.ts';
import { NodeReads } from '../../../src/model/forest/prefix-requests.ts';

describe('chunks', () => {
  const sizes = (tokens: number, nodes: number): number[] => {
    const reads = new NodeReads([{ ids: Array.from({ length: tokens + 1 }, (_, id) => id), from: 1 }]);
    const limits = { nodes, block: 16, scores: 1 << 20 };
    const shape = { num_attention_heads: 2, windows: [undefined] };
    return segments(reads.tree, reads.compute, 1).flatMap((segment) =>
      [...chunksOf(reads.tree, segment, reads, shape, limits, 0)].map(({ count }) => count),
    );
  };

  it('are even, in whole blocks but for the last, and never above the limit', () => {
    expect(sizes(100, 64)).to.deep.equal([64, 36]);
    expect(sizes(130, 64)).to.deep.equal([48, 48, 34]);
    expect(sizes(64, 64)).to.deep.equal([64]);
    expect(sizes(100, 60)).to.deep.equal([60, 40]);
    expect(sizes(5, 64)).to.deep.equal([5]);
  });
});
