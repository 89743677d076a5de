import { expect } from 'chai';
import { detectable, unitsNeeded } from '../../../src/statistics/comparison/power.ts';
import type { Row, TableShape } from '../../../src/table/table.ts';
import {
  columnOf,
  failureOf,
  kindNamed,
  optionsOf,
  problemsOf,
  rowsOf,
  runStage,
  shapeOf,
  tableFrom,
  type StageRun,
} from '../../support/stage-rig.ts';
import { goldenCases } from '../../support/golden-statistics.ts';

/** Items under formats: `scores[format][item]`. */
function tableOf(
  scores: Readonly<Record<string, readonly (number | boolean | null)[]>>,
): ReturnType<typeof tableFrom> {
  const rows = Object.entries(scores).flatMap(([format, values]) =>
    values.map((y, item): Row => ({ format, item, y })),
  );
  return tableFrom(rows, ['format', 'item']);
}

function compared(options: Record<string, unknown>, rows: ReturnType<typeof tableFrom>): Promise<StageRun> {
  return runStage('compare', { by: 'format', measure: 'y', ...options }, { inputs: { rows } });
}

describe('compare', () => {
  for (const { name, input, expected } of goldenCases<
    { a: readonly (number | null)[]; b: readonly (number | null)[]; clusters: readonly string[] },
    string
  >('paired')) {
    it(`gives what R and Python give of pairs: ${name}`, async () => {
      const rows = input.clusters.flatMap((question, pair): readonly Row[] => [
        { format: 'a', pair, question, y: input.a[pair]! },
        { format: 'b', pair, question, y: input.b[pair]! },
      ]);
      const options = { baseline: 'b', pair: ['pair'], cluster: 'question', test: 't' };
      const [row] = rowsOf(await compared(options, tableFrom(rows)));
      expect(row).to.include({
        format: 'a',
        against: 'b',
        pairs: expected['pairs'],
        left_out: expected['left_out'],
      });
      const interval = expected['cr2_interval'] as readonly number[] | null;
      for (const [found, wanted] of [
        ['difference', expected['mean']],
        ['df', expected['cr2_df']],
        ['ci_low', interval?.[0] ?? null],
        ['ci_high', interval?.[1] ?? null],
        ['p', expected['cr2_p'] ?? null],
        ['effect_size', expected['d_z']],
      ] as const) {
        if (wanted === null) expect(row![found], found).to.equal(null);
        else expect(row![found], found).to.be.closeTo(Number(wanted), 1e-9 * Math.abs(Number(wanted)));
      }
      if (interval === null) expect(row!['note']).to.match(/one value has no spread/);
    });
  }

  it('compares with a baseline or all pairs, and corrects over all rows', async () => {
    const items = Array.from({ length: 8 }, (_, item) => -item);
    const rows = tableOf({
      plain: items,
      chat: items.map((y, i) => y + 1 + 0.01 * i),
      json: items.map((y, i) => y + 0.1 * (-1) ** i),
    });
    const [against, all] = await Promise.all([compared({ baseline: 'plain' }, rows), compared({}, rows)]);
    expect(rowsOf(against).map((row) => [row['format'], row['against']])).to.deep.equal([
      ['chat', 'plain'],
      ['json', 'plain'],
    ]);
    expect(rowsOf(all)).to.have.length(3);
    // All eight differences have the same sign: 2 of 256 sign vectors are as extreme.
    expect(rowsOf(against)[0]).to.include({
      p: 2 / 256,
      p_adjusted: 4 / 256,
      wins: 1,
      ties: 0,
      verdict: 'higher',
    });
    expect(rowsOf(against)[1]).to.include({ p_adjusted: 1, verdict: 'no evidence', note: null });
    expect(rowsOf(all)[0]).to.include({
      format: 'plain',
      against: 'chat',
      p_adjusted: 6 / 256,
      verdict: 'lower',
    });
    const uncorrected = await compared({ correction: 'none' }, rows);
    expect(columnOf(uncorrected, 'p_adjusted')).to.deep.equal(columnOf(uncorrected, 'p'));
    const interval = [rowsOf(against)[0]!['wins_low'], rowsOf(against)[0]!['wins_high']];
    expect(interval[0]).to.be.closeTo(0.6755924, 1e-6);
    expect(interval[1]).to.equal(1);
    const [byBeta] = rowsOf(await compared({ baseline: 'plain', shares: 'beta' }, rows));
    // Beta(9, 1): the lower end is the ninth root of 0.025.
    expect(byBeta!['wins_low']).to.be.closeTo(0.025 ** (1 / 9), 1e-12);
  });

  it('says too few where so few items could never have shown it', async () => {
    const rows = tableOf({ a: [5, 6, 7], b: [1, 1.5, 2.1] });
    const [row] = rowsOf(await compared({}, rows));
    expect(row).to.include({
      p: 0.25,
      verdict: 'too few',
      note: 'with 3 clusters p_adjusted cannot be under 0.25',
    });
    expect(row!['ci_low']).to.be.above(0);
    const [single] = rowsOf(await compared({}, tableOf({ a: [1], b: [2] })));
    expect(single).to.include({ difference: -1, ci_low: null, effect_size: null, verdict: 'too few' });
    expect(single!['note']).to.match(/^no ci, df, effect_size, detectable: one value has no spread/);
  });

  it('compares right and wrong answers by McNemar, with an interval that is no point', async () => {
    const a = [...Array<boolean>(7).fill(true), ...Array<boolean>(13).fill(true)];
    const b = [...Array<boolean>(7).fill(false), ...Array<boolean>(13).fill(true)];
    const run = await compared({}, tableOf({ a, b }));
    const [row] = rowsOf(run);
    expect(row).to.include({
      difference: 0.35,
      test: 'McNemar, exact',
      p: 0.015625,
      verdict: 'higher',
      df: null,
    });
    const [same] = rowsOf(await compared({}, tableOf({ a, b: a })));
    expect(same).to.include({ difference: 0, p: 1, verdict: 'no evidence' });
    expect(Number(same!['ci_high'])).to.be.above(0.05);
    if (run.artifact.type !== 'table') throw new Error('expected a table');
    expect(run.artifact.table.key).to.deep.equal(['format', 'against']);
    expect(run.artifact.table.columns.find(({ name }) => name === 'difference')?.unit).to.equal('share');
  });

  it('leaves out pairs with a missing side, and counts them', async () => {
    const [row] = rowsOf(await compared({}, tableOf({ a: [1, null, 3, 4], b: [0, 1, null, 2] })));
    expect(row).to.include({ pairs: 2, left_out: 2, mean: 2.5, mean_against: 1, difference: 1.5 });
    const [none] = rowsOf(await compared({}, tableOf({ a: [null, 2], b: [1, null] })));
    expect(none).to.include({ pairs: 0, difference: null, wins: null, p: null, verdict: 'undefined' });
    expect(none!['note']).to.contain('no values');
  });

  it('pairs by the key without what is compared, and clusters by item', async () => {
    const rows = [0, 1, 2, 3].flatMap((item) =>
      [0, 1].flatMap((shot) =>
        ['a', 'b'].map((format): Row => ({ shot, format, item, y: item + (format === 'a' ? shot + 1 : 0) })),
      ),
    );
    const [row] = rowsOf(await compared({}, tableFrom(rows, ['shot', 'format', 'item'])));
    expect(row).to.include({ pairs: 8, clusters: 4, difference: 1.5, p: 2 / 16, wins_low: null });
    expect(row!['note']).to.contain('pairs of a cluster are not independent');
    expect(await failureOf(compared({ pair: ['item'] }, tableFrom(rows)))).to.deep.include({
      code: 'pairs-not-unique',
      found: 'rows 1 and 3',
    });
    expect(
      await failureOf(compared({ baseline: 'c' }, tableFrom(rows, ['shot', 'format', 'item']))),
    ).to.deep.include({
      code: 'baseline-unknown',
      expected: 'one of "a", "b"',
    });
    const unlabelled = [
      { format: null, item: 1, y: 1 },
      { format: 'a', item: 1, y: 1 },
    ];
    expect(await failureOf(compared({ pair: ['item'] }, tableFrom(unlabelled)))).to.include({
      code: 'label-missing',
    });
  });

  it('says what so many items can find, and how many a difference needs', async () => {
    const items = Array.from({ length: 12 }, (_, item) => item);
    const rows = tableOf({
      plain: items,
      chat: items.map((y) => y + 0.3 + (y % 3) - 1),
    });
    const run = await compared({ baseline: 'plain', detect: 0.5 }, rows);
    const [row] = rowsOf(run);
    // Differences of -0.7, 0.3, 1.3, four of each: their variance is 8 / 11.
    const plan = { deviation: Math.sqrt(8 / 11), alpha: 0.05 };
    expect(row!['detectable']).to.be.closeTo(detectable(12, 0.8, plan).value!, 1e-6);
    const needed = unitsNeeded(0.5, 0.8, plan).value!;
    expect(row!['needed']).to.equal(needed);
    expect(run.figures).to.deep.equal({ detect: 0.5, power: 0.8, clusters: 12, clusters_needed: needed });
    // Two comparisons: the smallest p has to be half as large.
    const both = await compared(
      { baseline: 'plain', detect: 0.5 },
      tableOf({
        plain: items,
        chat: items.map((y) => y + 0.3 + (y % 3) - 1),
        json: items.map((y) => y - (y % 2)),
      }),
    );
    expect(rowsOf(both)[0]!['needed']).to.equal(unitsNeeded(0.5, 0.8, { ...plan, alpha: 0.025 }).value);
    const flat = await compared(
      { baseline: 'plain', detect: 0.5 },
      tableOf({ plain: items, chat: items.map((y) => y + 1) }),
    );
    expect(rowsOf(flat)[0]).to.include({ detectable: null, needed: null });
    expect(rowsOf(flat)[0]!['note']).to.match(/detectable: the differences do not vary/);
  });

  it('names no unit of clusters that is known only when its table is read', () => {
    const options = optionsOf(kindNamed('compare'), { by: 'format', measure: 'y' });
    const open = { type: 'table', columns: [], key: [], open: true } as const;
    const clustersOf = (rows: TableShape) => {
      const shape = kindNamed('compare').output(options, { rows }, { baseDir: '.' }) as TableShape;
      return shape.columns.find(({ name }) => name === 'clusters')!;
    };
    expect(clustersOf(open)).not.to.have.property('unit');
    expect(clustersOf({ ...open, key: ['format', 'item'] })).to.include({ unit: 'items' });
  });

  it('says what is wrong before it runs', () => {
    const check = (options: Record<string, unknown>, key: readonly string[]): readonly unknown[] =>
      problemsOf(
        'compare',
        { by: 'format', measure: 'y', ...options },
        {
          rows: shapeOf(tableFrom([{ format: 'a', item: 1, y: 1, name: 'n', p: 'x' }], key)),
        },
      ).map(({ path, found, candidates }) => [path.join('.'), found, candidates?.includes('item')]);
    expect(check({ by: 'fromat', measure: 'z', pair: ['itm'], cluster: 'c' }, [])).to.deep.equal([
      ['by', 'fromat', true],
      ['measure', 'z', true],
      ['pair.0', 'itm', true],
      ['cluster', 'c', true],
    ]);
    expect(check({ measure: 'name' }, ['format', 'item'])).to.deep.equal([['measure', 'name', true]]);
    expect(check({}, [])).to.deep.equal([['pair', undefined, undefined]]);
    expect(check({ by: 'p' }, ['p', 'item'])).to.deep.equal([['by', undefined, undefined]]);
  });
});
