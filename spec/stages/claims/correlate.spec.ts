import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { Row } from '../../../src/table/table.ts';
import { goldenCases } from '../../support/golden-statistics.ts';
import {
  failureOf,
  problemsOf,
  runStage,
  shapeOf,
  tableFrom,
  valueOf,
  type StageRun,
} from '../../support/stage-rig.ts';

/** From pandas and scipy; see statistics.py beside it. */
const { rows, correlation: expected } = JSON.parse(
  readFileSync(new URL('../../expected/stages/statistics.json', import.meta.url), 'utf8'),
) as {
  readonly rows: readonly Row[];
  readonly correlation: Readonly<Record<string, Readonly<Record<string, number>>>> & { readonly n: number };
};

const methods = ['pearson', 'spearman', 'kendall'];

interface Result {
  readonly n: number;
  readonly excluded: number;
  readonly [method: string]: unknown;
}
interface UnitEntry {
  readonly unit: string;
  readonly count: number;
  readonly ci_why?: string;
  readonly own?: readonly { readonly label: string; readonly coefficient: number }[];
}
interface Entry {
  readonly coefficient: number | null;
  readonly p: number | null;
  readonly p_why?: string;
  readonly ci: { readonly low: number; readonly high: number } | null;
  readonly units: readonly UnitEntry[];
  readonly within_groups: readonly { readonly label: string; readonly coefficient: number }[];
  readonly smallest_findable: number;
  readonly verdict: string;
  readonly finding: string;
}

/** The entry of the one method that was asked for. */
function entry(result: Result | undefined): Entry {
  const [found] = methods.flatMap((method) => (result?.[method] === undefined ? [] : [result[method]]));
  return found as Entry;
}

function p(result: Result | undefined): number | null {
  return entry(result).p;
}

/** Questions that are all asked in the same formats, without any relation of x and y over formats. */
function shared(formats: number, questions: number): readonly Row[] {
  return Array.from({ length: questions }, (_, q) =>
    Array.from({ length: formats }, (_f, f) => ({
      f: `f${f}`,
      q: `q${q}`,
      x: ((f * 5) % 12) + 0.1 * ((f + q) % 3),
      y: ((f * 7 + 3) % 13) * (f % 2 === 0 ? 1 : -1) + 10 * q + 0.1 * ((f * q) % 4),
    })),
  ).flat();
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
  const quick = { draws: { samples: 199, seed: 1 } };
  const cases: readonly (readonly [string, Record<string, unknown>])[] = [
    ['plain', {}],
    ['log_x', { transform: { x: 'log' } }],
    ['within', { within: 'question', unit: 'question' }],
    ['partial', { control: ['z'] }],
    ['within_partial', { within: 'question', unit: 'question', control: ['z'] }],
  ];
  for (const [name, options] of cases) {
    it(`gives what scipy gives: ${name}`, async () => {
      const result = await correlated(options);
      expect(result.n).to.equal(expected.n);
      expect(result.excluded).to.equal(rows.length - expected.n);
      for (const method of methods) {
        expect((result[method] as Entry).coefficient, method).to.be.closeTo(
          expected[name]?.[method] ?? NaN,
          1e-12,
        );
      }
    });
  }

  type Values = readonly number[];
  type Matrix = readonly Values[];
  const expectNumber = (found: number | null | undefined, wanted: unknown, what: string): void => {
    if (typeof wanted === 'number') expect(found, what).to.be.closeTo(wanted, 1e-9);
    else expect(found, what).to.equal(null);
  };

  for (const { name, input, expected: golden } of goldenCases<{ x: Matrix; y: Matrix }, string>(
    'format-permutation',
  )) {
    it(`gives what R and Python give over formats: ${name}`, async () => {
      const points = input.x.flatMap((row, q) =>
        row.map((x, f) => ({ q: `q${q}`, f: `f${f}`, x, y: input.y[q]![f]! })),
      );
      for (const method of ['pearson', 'spearman']) {
        const found = entry(
          await correlated({ ...quick, methods: [method], within: 'q', unit: 'f' }, points),
        );
        expectNumber(found.coefficient, golden[`within_${method}`], method);
        const interval = golden[`jackknife_over_formats_${method}`] as Values | undefined;
        expectNumber(found.ci?.low ?? null, interval?.[0], `${method}, low`);
        expectNumber(found.ci?.high ?? null, interval?.[1], `${method}, high`);
        if (method !== 'spearman') continue;
        (golden['by_question_spearman'] as Values).forEach((own, q) => {
          expectNumber(found.within_groups[q]!.coefficient, own, `question ${q}`);
        });
      }
    });
  }

  for (const { name, input, expected: golden } of goldenCases<
    { x: Values; y: Values; groups: readonly string[] },
    string
  >('jackknife')) {
    it(`gives what R and Python give over questions: ${name}`, async () => {
      const points = input.x.map((x, place) => ({ x, y: input.y[place]!, q: input.groups[place]! }));
      const found = entry(
        await correlated({ ...quick, methods: ['pearson'], within: 'q', unit: 'q' }, points),
      );
      expectNumber(found.coefficient, golden['within_pearson'], 'coefficient');
      const [units] = found.units;
      const interval = Number(golden['groups']) < 4 ? undefined : (golden['interval'] as Values);
      expectNumber(found.ci?.low ?? null, interval?.[0], 'low');
      expectNumber(found.ci?.high ?? null, interval?.[1], 'high');
      if (interval === undefined) {
        (golden['by_group'] as Values).forEach((own, q) =>
          expectNumber(units!.own![q]!.coefficient, own, `group ${q}`),
        );
      }
    });
  }

  it('is the same each time, and another by another seed', async () => {
    const points = Array.from({ length: 20 }, (_, i) => ({ x: (i * 7) % 20, y: (i * 3) % 11 }));
    const [first, again, other] = await Promise.all(
      [1, 1, 2].map((seed) => correlated({ methods: ['pearson'], draws: { samples: 199, seed } }, points)),
    );
    expect(first).to.deep.equal(again);
    expect(p(first)).not.to.equal(p(other));
  });

  it('takes formats as the unit of a claim over formats, and questions too where that is said', async () => {
    const points = shared(12, 3);
    const one = entry(await correlated({ ...quick, methods: ['spearman'], within: 'q', unit: 'f' }, points));
    const both = entry(
      await correlated(
        { ...quick, methods: ['spearman'], within: 'q', unit: ['f', 'q'], predicted: 'negative' },
        points,
      ),
    );
    expect(one.units).to.have.length(1);
    expect(one.units[0]).to.deep.include({ unit: 'f', count: 12, draws: 'random 199' });
    expect(one.finding).to.match(/ over 12 values of f, for these 3 values of q/);
    expect(both.coefficient).to.equal(one.coefficient);
    expect([both.ci, both.p]).to.deep.equal([one.ci, one.p]);
    const [, questions] = both.units;
    expect(questions).to.include({ unit: 'q', count: 3, ci: null, p: 0.25 });
    expect(questions?.ci_why).to.equal('3 units are too few for an interval');
    expect(questions?.own?.map(({ label }) => label)).to.deep.equal(['q0', 'q1', 'q2']);
    expect(both.within_groups.map(({ coefficient }) => coefficient)).to.deep.equal(
      questions?.own?.map(({ coefficient }) => coefficient),
    );
  });

  it('marks four to nine units as few, and says what fewer could not show', async () => {
    const points = shared(5, 8);
    const few = entry(await correlated({ ...quick, methods: ['spearman'], within: 'q', unit: 'f' }, points));
    expect(few.units[0]).to.include({ count: 5, few: true, draws: 'all 120' });
    expect(few.finding).to.contain('(few)');
    const three = entry(
      await correlated({ ...quick, methods: ['pearson'], within: 'q', unit: 'f' }, shared(3, 9)),
    );
    expect(three).to.include({ verdict: 'too few', ci: null, p: null });
    expect(three.units[0]?.own).to.have.length(3);
  });

  it('says supported, contradicted or no evidence by its rule', async () => {
    const clear = Array.from({ length: 12 }, (_, f) =>
      ['q0', 'q1'].map((q, i) => ({ f: `f${f}`, q, x: f, y: -f + ((f * 5 + i) % 4) })),
    ).flat();
    const verdict = async (predicted: string, points: readonly Row[]): Promise<Entry> =>
      entry(await correlated({ ...quick, methods: ['spearman'], within: 'q', unit: 'f', predicted }, points));
    expect((await verdict('negative', clear)).verdict).to.equal('supported');
    expect((await verdict('any', clear)).verdict).to.equal('supported');
    expect((await verdict('positive', clear)).verdict).to.equal('contradicted');
    const none = await verdict('negative', shared(12, 3));
    expect(none.verdict).to.equal('no evidence');
    expect(none.smallest_findable).to.be.closeTo(0.576, 0.001);
    expect(none.finding).to.match(/0\.58 is the smallest coefficient to be found/);
  });

  it('takes rows as units where nothing says otherwise, and makes no claim where rows repeat something', async () => {
    const points = shared(6, 2);
    const options = { ...quick, x: 'x', y: 'y', methods: ['pearson'] };
    const plain = await runStage('correlate', options, { inputs: { rows: tableFrom(points) } });
    expect(entry(resultOf(plain)).units[0]).to.include({ unit: 'row', count: 12 });
    const keyed = await runStage('correlate', options, { inputs: { rows: tableFrom(points, ['f', 'q']) } });
    expect(entry(resultOf(keyed))).to.have.all.keys('coefficient');
    expect(keyed.warnings).to.deep.equal([
      'rows repeat f and q, and no unit is named: there is neither p nor interval',
    ]);
  });

  it('matches rows by the rest of the key', async () => {
    // A third column of the key: each question in each format twice.
    const points = shared(6, 4).flatMap((row, i) =>
      [0, 1].map((shot) => ({ ...row, shot, y: Number(row['y']) + ((i * 7 + shot) % 5) })),
    );
    const run = await runStage(
      'correlate',
      { ...quick, x: 'x', y: 'y', methods: ['pearson', 'kendall'], within: 'q', unit: 'f' },
      { inputs: { rows: tableFrom(points, ['f', 'q', 'shot']) } },
    );
    for (const method of ['pearson', 'kendall']) {
      expect((resultOf(run)[method] as Entry).units[0]).to.include({ count: 6, draws: 'all 720' });
    }
    const unkeyed = await correlated({ ...quick, methods: ['pearson'], within: 'q', unit: 'f' }, points);
    expect(entry(unkeyed)).to.include({ p: null, verdict: 'undecided' });
    expect(entry(unkeyed).p_why).to.match(/several points in one slot/);
  });

  it('ranks first, so that what is equal but for rounding is tied or not by its exact value', async () => {
    const of = async (groups: readonly (readonly number[])[]): Promise<number | null> => {
      const points = groups.flatMap((xs, q) => xs.map((x, y) => ({ q: `q${q}`, x, y })));
      return entry(await correlated({ ...quick, methods: ['spearman'], within: 'q', unit: 'q' }, points))
        .coefficient;
    };
    expect(
      await of([
        [0, 0, 1],
        [1, 1, 2],
        [5, 5, 6],
        [10, 10, 11],
      ]),
    ).to.be.closeTo(Math.sqrt(3) / 2, 1e-15);
    expect(
      await of([
        [0.1, 0.1, 0.7],
        [1 / 3, 1 / 3, 0.5],
        [1e15, 1e15, 1e15 + 1],
        [-7, -7, 1e-300],
      ]),
    ).to.be.closeTo(Math.sqrt(3) / 2, 1e-15);
    // 0.1 + 0.2 is not 0.3: no tie.
    expect(
      await of([
        [0.3, 0.1 + 0.2, 1],
        [1, 2, 3],
      ]),
    ).to.equal(1);
  });

  it('refuses rows without a label of a group or a unit', async () => {
    const points: readonly Row[] = [...shared(4, 2), { f: null, q: 'q0', x: 1, y: 1 }];
    const over = (options: Record<string, unknown>): Promise<Result> =>
      correlated({ ...quick, ...options }, points);
    expect(await failureOf(over({ within: 'q', unit: 'f' }))).to.deep.include({
      code: 'label-missing',
      message: '1 of 9 rows have no `f`',
      path: ['unit'],
    });
    expect((await failureOf(over({ within: 'f', unit: 'q' }))).path).to.deep.equal(['within']);
  });

  it('says undefined, and why, where there is no correlation', async () => {
    const of = async (points: readonly Row[], options: Record<string, unknown> = {}): Promise<StageRun> =>
      runStage('correlate', { x: 'x', y: 'y', ...options }, { inputs: { rows: tableFrom(points) } });
    const constant = await of([1, 2, 3].map((x) => ({ x, y: 5 })));
    expect(resultOf(constant)['pearson']).to.deep.include({
      coefficient: null,
      why: 'one side is constant',
      verdict: 'undefined',
      finding: 'undefined: one side is constant',
    });
    expect(constant.warnings).to.deep.equal(['there is no correlation of x and y: one side is constant']);
    const few = await of([1, 2].map((x) => ({ x, y: -x })));
    expect(resultOf(few)['spearman']).to.include({ coefficient: null, why: 'fewer than three points' });
    const controlled = await of(
      [3, 1, 2].map((x, i) => ({ x, y: i, z: x + i })),
      { control: ['z'] },
    );
    expect(resultOf(controlled)['pearson']).to.include({
      coefficient: null,
      why: 'no degrees of freedom are left after the controls',
    });
    expect(JSON.stringify([constant, few, controlled])).not.to.contain('NaN');
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
      { x: 'xx', y: 'name', within: 'questoin', control: ['w'], unit: ['fromat', 'question'] },
      { rows: shapeOf(tableFrom([{ x: 1, name: 'a', question: 'q', format: 'f' }])) },
    );
    expect(problems.map(({ path, found }) => [path.join('.'), found])).to.deep.equal([
      ['x', 'xx'],
      ['control.0', 'w'],
      ['within', 'questoin'],
      ['unit.0', 'fromat'],
      ['y', 'name'],
    ]);
    const [unitless] = problemsOf(
      'correlate',
      { x: 'x', y: 'x', within: 'question' },
      { rows: shapeOf(tableFrom([{ x: 1, question: 'q' }])) },
    );
    expect(unitless?.message).to.match(/needs `unit`/);
  });
});
