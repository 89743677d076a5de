import { expect } from 'chai';
import fc from 'fast-check';
import { indistinctGroups, rankRanges } from '../../src/statistics/comparison/indistinct.ts';
import { comparePairs } from '../../src/statistics/comparison/paired.ts';
import { pairedShareInterval } from '../../src/statistics/comparison/right-wrong.ts';
import { wilsonInterval } from '../../src/statistics/comparison/proportion.ts';
import { allOrders, randomOrder, seededRandom } from '../../src/statistics/random.ts';
import { jackknifeCorrelation, jackknifeInterval } from '../../src/statistics/resampling/jackknife.ts';
import { permutationTest, signFlipTest } from '../../src/statistics/resampling/permutation.ts';
import { defined, undefinedBecause } from '../../src/statistics/maybe.ts';
import { standardError, tInterval } from '../../src/statistics/summary.ts';
import { mean } from '../../src/statistics/sums.ts';

const draws = { samples: 999, seed: 1 };

describe('resampling', () => {
  it('makes the same numbers of the same seed, evenly in [0, 1)', () => {
    const [one, again, other] = [seededRandom(1), seededRandom(1), seededRandom(2)];
    const numbers = Array.from({ length: 10_000 }, () => one());
    expect(numbers).to.deep.equal(Array.from({ length: 10_000 }, () => again()));
    expect(numbers.slice(0, 5)).not.to.deep.equal(Array.from({ length: 5 }, () => other()));
    expect(Math.min(...numbers)).to.be.at.least(0);
    expect(Math.max(...numbers)).to.be.below(1);
    expect(mean(numbers).value).to.be.closeTo(0.5, 0.02);
  });

  it('goes through every order once, the given one first', () => {
    for (const [count, orders] of [
      [1, 1],
      [3, 6],
      [5, 120],
    ] as const) {
      const all = [...allOrders(count)].map((order) => order.join());
      const seen: string[] = [];
      for (const order of allOrders(count)) seen.push(order.join());
      expect(new Set(seen).size).to.equal(orders);
      expect(all).to.have.length(orders);
      expect(seen[0]).to.equal(Array.from({ length: count }, (_, place) => place).join());
    }
    expect(randomOrder(20, seededRandom(4)).toSorted((a, b) => a - b)).to.deep.equal(
      Array.from({ length: 20 }, (_, place) => place),
    );
  });

  it('counts sign vectors as a loop over all of them does', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 1, maxLength: 11 }), (values) => {
        const observed = Math.abs(values.reduce((a, b) => a + b, 0));
        let count = 0;
        for (let signs = 0; signs < 2 ** values.length; signs += 1) {
          const total = values.reduce(
            (sum, value, place) => sum + ((signs >> place) & 1 ? -value : value),
            0,
          );
          if (Math.abs(total) >= observed) count += 1;
        }
        expect(signFlipTest(values, draws).value!.p).to.equal(count / 2 ** values.length);
      }),
    );
  });

  it('knows the smallest p that orders of these values can give, whatever was observed', () => {
    const products = (x: readonly number[], y: readonly number[]) => (order: readonly number[]) =>
      order.reduce((total, from, place) => total + x[from]! * y[place]!, 0);
    // Ranks of four units less their mean: their order read backwards is as extreme, so that it is 2 of 24.
    const ranks = [-1.5, -0.5, 0.5, 1.5];
    const observed = permutationTest(4, products([-0.5, 1.5, -1.5, 0.5], ranks), draws).value!;
    expect(observed.smallest).to.equal(2 / 24);
    expect(observed.p).to.be.above(2 / 24);
    // Values without such a symmetry have one largest order.
    expect(permutationTest(4, products([-3, -1, 0, 4], [-2, -1, 0, 3]), draws).value!.smallest).to.equal(
      1 / 24,
    );
  });

  it('cannot give a small p for few clusters, and draws where there are many', () => {
    expect(signFlipTest([1, 2, 3], draws).value).to.deep.equal({
      p: 0.25,
      smallest: 0.25,
      draws: 8,
      exact: true,
    });
    expect(signFlipTest(Array<number>(24).fill(1), draws).value!.p).to.equal(2 / 2 ** 24);
    const many = signFlipTest(Array<number>(40).fill(1), draws).value!;
    expect(many).to.deep.equal({ p: 0.001, smallest: 0.001, draws: 999, exact: false });
    expect(signFlipTest([0, 0], draws).value!.p).to.equal(1);
    expect(signFlipTest([], draws).why).to.equal('no values');
  });

  it('takes an order without a value as one that speaks against the claim', () => {
    const of = (order: readonly number[]): number | undefined => (order[0] === 0 ? 1 : undefined);
    expect(permutationTest(3, of, draws).value!.p).to.equal(1);
    expect(permutationTest(1, () => 1, draws).why).to.equal('fewer than two units');
  });

  it('is the t interval where the statistic is a mean', () => {
    const values = [3, 1, 4, 1, 5, 9];
    const leftOut = values.map((_, left) => mean(values.filter((_v, place) => place !== left)));
    const found = jackknifeInterval(mean(values).value!, leftOut, 0.95).value!;
    const expected = tInterval(mean(values).value!, standardError(values).value!, 0.95);
    expect(found.low).to.be.closeTo(expected.low, 1e-12);
    expect(found.high).to.be.closeTo(expected.high, 1e-12);
  });

  it('always holds its estimate, and says where it is not', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -99, max: 99 }), { minLength: 3, maxLength: 9 }),
        (hundredths) => {
          const [estimate = 0, ...leftOut] = hundredths.map((value) => value / 100);
          const { low, high } = jackknifeCorrelation(estimate, leftOut.map(defined), 0.95).value!;
          expect(low).to.be.at.most(estimate + 1e-12);
          expect(high).to.be.at.least(estimate - 1e-12);
          expect(Math.max(Math.abs(low), Math.abs(high))).to.be.at.most(1);
        },
      ),
    );
    expect(jackknifeCorrelation(1, [defined(0.5), defined(0.6)], 0.95).why).to.match(/Fisher/);
    expect(jackknifeCorrelation(0.5, [defined(0.5)], 0.95).why).to.match(/one unit/);
    expect(jackknifeCorrelation(0.5, [defined(0.5), undefinedBecause('x')], 0.95).why).to.match(
      /without one/,
    );
  });
});

describe('comparison', () => {
  it('has no point for an interval where no question tells two shares apart', () => {
    const interval = pairedShareInterval({ both: 8, onlyA: 0, onlyB: 0, neither: 2 }, 0.95).value!;
    expect(interval.low).to.be.below(0);
    expect(interval.high).to.equal(-interval.low);
  });

  it('mirrors its interval where the two sides change places', () => {
    const counts = { both: 11, onlyA: 7, onlyB: 2, neither: 5 };
    const one = pairedShareInterval(counts, 0.95).value!;
    const other = pairedShareInterval({ ...counts, onlyA: 2, onlyB: 7 }, 0.95).value!;
    expect(one.low).to.be.closeTo(-other.high, 1e-12);
    expect(one.high).to.be.closeTo(-other.low, 1e-12);
    // Nobody right on one side, all on the other: two shares that are independent of each other.
    const apart = pairedShareInterval({ both: 0, onlyA: 10, onlyB: 0, neither: 0 }, 0.95).value!;
    const [all, none] = [wilsonInterval(10, 10, 0.95).value!, wilsonInterval(0, 10, 0.95).value!];
    expect(apart.low).to.be.closeTo(1 - Math.hypot(1 - all.low, none.high), 1e-12);
    expect(apart.high).to.equal(1);
  });

  it('uses the exact test of right and wrong answers, and of clusters their sums', () => {
    const clusters = ['a', 'b', 'c', 'd', 'e', 'f'];
    const settings = { level: 0.95, test: 'sign-flip', draws } as const;
    const sides = { a: [1, 1, 1, 1, 1, 0], b: [0, 0, 0, 0, 0, 0], clusters, isRightWrong: true };
    const { test, wins, ties } = comparePairs(sides, settings);
    expect(test.value).to.deep.equal({ name: 'McNemar, exact', p: 2 / 32, smallest: 2 / 64 });
    expect([wins, ties]).to.deep.equal([5, 1]);
    const paired = comparePairs(
      { a: [1, 2, 3, 4], b: [0, 0, 0, 0], clusters: ['q', 'q', 'r', 'r'], isRightWrong: false },
      settings,
    );
    expect(paired.test.value).to.include({ p: 0.5, smallest: 0.5 });
  });

  it('groups what cannot be told apart, with overlaps', () => {
    const means = [5, 4, 3, 1];
    const apart = (pairs: readonly string[]) => (one: number, other: number) =>
      pairs.includes([one, other].toSorted((a, b) => a - b).join(''));
    expect(indistinctGroups(means, apart(['02', '03', '13']))).to.deep.equal([
      [0, 1],
      [1, 2],
      [2, 3],
    ]);
    expect(rankRanges(means, apart(['02', '03', '13']))).to.deep.equal([
      { from: 1, to: 2 },
      { from: 1, to: 3 },
      { from: 2, to: 4 },
      { from: 3, to: 4 },
    ]);
    expect(indistinctGroups(means, () => false)).to.deep.equal([[0, 1, 2, 3]]);
    expect(indistinctGroups([1, 2], () => true)).to.deep.equal([[1], [0]]);
  });
});
