import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { Row } from '../../src/table/table.ts';
import { problemsOf, runStage, shapeOf, tableFrom, valueOf, type StageRun } from '../support/stage-rig.ts';

/** From pandas and scipy; see statistics.py beside it. */
const { rows, correlation: expected } = JSON.parse(
  readFileSync(new URL('../expected/stages/statistics.json', import.meta.url), 'utf8'),
) as {
  readonly rows: readonly Row[];
  readonly correlation: Readonly<Record<string, Readonly<Record<string, number>>>> & { readonly n: number };
};

const methods = ['pearson', 'spearman', 'kendall'];

interface Result {
  readonly n: number;
  readonly excluded: number;
  readonly clusters?: number;
  readonly [method: string]: unknown;
}
interface MethodResult {
  readonly coefficient: number;
  readonly ci?: { readonly low: number; readonly high: number; readonly resamples: number };
}

function resultOf(run: StageRun): Result {
  return valueOf(run) as unknown as Result;
}

async function correlated(options: Record<string, unknown>, points: readonly Row[] = rows): Promise<Result> {
  return resultOf(
    await runStage(
      'correlate',
      { x: 'x', y: 'y', methods, ...options },
      {
        inputs: { rows: tableFrom(points) },
      },
    ),
  );
}

describe('correlate', () => {
  const cases: readonly (readonly [string, Record<string, unknown>])[] = [
    ['plain', {}],
    ['log_x', { transform: { x: 'log' } }],
    ['within', { within: 'question' }],
    ['partial', { control: ['z'] }],
    ['within_partial', { within: 'question', control: ['z'] }],
  ];
  for (const [name, options] of cases) {
    it(`gives what scipy gives: ${name}`, async () => {
      const result = await correlated(options);
      expect(result.n).to.equal(expected.n);
      expect(result.excluded).to.equal(rows.length - expected.n);
      for (const method of methods) {
        expect((result[method] as MethodResult).coefficient, method).to.be.closeTo(
          expected[name]?.[method] ?? NaN,
          1e-12,
        );
      }
    });
  }

  it('bootstraps by cluster: the same interval each time, around the coefficient, another by another seed', async () => {
    const options = { methods: ['pearson'], within: 'question', cluster: 'question' };
    const [first, again] = await Promise.all([options, options].map((each) => correlated(each)));
    // Four clusters have too few resamples for seeds to matter; rows by themselves have enough.
    const [one, two] = await Promise.all(
      [1, 2].map((seed) => correlated({ methods: ['pearson'], cluster: 'z', bootstrap: { seed } })),
    );
    const ci = (result: Result | undefined): MethodResult['ci'] => (result?.['pearson'] as MethodResult).ci;
    expect(first?.clusters).to.equal(4);
    expect(ci(first)).to.deep.equal(ci(again));
    expect(ci(one)).not.to.deep.equal(ci(two));
    const { coefficient } = first?.['pearson'] as MethodResult;
    expect(ci(first)?.low).to.be.below(coefficient);
    expect(ci(first)?.high).to.be.above(coefficient);
    expect(ci(first)?.resamples).to.equal(2000);
  });

  it('says NaN, and says why, where there is no correlation', async () => {
    const constant = await runStage(
      'correlate',
      { x: 'x', y: 'y' },
      { inputs: { rows: tableFrom([1, 2, 3].map((x) => ({ x, y: 5 }))) } },
    );
    expect((resultOf(constant)['pearson'] as MethodResult).coefficient).to.be.NaN;
    expect(constant.warnings).to.deep.equal(['there is no correlation of x and y: one side is constant']);
    const few = await runStage(
      'correlate',
      { x: 'x', y: 'y' },
      {
        inputs: {
          rows: tableFrom([
            { x: 1, y: 2 },
            { x: 2, y: 1 },
          ]),
        },
      },
    );
    expect((resultOf(few)['spearman'] as MethodResult).coefficient).to.be.NaN;
    expect(few.warnings).to.deep.equal(['there is no correlation of x and y: 2 points are too few']);
  });

  it('leaves out what is not finite after the transform, and says how many', async () => {
    const points = [0, 1, 2, 3, Infinity].map((x) => ({ x, y: x * x }));
    const run = await runStage(
      'correlate',
      { x: 'x', y: 'y', transform: { x: 'log' } },
      { inputs: { rows: tableFrom(points) } },
    );
    expect(resultOf(run)).to.deep.include({ n: 3, excluded: 2 });
    expect(run.warnings).to.deep.equal(['2 of 5 rows have no finite x and y; they are left out']);
  });

  it('says what is wrong before it runs', () => {
    const problems = problemsOf(
      'correlate',
      { x: 'xx', y: 'name', within: 'questoin', control: ['w'] },
      { rows: shapeOf(tableFrom([{ x: 1, name: 'a', question: 'q' }])) },
    );
    expect(problems.map(({ path, found }) => [path.join('.'), found])).to.deep.equal([
      ['x', 'xx'],
      ['control.0', 'w'],
      ['within', 'questoin'],
      ['y', 'name'],
    ]);
  });
});
