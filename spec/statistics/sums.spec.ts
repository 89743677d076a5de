import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import fc from 'fast-check';
import { median, quantile, sampleDeviation } from '../../src/statistics/summary.ts';
import { deviations, mean, sum } from '../../src/statistics/sums.ts';

/** From numpy; see statistics.py beside it. */
const { quantiles } = JSON.parse(
  readFileSync(new URL('../expected/stages/statistics.json', import.meta.url), 'utf8'),
) as {
  readonly quantiles: { readonly values: readonly number[]; readonly at: Readonly<Record<string, number>> };
};

const huge = 1.7e308;

describe('sums, means and quantiles', () => {
  it('sum to one rounding what naive sums lose, in any order', () => {
    expect(sum([1, 1e100, 1, -1e100])).to.equal(2);
    expect(sum([1e16, 1, 1e-16, -1e16, 1])).to.equal(2);
    expect(sum(Array.from({ length: 10 }, () => 0.1))).to.equal(1);
    // Half a unit in the last place, and a little more.
    expect(sum([1, 2 ** -53, 2 ** -106])).to.equal(1 + 2 ** -52);
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true, min: -1e300, max: 1e300 })), fc.nat(), (terms, seed) => {
        const shuffled = terms.toSorted((a, b) => ((a * 31 + seed) % 7) - ((b * 31 + seed) % 7));
        expect(sum(shuffled)).to.equal(sum(terms));
      }),
    );
  });

  it('keep infinities as they are, and means from passing the largest double', () => {
    expect(sum([1, Infinity, 2])).to.equal(Infinity);
    expect(sum([Infinity, -Infinity])).to.be.NaN;
    expect(sum([huge, huge, -huge])).to.equal(huge);
    expect(mean([huge, huge, 1.6e308]).value).to.be.closeTo((5 / 3) * 1e308, 1e293);
    expect(mean([1, Infinity]).value).to.equal(Infinity);
    expect(mean([Infinity, -Infinity]).why).to.equal('infinite values of both signs');
    expect(mean([]).why).to.equal('no values');
    expect(median([huge, -huge, huge, huge * 0.9]).value).to.be.closeTo(huge * 0.95, 1e293);
    expect(quantile([-huge, huge], 0.75).value).to.be.closeTo(huge / 2, 1e293);
  });

  it('give equal values no deviation, and values that differ by rounding alone one', () => {
    for (const value of [0.1, -14.3, 1e-300, 1e300, 5e-324, huge, 1e15 + 0.125]) {
      const same = [value, value, value];
      expect(mean(same).value).to.equal(value);
      expect(deviations(same).parts).to.deep.equal([0, 0, 0]);
      expect(sampleDeviation(same).value).to.equal(0);
    }
    expect(sampleDeviation([0.3, 0.1 + 0.2]).value).to.be.closeTo(2 ** -54 / Math.SQRT2, 1e-20);
  });

  it('have deviations that do not depend on where values lie, nor on their size', () => {
    const offsets = [0, 0.25, -0.5, 3, 1.125];
    const at = (center: number, unit: number) =>
      sampleDeviation(offsets.map((offset) => center + offset * unit)).value! / unit;
    for (const [center, unit] of [
      [1e9, 1],
      [1e15, 1],
      [0, 1e-300],
      [0, 1e307],
      [-1e12, 0.5],
    ] as const) {
      expect(at(center, unit), `${center} ${unit}`).to.be.closeTo(at(0, 1), 1e-12);
    }
  });

  it('say why there is no spread', () => {
    expect(sampleDeviation([3]).why).to.equal('one value has no spread');
    expect(sampleDeviation([]).why).to.equal('no values');
    expect(sampleDeviation([3, Infinity]).why).to.equal('a value is infinite');
  });

  it('have the quantiles of numpy', () => {
    for (const [probability, value] of Object.entries(quantiles.at)) {
      expect(quantile(quantiles.values, Number(probability)).value).to.be.closeTo(value, 1e-12);
    }
    expect(median([3, 1, 2, 10]).value).to.equal(2.5);
    expect(median([2, 1, Infinity]).value).to.equal(2);
    expect(median([1, Infinity]).value).to.equal(Infinity);
    expect(median([-Infinity, Infinity]).why).to.equal('infinite values of both signs');
    expect(quantile([], 0.5).why).to.equal('no values');
  });
});
