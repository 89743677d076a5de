import { expect } from 'chai';
import fc from 'fast-check';
import { concordance, correlation } from '../../src/statistics/association/correlation.ts';
import { smallestFindable } from '../../src/statistics/association/correlation-tests.ts';
import { relation } from '../../src/statistics/association/partial.ts';
import { evidenceOver, overAll } from '../../src/statistics/association/units.ts';
import { verdictOn } from '../../src/statistics/association/verdict.ts';
import { tQuantile } from '../../src/statistics/distributions/student-t.ts';
import { defined, undefinedBecause } from '../../src/statistics/maybe.ts';
import { seededRandom } from '../../src/statistics/random.ts';
import { averageRanks, ranksWithin } from '../../src/statistics/ranks.ts';
import { sum } from '../../src/statistics/sums.ts';

const numbers = fc.array(
  fc.integer({ min: -1e6, max: 1e6 }).map((value) => value / 1000),
  { minLength: 3, maxLength: 40 },
);
const methods = ['pearson', 'spearman', 'kendall'] as const;

describe('association', () => {
  it('correlates itself with 1, its negative with -1, and is symmetric', () => {
    fc.assert(
      fc.property(numbers, numbers, (a, b) => {
        const n = Math.min(a.length, b.length);
        const [x, y] = [a.slice(0, n), b.slice(0, n)];
        for (const method of methods) {
          const itself = correlation(method, x, x);
          if (itself.value !== undefined) expect(itself.value).to.equal(1);
          const r = correlation(method, x, y);
          expect(correlation(method, y, x).why).to.equal(r.why);
          if (r.value === undefined) continue;
          expect(Math.abs(r.value)).to.be.at.most(1);
          expect(correlation(method, y, x).value).to.be.closeTo(r.value, 1e-12);
          const opposite = x.map((value) => -value);
          expect(correlation(method, opposite, y).value).to.be.closeTo(-r.value, 1e-12);
        }
      }),
    );
  });

  it('counts pairs of thousands of points as quickly as it sorts them', () => {
    const random = seededRandom(3);
    const x = Array.from({ length: 3000 }, () => Math.floor(random() * 500));
    const y = x.map((value) => value + Math.floor(random() * 400));
    let [difference, untiedX, untiedY] = [0, 0, 0];
    for (let i = 0; i < x.length; i += 1) {
      for (let j = 0; j < i; j += 1) {
        const [signX, signY] = [Math.sign(x[i]! - x[j]!), Math.sign(y[i]! - y[j]!)];
        difference += signX * signY;
        untiedX += Math.abs(signX);
        untiedY += Math.abs(signY);
      }
    }
    expect(concordance(x, y)).to.deep.equal({ difference, untiedX, untiedY });
  });

  it('ranks ties by exact value, within groups too', () => {
    expect(averageRanks([10, 20, 10, 5])).to.deep.equal([2.5, 4, 2.5, 1]);
    expect(averageRanks([0.3, 0.1 + 0.2, -Infinity, Infinity])).to.deep.equal([2, 3, 1, 4]);
    expect(
      ranksWithin(
        [5, 1, 7, 7, 2],
        [
          [0, 1],
          [2, 3, 4],
        ],
      ),
    ).to.deep.equal([2, 1, 2.5, 2.5, 1]);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1 }), (values) => {
        expect(sum(averageRanks(values))).to.equal((values.length * (values.length + 1)) / 2);
      }),
    );
  });

  it('reads each group on a scale of its own, so that its coefficient lies between those of the groups', () => {
    // The second group has a hundred times the spread of the first.
    const x = [1, 2, 3, 4, 5, 100, 200, 300, 400, 500];
    const y = [5, 4, 3, 2, 1, 100, 300, 200, 500, 400];
    const groups = [
      [0, 1, 2, 3, 4],
      [5, 6, 7, 8, 9],
    ];
    const own = groups.map(
      (members) =>
        correlation(
          'spearman',
          members.map((place) => x[place]!),
          members.map((place) => y[place]!),
        ).value!,
    );
    const { coefficient } = relation('spearman', { x, y, controls: [], groups }).value!;
    expect(coefficient).to.be.closeTo((own[0]! + own[1]!) / 2, 1e-12);
    const tau = relation('kendall', { x, y, controls: [], groups }).value!;
    expect(tau.coefficient).to.be.closeTo((-10 + 6) / 20, 1e-12);
  });

  it('says why there is no coefficient', () => {
    const why = (method: (typeof methods)[number], points: Parameters<typeof relation>[1]) =>
      relation(method, points).why;
    for (const method of methods) {
      expect(why(method, { x: [1, 2], y: [1, 2], controls: [] })).to.equal('fewer than three points');
      expect(why(method, { x: [1, 2, Infinity], y: [1, 2, 3], controls: [] })).to.equal(
        'a value is infinite',
      );
      expect(why(method, { x: [0.1, 0.1, 0.1, 0.1], y: [1, 2, 3, 4], controls: [] })).to.match(
        /one side is constant/,
      );
      expect(why(method, { x: [1, 2, 4], y: [3, 1, 2], controls: [[1, 3, 2]] })).to.match(
        /no degrees of freedom/,
      );
      expect(why(method, { x: [1, 2, 4], y: [3, 1, 2], controls: [], groups: [[0], [1, 2]] })).to.match(
        /no degrees/,
      );
      const x = [1, 5, 2, 4, 3];
      expect(why(method, { x, y: [2, 1, 3, 5, 4], controls: [x.map((value) => 2 * value + 1)] })).to.match(
        /controls explain/,
      );
    }
  });
});

describe('evidence over units', () => {
  const settings = { level: 0.95, draws: { samples: 999, seed: 1 } };
  /** Three questions in `formats` formats; the format alone has a perplexity and an effect. */
  const shared = (formats: number, questions: number, seed: number) => {
    const random = seededRandom(seed);
    const own = Array.from({ length: formats }, () => [random(), random()] as const);
    const cells = Array.from({ length: questions }, (_, question) =>
      own.map(([u, v], format) => ({
        format: String(format),
        question: String(question),
        x: u,
        y: v + question,
      })),
    ).flat();
    const groups = Array.from({ length: questions }, (_, question) =>
      own.map((_o, format) => question * formats + format),
    );
    return {
      points: { x: cells.map(({ x }) => x), y: cells.map(({ y }) => y), controls: [], groups },
      formats: { labels: cells.map(({ format }) => format), slots: cells.map(({ question }) => question) },
      questions: { labels: cells.map(({ question }) => question), slots: cells.map(({ format }) => format) },
    };
  };

  it('is that of one question where all questions say the same of the formats', () => {
    const [one, many] = [shared(9, 1, 5), shared(9, 40, 5)];
    for (const method of methods) {
      const [alone, together] = [one, many].map((made) =>
        evidenceOver(method, made.points, made.formats, settings),
      );
      expect(together!.interval.value!.low).to.be.closeTo(alone!.interval.value!.low, 1e-9);
      expect(together!.interval.value!.high).to.be.closeTo(alone!.interval.value!.high, 1e-9);
      expect(together!.test.value!.p).to.equal(alone!.test.value!.p);
    }
  });

  it('counts all orders of few units, and turns signs where a unit holds whole groups', () => {
    const { points, formats, questions } = shared(6, 5, 2);
    for (const method of methods) {
      const overFormats = evidenceOver(method, points, formats, settings);
      expect(overFormats.test.value).to.include({ exact: true, draws: 720 });
      const overQuestions = evidenceOver(method, points, questions, settings);
      // All five questions agree: only the observed signs and their opposite are as extreme.
      expect(overQuestions.test.value).to.deep.include({ p: 2 / 32, smallest: 2 / 32, exact: true });
    }
  });

  it('gives the units’ own coefficients under four units, and no interval', () => {
    const { points, questions } = shared(6, 3, 2);
    const { interval, own } = evidenceOver('spearman', points, questions, settings);
    expect(interval.why).to.equal('3 units are too few for an interval');
    expect([...own.values()].map(({ value }) => value)).to.deep.equal(
      Array(3).fill([...own.values()][0]!.value),
    );
  });

  it('takes the widest interval and the largest p over all kinds of unit with enough of them', () => {
    const { points, formats, questions } = shared(8, 6, 4);
    const both = [formats, questions].map((units) => evidenceOver('pearson', points, units, settings));
    const all = overAll(both);
    expect(all.p.value).to.equal(Math.max(...both.map(({ test }) => test.value!.p)));
    const three = shared(8, 3, 4);
    const few = [three.formats, three.questions].map((units) =>
      evidenceOver('pearson', three.points, units, settings),
    );
    expect(overAll(few).interval).to.deep.equal(few[0]!.interval);
    expect(overAll(few.slice(1)).p.why).to.equal('3 units are too few');
  });

  it('does not depend on the order of rows, with cells missing either', () => {
    const { points, formats } = shared(8, 4, 6);
    const kept = points.x.map((_, place) => place).filter((place) => place % 7 !== 3);
    const arranged = (places: readonly number[]) => {
      const moved = new Map(places.map((place, index) => [place, index]));
      const pick = <T>(values: readonly T[]) => places.map((place) => values[place]!);
      const groups = points.groups.map((members) =>
        members.flatMap((place) => moved.get(place) ?? []).toSorted((a, b) => a - b),
      );
      return evidenceOver(
        'spearman',
        { x: pick(points.x), y: pick(points.y), controls: [], groups },
        { labels: pick(formats.labels), slots: pick(formats.slots) },
        settings,
      );
    };
    const [one, other] = [arranged(kept), arranged(kept.toReversed())];
    expect(one.interval.value!.low).to.be.closeTo(other.interval.value!.low, 1e-12);
    expect(one.test.value!.p).to.be.within(0, 1);
  });

  it('follows the written rule', () => {
    const evidence = (low: number, high: number, p: number) => ({
      enoughUnits: true,
      smallest: 0.001,
      interval: defined({ low, high }),
      p: defined(p),
    });
    const on = (
      r: number,
      given: Parameters<typeof verdictOn>[1],
      predicted: 'negative' | 'positive' | 'any',
    ) => verdictOn(defined(r), given, { predicted, level: 0.95 });
    expect(on(-0.7, evidence(-0.9, -0.3, 0.01), 'negative')).to.equal('supported');
    expect(on(-0.7, evidence(-0.9, -0.3, 0.01), 'any')).to.equal('supported');
    expect(on(-0.7, evidence(-0.9, -0.3, 0.01), 'positive')).to.equal('contradicted');
    expect(on(-0.7, evidence(-0.9, -0.3, 0.05), 'negative')).to.equal('supported');
    expect(on(-0.7, evidence(-0.9, -0.3, 0.051), 'negative')).to.equal('no evidence');
    expect(on(-0.7, evidence(-0.9, 0.1, 0.01), 'negative')).to.equal('no evidence');
    expect(on(-0.7, { ...evidence(-0.9, -0.3, 0.0625), smallest: 0.0625 }, 'any')).to.equal('too few');
    const noInterval = { ...evidence(0, 0, 0.01), interval: undefinedBecause('none') };
    expect(on(-0.7, noInterval, 'negative')).to.equal('undecided');
    expect(on(-0.7, { ...evidence(-0.9, -0.3, 0.01), enoughUnits: false }, 'any')).to.equal('too few');
    const undefinedOne = verdictOn(undefinedBecause('constant'), evidence(0, 0, 1), {
      predicted: 'any',
      level: 0.95,
    });
    expect(undefinedOne).to.equal('undefined');
  });

  it('knows the smallest coefficient that so many units could show', () => {
    expect(smallestFindable(10, 0.95).value).to.be.closeTo(0.576, 0.0005);
    const t = tQuantile(0.975, 10);
    const r = smallestFindable(10, 0.95).value!;
    expect((r * Math.sqrt(10)) / Math.sqrt(1 - r * r)).to.be.closeTo(t, 1e-12);
    expect(smallestFindable(0, 0.95).why).to.be.a('string');
  });
});
