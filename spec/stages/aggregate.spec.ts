import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { Cell, Row } from '../../src/table/table.ts';
import { problemsOf, rowsOf, runStage, shapeOf, tableFrom, columnOf } from '../support/stage-rig.ts';

/** From pandas and scipy; see statistics.py beside it. */
const { rows, aggregate } = JSON.parse(
  readFileSync(new URL('../expected/stages/statistics.json', import.meta.url), 'utf8'),
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
  // Pandas' NaN stands as null in the file.
  if (expected === null) expect(found, what).to.be.NaN;
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
    const options = { by: ['group'], measure: 'y', statistics: ['sem', 'ci95'], cluster: 'question' };
    const run = await runStage('aggregate', options, { inputs: { rows: table } });
    for (const row of rowsOf(run)) {
      const [error, low, high] = aggregate[String(row['group'])]?.clustered ?? [];
      expectNumber(row['sem'], error, `${String(row['group'])}.sem`);
      expectNumber(row['ci95_low'], low, `${String(row['group'])}.low`);
      expectNumber(row['ci95_high'], high, `${String(row['group'])}.high`);
    }
  });

  it('clusters of one row are no clusters', async () => {
    const rowsApart = [1, 4, 2, 8].map((y, id) => ({ y, id }));
    const one = { by: [], measure: 'y', statistics: ['sem', 'ci95'] };
    const [plain, clustered] = await Promise.all(
      [one, { ...one, cluster: 'id' }].map(
        async (options) =>
          rowsOf(await runStage('aggregate', options, { inputs: { rows: tableFrom(rowsApart) } }))[0],
      ),
    );
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
    ]);
  });

  it('keeps infinities', async () => {
    const run = await runStage(
      'aggregate',
      { by: [], measure: 'y', statistics: ['mean', 'stdev', 'max', 'count'] },
      { inputs: { rows: tableFrom([{ y: 1.5 }, { y: Infinity }]) } },
    );
    expect(rowsOf(run)).to.deep.equal([{ mean: Infinity, stdev: NaN, max: Infinity, count: 2 }]);
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
