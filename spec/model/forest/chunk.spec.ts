import { expect } from 'chai';
import { chunksOf } from '../../../src/model/forest/chunk.ts';
import { PrefixRequests } from '../../../src/model/forest/prefix-requests.ts';
import { spansOf } from '../../../src/model/forest/spans.ts';

describe('chunks', () => {
  const sizes = (tokens: number, prefixes: number): number[] => {
    const requests = new PrefixRequests([
      { ids: Array.from({ length: tokens + 1 }, (_, id) => id), from: 1 },
    ]);
    const limits = { prefixes, block: 16, unit: 8 };
    const options = { limits, windows: [undefined], length: 0 };
    return spansOf(requests.tree, requests.compute, 1).flatMap((span) =>
      [...chunksOf(requests, span, options)].map(({ count }) => count),
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
