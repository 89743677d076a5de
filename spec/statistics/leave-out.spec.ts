import { expect } from 'chai';
import { concordancesOf } from '../../src/statistics/association/concordances.ts';
import { correlation, type CorrelationMethod } from '../../src/statistics/association/correlation.ts';
import { exchangeTest } from '../../src/statistics/association/exchange.ts';
import { leaveOut } from '../../src/statistics/association/leave-out.ts';
import { coefficientOf, pointsAt, type Points } from '../../src/statistics/association/partial.ts';
import { placesByLabel } from '../../src/statistics/groups.ts';
import { allOrders, seededRandom } from '../../src/statistics/random.ts';

const methods: readonly CorrelationMethod[] = ['pearson', 'spearman', 'kendall'];

interface Made {
  readonly points: Points;
  readonly units: readonly (readonly number[])[];
}

/** Points with ties, outliers, values far from 0, groups and controls, by chance. */
function made(random: () => number): Made {
  const count = 3 + Math.floor(random() * 40);
  const value = [
    () => Math.floor(random() * 5),
    () => random() - 0.5,
    () => 1e9 + random(),
    () => (random() < 0.1 ? 1e8 * random() : random()),
  ][Math.floor(random() * 4)]!;
  const side = () => Array.from({ length: count }, value);
  const labels = (most: number) => Array.from({ length: count }, () => String(Math.floor(random() * most)));
  const [x, y] = [side(), side()];
  const controls = Array.from({ length: Math.floor(random() * 3) }, (_, index) =>
    // Now and then one that another one explains.
    index === 1 && random() < 0.3 ? x.map((each) => 2 * each) : side(),
  );
  const groups =
    random() < 0.6 ? [...placesByLabel(labels(1 + Math.floor(random() * 5))).values()] : undefined;
  return {
    points: { x, y: random() < 0.1 ? x : y, controls, ...(groups && { groups }) },
    units: [...placesByLabel(labels(2 + Math.floor(random() * count))).values()],
  };
}

describe('a coefficient without each unit', () => {
  for (const method of methods) {
    it(`is what the computation in full gives: ${method}`, () => {
      const random = seededRandom(20);
      let compared = 0;
      for (let round = 0; round < 150; round += 1) {
        const { points, units } = made(random);
        const found = leaveOut(method, points, units);
        for (const [index, left] of units.entries()) {
          const kept = points.x.flatMap((_, place) => (left.includes(place) ? [] : [place]));
          const full = coefficientOf(method, pointsAt(points, kept));
          const own = found[index]!;
          if (full.why !== undefined) expect(own).to.deep.equal(full);
          else {
            expect(own.why, `round ${round}, unit ${index}`).to.equal(undefined);
            // Values of 1e9 with a spread of 1 keep half of the digits.
            expect(own.value, `round ${round}, unit ${index}`).to.be.closeTo(full.value, 1e-9);
            compared += 1;
          }
        }
      }
      expect(compared).to.be.above(500);
    });
  }
});

describe('pairs of each point', () => {
  it('are what a loop over all pairs counts', () => {
    const random = seededRandom(4);
    const [x, y] = [0, 0].map(() => Array.from({ length: 60 }, () => Math.floor(random() * 9)));
    const { difference, untiedX, untiedY } = concordancesOf(x!, y!);
    for (const [i, own] of x!.entries()) {
      const signs = x!.map((other, j) => [Math.sign(own - other), Math.sign(y![i]! - y![j]!)] as const);
      expect(difference[i]).to.equal(signs.reduce((total, [a, b]) => total + a * b, 0));
      expect(untiedX[i]).to.equal(signs.filter(([a]) => a !== 0).length);
      expect(untiedY[i]).to.equal(signs.filter(([, b]) => b !== 0).length);
    }
  });
});

describe('units that exchange their x', () => {
  for (const method of methods) {
    it(`may lack a slot: then the points that are left count (${method})`, () => {
      const random = seededRandom(8);
      const cells = Array.from({ length: 5 }, (_, unit) =>
        Array.from({ length: 4 }, (_, slot) => ({ unit, slot, x: random(), y: random() })),
      ).flat();
      const points = cells.filter((_, index) => index !== 2 && index !== 13);
      const [x, y] = [points.map((point) => point.x), points.map((point) => point.y)];
      const test = exchangeTest(
        method,
        { x, y, controls: [] },
        { labels: points.map(({ unit }) => `u${unit}`), slots: points.map(({ slot }) => `s${slot}`) },
        { samples: 10, seed: 1 },
      );

      const ranks = method === 'spearman' ? x.map((each) => x.filter((other) => other <= each).length) : x;
      const ranksY = method === 'spearman' ? y.map((each) => y.filter((other) => other <= each).length) : y;
      const statistic = (order: readonly number[]): number => {
        const kept = points.flatMap(({ unit, slot }, place) => {
          const from = points.findIndex((other) => other.unit === order[unit] && other.slot === slot);
          return from === -1 ? [] : [[ranks[from]!, ranksY[place]!] as const];
        });
        const plain = method === 'kendall' ? 'kendall' : 'pearson';
        return (
          correlation(
            plain,
            kept.map(([a]) => a),
            kept.map(([, b]) => b),
          ).value ?? 1
        );
      };
      const all = Array.from(allOrders(5), (order) => Math.abs(statistic(order)));
      const observed = Math.abs(statistic([0, 1, 2, 3, 4]));
      const p = all.filter((each) => each >= observed - 1e-12).length / all.length;
      expect(test.value?.draws).to.equal(120);
      expect(test.value?.p).to.be.closeTo(p, 1e-12);
    });
  }
});
