import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { Cell, Row } from '../../../src/table/table.ts';
import { goldenCases, type Expected } from '../../support/golden-statistics.ts';
import {
  columnOf,
  failureOf,
  problemsOf,
  rowsOf,
  runStage,
  shapeOf,
  tableFrom,
  type StageRun,
} from '../../support/stage-rig.ts';

/** From pandas and scipy; see statistics.py beside it. */
const { rows, aggregate } = JSON.parse(
  readFileSync(new URL('../../expected/stages/statistics.json', import.meta.url), 'utf8'),
) as {
  readonly rows: readonly Row[];
  readonly aggregate: Readonly<
    Record<
      string,
      Readonly<Record<string, number | null> & Record<'ci95' | 'clustered', readonly (number | null)[]>>
    >
  >;
};
const table = tableFrom(rows);

function expectNumber(found: Cell | undefined, expected: number | null | undefined, what: string): void {
  // Pandas' NaN stands as null in the file, and as null with a note in ours.
  if (expected === null) expect(found, what).to.equal(null);
  else expect(found, what).to.be.closeTo(expected ?? NaN, 1e-12 * Math.max(1, Math.abs(expected ?? 0)));
}

describe('aggregate', () => {
  it('gives what pandas gives, missing values left out', async () => {
    const statistics = ['mean', 'stdev', 'sem', 'ci95', 'min', 'max', 'median', 'count', 'sum'];
    const run = await runStage(
      'aggregate',
      { by: ['group'], measure: 'y', statistics },
      { inputs: { rows: table } },
    );
    expect(columnOf(run, 'group')).to.deep.equal(['a', 'b', 'c', 'single']);
    for (const row of rowsOf(run)) {
      const group = String(row['group']);
      const expected = aggregate[group];
      for (const [ours, theirs] of [
        ['mean', 'mean'],
        ['stdev', 'std'],
        ['sem', 'sem'],
        ['min', 'min'],
        ['max', 'max'],
        ['median', 'median'],
        ['count', 'count'],
        ['sum', 'sum'],
      ] as const) {
        expectNumber(row[ours], expected?.[theirs], `${group}.${ours}`);
      }
      expectNumber(row['ci95_low'], expected?.ci95[0], `${group}.ci95_low`);
      expectNumber(row['ci95_high'], expected?.ci95[1], `${group}.ci95_high`);
    }
    expect(run.warnings).to.deep.equal(['1 of 25 rows have no y; they are left out']);
  });

  it('clusters standard errors and intervals', async () => {
    const options = { by: ['group'], measure: 'y', statistics: ['sem', 'ci95', 'df'], cluster: 'question' };
    const run = await runStage('aggregate', options, { inputs: { rows: table } });
    for (const row of rowsOf(run)) {
      const [error, low, high, degrees] = aggregate[String(row['group'])]?.clustered ?? [];
      expectNumber(row['sem'], error, `${String(row['group'])}.sem`);
      expectNumber(row['ci95_low'], low, `${String(row['group'])}.low`);
      expectNumber(row['ci95_high'], high, `${String(row['group'])}.high`);
      expectNumber(row['df'], degrees, `${String(row['group'])}.df`);
    }
    expect(columnOf(run, 'clusters')).to.deep.equal([4, 4, 4, 1]);
    expect(columnOf(run, 'note')).to.deep.equal([
      null,
      null,
      null,
      'no sem, ci95, df: one value has no spread',
    ]);
  });

  for (const file of ['mean', 'cluster-mean'] as const) {
    type Values = readonly (number | null)[];
    type Input = Values | { readonly values: Values; readonly clusters: readonly string[] };
    for (const { name, input, expected } of goldenCases<Input, string>(file)) {
      it(`gives what R and Python give: ${file}, ${name}`, async () => {
        const values = 'clusters' in input ? input.values : input;
        const clusters = 'clusters' in input ? input.clusters : undefined;
        const rowsOfCase = values.map((y, place) => ({
          y,
          ...(clusters !== undefined && { q: clusters[place]! }),
        }));
        const artifact = {
          type: 'table',
          table: {
            columns: [
              { name: 'y', type: 'number' },
              { name: 'q', type: 'string' },
            ],
            key: [],
            rows: rowsOfCase,
          },
        } as const;
        const statistics = ['mean', 'stdev', 'sem', 'df', 'ci95', 'count'];
        const options = { by: [], measure: 'y', statistics, ...(clusters !== undefined && { cluster: 'q' }) };
        const [row] = rowsOf(await runStage('aggregate', options, { inputs: { rows: artifact } }));
        const of = (one: string, other: string): Expected =>
          clusters === undefined ? expected[one] : expected[other];
        const interval = of('interval', 'cr2_interval') as readonly number[] | null | undefined;
        const figures = [
          ['mean', expected['mean']],
          ['sem', of('se', 'cr2_se')],
          ['df', of('df', 'cr2_df')],
          ['ci95_low', interval?.[0] ?? null],
          ['ci95_high', interval?.[1] ?? null],
          ['count', expected['n']],
          ...(clusters === undefined ? [['stdev', expected['sd']] as const] : []),
        ] as const;
        for (const [figure, value] of figures) {
          if (typeof value !== 'number') expect(row![figure], figure).to.equal(null);
          else
            expect(row![figure], figure).to.be.closeTo(value, value === 0 ? 1e-12 : 1e-9 * Math.abs(value));
        }
        if (figures.some(([, value]) => value === null || value === undefined))
          expect(row!['note']).to.be.a('string');
      });
    }
  }

  it('clusters of one row are no clusters', async () => {
    const rowsApart = [1, 4, 2, 8].map((y, id) => ({ y, id }));
    const one = { by: [], measure: 'y', statistics: ['sem', 'ci95'] };
    const [plain, clustered] = await Promise.all(
      [one, { ...one, cluster: 'id' }].map(
        async (options) =>
          rowsOf(await runStage('aggregate', options, { inputs: { rows: tableFrom(rowsApart) } }))[0],
      ),
    );
    expect(clustered?.['clusters']).to.equal(4);
    for (const name of ['sem', 'ci95_low', 'ci95_high']) {
      expect(clustered?.[name]).to.be.closeTo(Number(plain?.[name]), 1e-12);
    }
  });

  it('ranks: missing last, equal values together', async () => {
    const points = [
      ['a', 1],
      ['b', 3],
      ['c', null],
      ['d', 3],
      ['e', 2],
    ] as const;
    const input = tableFrom(points.map(([name, y]) => ({ name, y })));
    const down = await runStage(
      'aggregate',
      { by: ['name'], measure: 'y', statistics: ['mean'], order: '-mean' },
      { inputs: { rows: input } },
    );
    expect(rowsOf(down).map((row) => [row['rank'], row['name']])).to.deep.equal([
      [1, 'b'],
      [1, 'd'],
      [3, 'e'],
      [4, 'a'],
      [null, 'c'],
    ]);
    const up = await runStage(
      'aggregate',
      { by: ['name'], measure: 'y', statistics: ['mean'], order: 'mean' },
      { inputs: { rows: input } },
    );
    expect(columnOf(up, 'name')).to.deep.equal(['a', 'e', 'b', 'd', 'c']);
  });

  it('names columns by measure where there are several', async () => {
    const run = await runStage(
      'aggregate',
      { by: [], measure: ['x', 'y'], statistics: ['mean', 'ci95'] },
      {
        inputs: {
          rows: tableFrom([
            { x: 1, y: 10 },
            { x: 3, y: 30 },
          ]),
        },
      },
    );
    expect(Object.keys(rowsOf(run)[0] ?? {})).to.deep.equal([
      'x_mean',
      'x_ci95_low',
      'x_ci95_high',
      'y_mean',
      'y_ci95_low',
      'y_ci95_high',
      'note',
    ]);
  });

  it('keeps infinities', async () => {
    const run = await runStage(
      'aggregate',
      { by: [], measure: 'y', statistics: ['mean', 'stdev', 'max', 'count'] },
      { inputs: { rows: tableFrom([{ y: 1.5 }, { y: Infinity }]) } },
    );
    expect(rowsOf(run)).to.deep.equal([
      { mean: Infinity, stdev: null, max: Infinity, count: 2, note: 'no stdev: a value is infinite' },
    ]);
    const of = async (values: readonly number[]): Promise<Row | undefined> => {
      const options = { by: [], measure: 'y', statistics: ['mean', 'median', 'sum'] };
      return rowsOf(
        await runStage('aggregate', options, { inputs: { rows: tableFrom(values.map((y) => ({ y }))) } }),
      )[0];
    };
    expect(await of([1, 2, Infinity])).to.deep.equal({ mean: Infinity, median: 2, sum: Infinity });
    expect(await of([-Infinity, Infinity])).to.deep.equal({ mean: null, median: null, sum: null });
    expect(await of([1.7e308, 1.7e308])).to.deep.equal({ mean: 1.7e308, median: 1.7e308, sum: Infinity });
  });

  it('takes items that the key says repeat as clusters, and says so in the table', async () => {
    const rowsOfItems = ['a', 'b', 'c', 'd', 'e'].flatMap((item, i) =>
      ['plain', 'chat', 'json'].map((format, f) => ({ format, item, group: 'all', y: -(i + 0.1 * f) })),
    );
    const input = tableFrom(rowsOfItems, ['format', 'item']);
    const statistics = ['mean', 'count', 'ci95'];
    const over = async (options: Record<string, unknown>): Promise<StageRun> =>
      runStage('aggregate', { measure: 'y', statistics, ...options }, { inputs: { rows: input } });
    const [byGroup, named, none, byFormat] = await Promise.all([
      over({ by: ['group'] }),
      over({ by: ['group'], cluster: 'item' }),
      over({ by: ['group'], cluster: false }),
      over({ by: ['format'] }),
    ]);
    expect(rowsOf(byGroup)).to.deep.equal(rowsOf(named));
    expect(rowsOf(byGroup)[0]).to.include({ count: 15, clusters: 5 });
    if (byGroup.artifact.type !== 'table') throw new Error('expected a table');
    const clusters = byGroup.artifact.table.columns.find(({ name }) => name === 'clusters');
    expect(clusters).to.deep.include({ unit: 'items', type: 'integer' });
    expect(clusters?.description).to.contain('`item`');
    const width = (run: StageRun): number =>
      Number(rowsOf(run)[0]?.['ci95_high']) - Number(rowsOf(run)[0]?.['ci95_low']);
    expect(width(byGroup)).to.be.above(1.5 * width(none));
    expect(none.warnings).to.deep.equal([]);
    // Within a format each item stands once: nothing to cluster.
    for (const run of [none, byFormat]) expect(Object.keys(rowsOf(run)[0]!)).not.to.contain('clusters');
  });

  it('warns where the key says that rows repeat something, but not what was sampled', async () => {
    const input = tableFrom(
      ['a', 'b'].flatMap((question) => [1, 2].map((sample) => ({ question, sample, y: sample }))),
      ['question', 'sample'],
    );
    const of = (options: Record<string, unknown>): Promise<StageRun> =>
      runStage(
        'aggregate',
        { by: [], measure: 'y', statistics: ['ci95'], ...options },
        { inputs: { rows: input } },
      );
    expect((await of({})).warnings).to.have.length(1);
    expect((await of({})).warnings[0]).to.match(/repeat some of question, sample/);
    for (const quiet of [
      { cluster: 'question' },
      { cluster: false },
      { by: ['sample'] },
      { statistics: ['mean'] },
    ]) {
      expect((await of(quiet)).warnings).to.deep.equal([]);
    }
  });

  it('cuts intervals where values end, and says so', async () => {
    const of = async (column: string, values: readonly number[]): Promise<Row> => {
      const rowsOfValues = values.map((value) => ({ [column]: value }));
      const options = { by: [], measure: column, statistics: ['mean', 'ci95'] };
      return rowsOf(await runStage('aggregate', options, { inputs: { rows: tableFrom(rowsOfValues) } }))[0]!;
    };
    const spread = [-0.01, -2, -0.02, -0.05];
    for (const column of ['target_log_prob', 'log_prob', 'logprob', 'target_log_prob_per_token']) {
      const row = await of(column, spread);
      expect(row['ci95_high'], column).to.equal(0);
      expect(row['ci95_low'], column).to.be.below(-1.5);
      expect(row['note'], column).to.equal('ci95 ends where values do');
    }
    expect(Number((await of('perplexity', [1.1, 9, 1.2]))['ci95_low'])).to.equal(1);
    expect(Number((await of('prompt_log_perplexity', [0.1, 9, 0.2]))['ci95_low'])).to.equal(0);
    // A difference of log-probabilities has no end, nor has what merely sounds like one and lies beyond it.
    for (const [column, values] of [
      ['improvement', spread],
      ['log_prob', [0.5, 3, 1]],
    ] as const) {
      expect((await of(column, values))['note'], column).to.equal(null);
    }
    expect((await of('log_prob', [-5, -5.1, -5.2]))['note']).to.equal(null);
  });

  it('takes true and false as a share, with the interval of Wilson', async () => {
    const right = [true, true, false, null, true];
    const input = tableFrom(right.map((correct) => ({ correct })));
    const run = await runStage(
      'aggregate',
      { by: [], measure: 'correct', statistics: ['mean', 'count', 'sum', 'ci95'] },
      { inputs: { rows: input } },
    );
    const row = rowsOf(run)[0]!;
    expect(row).to.include({ mean: 0.75, count: 4, sum: 3 });
    // Wilson of 3 in 4 by R: prop.test(3, 4, correct = FALSE).
    expect(row['ci95_low']).to.be.closeTo(0.3006418, 1e-6);
    expect(row['ci95_high']).to.be.closeTo(0.9544127, 1e-6);
    if (run.artifact.type !== 'table') throw new Error('expected a table');
    expect(run.artifact.table.columns[0]).to.include({ name: 'mean', unit: 'share' });
    expect(run.warnings).to.deep.equal(['1 of 5 rows have no correct; they are left out']);
    // A computed column, of which only the cells say what it holds.
    const computed = {
      type: 'table',
      table: { columns: [{ name: 'c', type: 'json' }], key: [], rows: [{ c: true }, { c: false }] },
    } as const;
    const halves = await runStage(
      'aggregate',
      { by: [], measure: 'c', statistics: ['mean', 'count'] },
      { inputs: { rows: computed } },
    );
    expect(rowsOf(halves)).to.deep.equal([{ mean: 0.5, count: 2 }]);
    const clustered = await runStage(
      'aggregate',
      { by: [], measure: 'correct', statistics: ['ci95'], cluster: 'q' },
      { inputs: { rows: tableFrom(right.map((correct, place) => ({ correct, q: place % 3 }))) } },
    );
    expect(rowsOf(clustered)[0]).to.include({ ci95_low: 0, ci95_high: 1, clusters: 3 });
  });

  it('refuses rows without a label, or gives them a group of their own where asked', async () => {
    const rowsOfGroups = [
      { g: 'a', y: 1 },
      { g: null, y: 2 },
      { g: '', y: 3 },
    ];
    const over = (options: Record<string, unknown>): Promise<StageRun> =>
      runStage(
        'aggregate',
        { by: ['g'], measure: 'y', ...options },
        { inputs: { rows: tableFrom(rowsOfGroups) } },
      );
    expect(await failureOf(over({}))).to.deep.include({
      code: 'label-missing',
      message: '2 of 3 rows have no `g`',
      path: ['by', 0],
      found: 'the first is row 2',
    });
    const kept = await over({ missingLabels: 'keep' });
    expect(columnOf(kept, 'g')).to.deep.equal(['a', null, '']);
    expect(kept.warnings).to.deep.equal(['2 of 3 rows have no g; they are a group of their own']);
    const clustered = over({ by: [], cluster: 'g', missingLabels: 'keep' });
    expect(await failureOf(clustered)).to.deep.include({ code: 'label-missing', path: ['cluster'] });
  });

  it('warns of means over sums of unlike lengths', async () => {
    const of = async (counts: readonly number[], measure = 'target_log_prob'): Promise<readonly string[]> => {
      const input = counts.map((count) => ({
        target_log_prob: -count,
        target_log_prob_per_token: -1,
        target_token_count: count,
      }));
      return (await runStage('aggregate', { by: [], measure }, { inputs: { rows: tableFrom(input) } }))
        .warnings;
    };
    expect((await of([1, 4, 2]))[0]).to.match(/^target_log_prob is a sum over 1 to 4 tokens/);
    expect(await of([2, 2, 2])).to.deep.equal([]);
    expect(await of([1, 4, 2], 'target_log_prob_per_token')).to.deep.equal([]);
  });

  it('has the perplexity of a corpus, in which long texts weigh as much as they are long', async () => {
    const texts = [
      { log_prob: -10, log_perplexity: 2, perplexity: Math.exp(2), token_count: 5 },
      { log_prob: -60, log_perplexity: 0.6, perplexity: Math.exp(0.6), token_count: 100 },
    ];
    for (const measure of ['log_prob', 'log_perplexity', 'perplexity']) {
      const options = { by: [], measure, statistics: ['corpus_perplexity'] };
      const run = await runStage('aggregate', options, { inputs: { rows: tableFrom(texts) } });
      expect(rowsOf(run)[0]?.['corpus_perplexity'], measure).to.be.closeTo(Math.exp(70 / 105), 1e-12);
    }
    const shape = shapeOf(tableFrom([{ y: 1, log_prob: -1 }]));
    const problems = (measure: string): number =>
      problemsOf('aggregate', { by: [], measure, statistics: ['corpus_perplexity'] }, { rows: shape }).length;
    expect([problems('y'), problems('log_prob')]).to.deep.equal([1, 1]);
  });

  it('says what is wrong before it runs', () => {
    const rowsShape = shapeOf(tableFrom([{ format: 'a', group: 'g', y: 1, mean: 2 }]));
    const check = (options: Record<string, unknown>): readonly unknown[] =>
      problemsOf('aggregate', options as never, { rows: rowsShape }).map(({ path, message, found }) => [
        path.join('.'),
        message,
        found,
      ]);
    expect(check({ by: ['fromat'], measure: 'z', cluster: 'q', order: '-men' })).to.deep.equal([
      ['by.0', 'no column `fromat`', 'fromat'],
      ['measure', 'no column `z`', 'z'],
      ['cluster', 'no column `q`', 'q'],
      ['order', 'no column `men`', 'men'],
    ]);
    expect(check({ by: ['format'], measure: ['y', 'group'] })).to.deep.equal([
      ['measure.1', 'column `group` holds no numbers but is of type string', 'group'],
    ]);
    expect(check({ by: ['mean'], measure: 'y' })).to.deep.equal([
      ['by', 'the result would have two columns `mean`', undefined],
    ]);
  });
});
