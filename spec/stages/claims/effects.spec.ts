import { expect } from 'chai';
import { comparePairs } from '../../../src/statistics/comparison/paired.ts';
import { balancedSample, fullDesign } from '../../../src/statistics/design.ts';
import { seededRandom } from '../../../src/statistics/random.ts';
import type { Row } from '../../../src/table/table.ts';
import { goldenCases } from '../../support/golden-statistics.ts';
import { problemsOf, rowsOf, runStage, shapeOf, tableFrom } from '../../support/stage-rig.ts';

async function found(options: object, rows: readonly Row[]): Promise<readonly Row[]> {
  return rowsOf(
    await runStage('effects', JSON.parse(JSON.stringify(options)) as never, {
      inputs: { rows: tableFrom(rows) },
    }),
  );
}

const draws = { samples: 99, seed: 1 };

describe('effects', () => {
  type Labels = readonly string[];
  for (const { name, input, expected } of goldenCases<{ A: Labels; B: Labels; y: readonly number[] }, string>(
    'factorial',
  )) {
    it(`gives the effects and interactions of R and Python: ${name}`, async () => {
      const rows = input.y.map((y, item): Row => ({ A: input.A[item]!, B: input.B[item]!, y, item }));
      const effects = await found({ factors: ['A', 'B'], measure: 'y' }, rows);
      const [a, b] = [expected['effects_A'], expected['effects_B']] as (readonly number[] | null)[];
      if (a === null || b === null) {
        for (const row of effects) {
          expect(row).to.include({ effect: null, p: null, verdict: 'undefined' });
          expect(row['note'])
            .to.be.a('string')
            .and.match(/^no effect: /);
        }
        return;
      }
      const levels = (of: Labels): readonly string[] => [...new Set(of)].sort();
      const effectOf = (term: string, value: string): number =>
        Number(effects.find((row) => row['term'] === term && row['value'] === value)?.['effect']);
      levels(input.A).forEach((level, place) => {
        expect(effectOf('A', level), level).to.be.closeTo(a![place]!, 1e-9);
      });
      levels(input.B).forEach((level, place) => {
        expect(effectOf('B', level), level).to.be.closeTo(b![place]!, 1e-9);
      });
      const both = expected['interaction'] as readonly (readonly number[])[];
      levels(input.A).forEach((one, i) => {
        levels(input.B).forEach((other, j) => {
          expect(effectOf('A × B', `${one}, ${other}`)).to.be.closeTo(both[i]![j]!, 1e-9);
        });
      });
    });
  }

  it('tests two levels on the same items as the paired t does', async () => {
    const random = seededRandom(4);
    const items = Array.from({ length: 9 }, () => [10 * random(), random()] as const);
    const rows = items.flatMap(([ease, gain], item): readonly Row[] => [
      { item, casing: 'lower', y: ease },
      { item, casing: 'upper', y: ease + gain },
    ]);
    const [lower, upper] = await found({ factors: ['casing'], measure: 'y' }, rows);
    const pairs = {
      a: items.map(([ease, gain]) => ease + gain),
      b: items.map(([ease]) => ease),
      clusters: items.map((_, item) => String(item)),
      isRightWrong: false,
    };
    const paired = comparePairs(pairs, { level: 0.95, test: 't', draws });
    expect(upper!['effect']).to.be.closeTo(paired.difference.value! / 2, 1e-12);
    expect(lower!['effect']).to.be.closeTo(-paired.difference.value! / 2, 1e-12);
    expect(upper!['p']).to.be.closeTo(paired.test.value!.p, 1e-9);
    expect(upper!['df']).to.be.closeTo(8, 1e-9);
    expect(upper!['ci_low']).to.be.closeTo(paired.interval.value!.low / 2, 1e-9);
    // One test, whose two rows say the same: nothing to correct.
    expect(upper!['p_adjusted']).to.equal(upper!['p']);
    expect([lower!['verdict'], upper!['verdict']]).to.deep.equal(['lower', 'higher']);
  });

  it('finds main effects and the interaction that were put in, and says no evidence of the rest', async () => {
    const random = seededRandom(11);
    const noise = () => 0.2 * (random() - 0.5);
    const rows = Array.from({ length: 20 }, (_, item) =>
      fullDesign([2, 3, 2]).map(([a = 0, b = 0, c = 0]): Row => ({
        item,
        a: `a${a}`,
        b: `b${b}`,
        c: `c${c}`,
        y: 5 + item + (a === 0 ? 1 : -1) + (b === 2 ? 2 : -1) + (a === 0 && b === 0 ? 0.9 : 0) + noise(),
      })),
    ).flat();
    const effects = await found({ factors: ['a', 'b', 'c'], measure: 'y' }, rows);
    const row = (term: string, value: string) =>
      effects.find((each) => each['term'] === term && each['value'] === value)!;
    // The extra 0.9 in one of six cells: 0.15 in the mean, 0.15 for a0 beyond it, 0.3 for b0, 0.3 for both.
    expect(row('a', 'a0')['effect']).to.be.closeTo(1 + 0.15, 0.03);
    expect(row('b', 'b2')['effect']).to.be.closeTo(2 - 0.15, 0.03);
    expect(row('a × b', 'a0, b0')['effect']).to.be.closeTo(0.9 - 0.15 - 0.15 - 0.3, 0.03);
    expect(row('a × b', 'a0, b0')['verdict']).to.equal('higher');
    for (const [term, value] of [
      ['c', 'c0'],
      ['a × c', 'a0, c0'],
      ['b × c', 'b1, c1'],
    ] as const) {
      expect(row(term, value)['verdict'], `${term} ${value}`).to.equal('no evidence');
    }
    expect(row('a', 'a1')['mean']).to.be.closeTo(5 + 9.5 - 1, 0.1);
    expect(row('b', 'b0')).to.include({ rows: 80, clusters: 20 });
  });

  it('tells main effects apart in a balanced sample, and says which need more', async () => {
    const sample = balancedSample([3, 3, 2], 9, seededRandom(2))!;
    const rows = Array.from({ length: 8 }, (_, item) =>
      sample.map(([a = 0, b = 0, c = 0]): Row => ({
        item,
        a: `a${a}`,
        b: `b${b}`,
        c: `c${c}`,
        y: a - 2 * b + item + ((item * (a + 1)) % 3) / 10,
      })),
    ).flat();
    const mains = await found({ factors: ['a', 'b', 'c'], measure: 'y', interactions: false }, rows);
    expect(mains.find(({ value }) => value === 'b0')!['effect']).to.be.closeTo(2, 0.1);
    const all = await found({ factors: ['a', 'b', 'c'], measure: 'y' }, rows);
    for (const row of all) expect(row['note']).to.match(/combinations of levels are missing/);
  });

  it('trusts no verdict of under four degrees of freedom, however small its p', async () => {
    const clear = (items: number) =>
      Array.from({ length: items }, (_, item): readonly Row[] => [
        { item, a: 'x', y: item },
        { item, a: 'y', y: item + 5 + item / 100 },
      ]).flat();
    for (const row of await found({ factors: ['a'], measure: 'y' }, clear(4))) {
      expect(row['p']).to.be.below(0.001);
      expect(row).to.include({ verdict: 'too few' });
      expect(row['df']).to.be.closeTo(3, 1e-9);
      expect(row['note']).to.match(/^3 degrees of freedom, under 4: too few clusters/);
    }
    const [enough] = await found({ factors: ['a'], measure: 'y' }, clear(5));
    expect(enough).to.include({ verdict: 'lower', note: null });
  });

  it('says what is undefined, and what is wrong', async () => {
    const rows = [0, 1, 2].map((item): Row => ({ item, a: 'one', b: `b${item % 2}`, y: item }));
    for (const row of await found({ factors: ['a'], measure: 'y' }, rows)) {
      expect(row).to.include({
        effect: null,
        verdict: 'undefined',
        note: 'no effect: a factor has one level, which differs from no other',
      });
    }
    const same = [0, 1, 2].flatMap((item): readonly Row[] => [
      { item, a: 'x', y: 1 },
      { item, a: 'y', y: 2 },
    ]);
    const [flat] = await found({ factors: ['a'], measure: 'y' }, same);
    expect(flat!['effect']).to.be.closeTo(-0.5, 1e-12);
    expect(flat).to.include({ p: null, ci_low: null, verdict: 'undefined' });
    expect(flat!['note']).to.match(/no ci, p: it is the same in every cluster/);
    const shape = { rows: shapeOf(tableFrom(rows)) };
    expect(problemsOf('effects', { factors: ['a', 'item'], measure: 'y' }, shape)[0]!.message).to.match(
      /`item` is a factor/,
    );
    expect(problemsOf('effects', { factors: ['aa'], measure: 'y' }, shape)[0]!.message).to.match(
      /no column `aa`/,
    );
  });
});

describe('a balanced sample of combinations', () => {
  it('has each combination once and each level equally often, for any size', () => {
    for (const levels of [
      [2, 3],
      [4, 3, 2],
      [12, 4, 3, 2],
      [5, 5],
    ]) {
      const total = levels.reduce((a, b) => a * b, 1);
      for (let size = 2; size <= total; size += Math.max(1, Math.floor(total / 11))) {
        const sample = balancedSample(levels, size, seededRandom(size));
        expect(sample, `${levels.join('x')}, ${size}`).to.have.length(size);
        expect(new Set(sample!.map((row) => row.join(' '))).size).to.equal(size);
        levels.forEach((count, factor) => {
          const counts = Array.from(
            { length: count },
            (_, level) => sample!.filter((row) => row[factor] === level).length,
          );
          expect(Math.max(...counts) - Math.min(...counts)).to.be.at.most(1);
        });
      }
    }
  });
});
