import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import fc from 'fast-check';
import { clusterBootstrap } from '../../src/statistics/bootstrap.ts';
import { averageRanks, correlation, residuals, withinGroups } from '../../src/statistics/correlation.ts';
import { seededRandom } from '../../src/statistics/random.ts';
import { tQuantile } from '../../src/statistics/student-t.ts';
import { mean, median, quantileOfSorted, sampleDeviation, sum } from '../../src/statistics/summary.ts';

interface Expected {
  readonly t_quantiles: readonly (readonly [number, number, number])[];
  readonly quantiles: { readonly values: readonly number[]; readonly at: Readonly<Record<string, number>> };
}

/** From pandas and scipy; see statistics.py beside it. */
const expected = JSON.parse(
  readFileSync(new URL('../expected/stages/statistics.json', import.meta.url), 'utf8'),
) as Expected;

const numbers = fc.array(
  fc.integer({ min: -1e6, max: 1e6 }).map((value) => value / 1000),
  { minLength: 3, maxLength: 40 },
);

describe('statistics', () => {
  it('has the t quantiles of scipy', () => {
    for (const [probability, degrees, value] of expected.t_quantiles) {
      expect(tQuantile(probability, degrees), `${probability}, ${degrees}`).to.be.closeTo(
        value,
        1e-9 * value,
      );
      expect(tQuantile(1 - probability, degrees)).to.be.closeTo(-value, 1e-9 * value);
    }
  });

  it('has the quantiles of numpy', () => {
    const sorted = expected.quantiles.values.toSorted((a, b) => a - b);
    for (const [probability, value] of Object.entries(expected.quantiles.at)) {
      expect(quantileOfSorted(sorted, Number(probability))).to.be.closeTo(value, 1e-12);
    }
  });

  it('sums exactly what naive sums lose, and infinities as they are', () => {
    expect(sum([1, 1e100, 1, -1e100])).to.equal(2);
    expect(sum(Array.from({ length: 10 }, () => 0.1))).to.equal(1);
    expect(sum([1, Infinity, 2])).to.equal(Infinity);
    expect(sum([Infinity, -Infinity])).to.be.NaN;
  });

  it('has no spread for one value and nothing for none', () => {
    expect(sampleDeviation([3])).to.be.NaN;
    expect([mean([]), median([])].every(Number.isNaN)).to.equal(true);
    expect(median([3, 1, 2, 10])).to.equal(2.5);
  });

  it('correlates itself with 1, its negative with -1, and is symmetric', () => {
    fc.assert(
      fc.property(numbers, numbers, (a, b) => {
        const n = Math.min(a.length, b.length);
        const [x, y] = [a.slice(0, n), b.slice(0, n)];
        for (const method of ['pearson', 'spearman', 'kendall'] as const) {
          const itself = correlation(method, x, x);
          if (!Number.isNaN(itself)) expect(itself).to.be.closeTo(1, 1e-9);
          const r = correlation(method, x, y);
          expect(correlation(method, y, x)).to.satisfy((s: number) => Number.isNaN(s) === Number.isNaN(r));
          if (Number.isNaN(r)) continue;
          expect(Math.abs(r)).to.be.at.most(1);
          expect(correlation(method, y, x)).to.be.closeTo(r, 1e-12);
          expect(
            correlation(
              method,
              x.map((value) => -value),
              y,
            ),
          ).to.be.closeTo(-r, 1e-9);
        }
      }),
    );
  });

  it('has no correlation for a constant, also where rounding hides it, and for two points', () => {
    expect(correlation('pearson', [0.1, 0.1, 0.1], [1, 2, 3])).to.be.NaN;
    expect(correlation('pearson', [1, 2], [1, 2])).to.be.NaN;
    const within = withinGroups([0.1 + 0.2, 0.3, 5.7, 5.7], ['a', 'a', 'b', 'b']);
    expect(within.every((value) => value === 0)).to.equal(true);
    const rest = residuals([2, 4, 6, 8.000000000000002], [[1, 2, 3, 4]]);
    expect(correlation('pearson', rest, [1, 5, 2, 7])).to.be.NaN;
  });

  it('gives ties the mean of their ranks, and ranks that sum to n (n + 1) / 2', () => {
    expect(averageRanks([10, 20, 10, 5])).to.deep.equal([2.5, 4, 2.5, 1]);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1 }), (values) => {
        expect(sum(averageRanks(values))).to.equal((values.length * (values.length + 1)) / 2);
      }),
    );
  });

  it('leaves residuals that know nothing of the controls', () => {
    fc.assert(
      fc.property(numbers, numbers, (a, b) => {
        const n = Math.min(a.length, b.length);
        const [y, z] = [a.slice(0, n), b.slice(0, n)];
        const r = correlation('pearson', residuals(y, [z]), z);
        if (!Number.isNaN(r) && sampleDeviation(residuals(y, [z])) > 1e-6 * sampleDeviation(y)) {
          expect(Math.abs(r)).to.be.below(1e-6);
        }
      }),
    );
  });

  it('takes the same random numbers from the same seed: fixed ones', () => {
    const random = seededRandom(1);
    // Mulberry32 with seed 1, computed with Python integers.
    expect([random(), random(), random()]).to.deep.equal([
      0.6270739405881613, 0.002735721180215478, 0.5274470399599522,
    ]);
  });

  it('bootstraps whole clusters: an interval that holds the mean about as often as it says', () => {
    const random = seededRandom(5);
    let held = 0;
    const trials = 200;
    for (let trial = 0; trial < trials; trial += 1) {
      const clusters = Array.from({ length: 25 }, () => random() + random() + random() - 1.5);
      const values = clusters.flatMap((center) => [center, center, center]);
      const indices = clusters.map((_, cluster) => [3 * cluster, 3 * cluster + 1, 3 * cluster + 2]);
      const interval = clusterBootstrap(
        indices,
        (chosen) => mean(chosen.map((index) => values[index] ?? NaN)),
        {
          samples: 300,
          seed: trial,
          level: 0.9,
        },
      );
      if (interval.low <= 0 && 0 <= interval.high) held += 1;
    }
    // 90 % nominal; a bootstrap of single rows would hold it about 65 % of the time.
    expect(held / trials).to.be.within(0.82, 0.96);
  });

  it('has no interval for one cluster', () => {
    expect(clusterBootstrap([[0, 1, 2]], () => 1, { samples: 10, seed: 1, level: 0.95 }).low).to.be.NaN;
  });
});
