import { expect } from 'chai';
import * as fc from 'fast-check';
import { prefixTree } from '../../src/model/forest/prefix-tree.ts';
import { batchesOf, type Keyed } from '../../src/hosting/batches.ts';

const keyed = (sequences: readonly (readonly number[])[]): Keyed[] =>
  [...new Set(sequences.map((ids) => ids.join(',')))].map((text) => [
    text,
    { ids: text.split(',').map(Number), from: 1 },
  ]);
const prefixes = (batch: readonly Keyed[]): number => prefixTree(batch.map(([, { ids }]) => ids)).size;

describe('batches of requests', () => {
  const sequence = fc.array(fc.nat(3), { minLength: 1, maxLength: 12 });

  it('hold every request once, whatever the order they come in', () => {
    fc.assert(
      fc.property(
        fc.array(sequence, { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 50 }),
        (all, size) => {
          const requests = keyed(all);
          const batches = batchesOf(requests, size);
          expect(
            batches
              .flat()
              .map(([key]) => key)
              .sort(),
          ).to.deep.equal(requests.map(([key]) => key).sort());
          expect(batches.every((batch) => batch.length > 0)).to.equal(true);
          expect(batchesOf(requests.toReversed(), size)).to.deep.equal(batches);
          const longest = Math.max(...requests.map(([, { ids }]) => ids.length));
          for (const batch of batches) expect(prefixes(batch)).to.be.at.most(1.9 * size + 2 * longest);
        },
      ),
      { numRuns: 300, seed: 3 },
    );
  });

  it('compute few prefixes twice', () => {
    // 40 formats that begin each in its own way, over 30 questions.
    const requests = keyed(
      Array.from({ length: 1200 }, (_, n) => [
        1,
        ...Array.from({ length: 8 }, (_unused, at) => 100 + (n % 40) * 10 + at),
        ...Array.from({ length: 10 }, (_unused, at) => 1000 + ((Math.floor(n / 40) * 7 + at * at) % 400)),
      ]),
    );
    const whole = prefixes(requests);
    const batches = batchesOf(requests, 512);
    expect(batches.length).to.be.within(whole / 512 / 1.5, (whole / 512) * 1.5);
    expect(batches.reduce((sum, batch) => sum + prefixes(batch), 0)).to.be.at.most(1.005 * whole);
  });
});
