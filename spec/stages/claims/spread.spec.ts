import { expect } from 'chai';
import type { Cell, Row } from '../../../src/table/table.ts';
import {
  failureOf,
  problemsOf,
  runStage,
  shapeOf,
  tableFrom,
  valueOf,
  type StageRun,
} from '../../support/stage-rig.ts';
import { goldenCases } from '../../support/golden-statistics.ts';

type Value = Readonly<Record<string, Cell>>;

interface Spread {
  readonly items: number;
  readonly left_out: number;
  readonly unit?: string;
  readonly spread: { readonly value: number; readonly ci: Value; readonly excess: Cell };
  readonly noise_floor: Value;
  readonly agreement: Value;
  readonly leave_one_out_tau: Value;
  readonly quantiles: readonly { readonly probability: number; readonly value: number }[];
  readonly pairs_told_apart: number;
  readonly note?: string;
  readonly groups: readonly (readonly string[])[];
  readonly formats: readonly Value[];
}

function rowsOfMatrix(matrix: readonly (readonly (number | null)[])[]): readonly Row[] {
  return matrix.flatMap((values, item) =>
    values.map((y, format): Row => ({ format: `f${format}`, item, y })),
  );
}

function run(rows: readonly Row[], options: Record<string, unknown> = {}): Promise<StageRun> {
  return runStage(
    'spread',
    { by: 'format', measure: 'y', draws: { samples: 199, seed: 1 }, ...options },
    { inputs: { rows: tableFrom(rows, ['format', 'item']) } },
  );
}

async function spreadOf(
  matrix: readonly (readonly number[])[],
  options?: Record<string, unknown>,
): Promise<Spread> {
  return valueOf(await run(rowsOfMatrix(matrix), options)) as unknown as Spread;
}

/** Twelve items; three good formats that differ by noise, two bad ones. */
const matrix = Array.from({ length: 12 }, (_, item) =>
  [0, 0, 0, -5, -9].map((own, format) => own - item + 0.3 * (((item * 7 + format * 5) % 11) - 5)),
);

describe('spread', () => {
  for (const { name, input, expected } of goldenCases<{ matrix: readonly (readonly number[])[] }, string>(
    'spread',
  )) {
    it(`has the spread that Python and R give: ${name}`, async () => {
      const found = await spreadOf(input.matrix);
      expect(found.spread.value).to.be.closeTo(Number(expected['spread']), 1e-12);
      expect(found.items).to.equal(expected['questions']);
      expect(found.formats).to.have.length(Number(expected['formats']));
      if (name === 'one_question') {
        expect(found.noise_floor).to.deep.equal({
          value: null,
          why: 'one item: nothing tells its formats from chance',
        });
        expect(found.spread.excess).to.deep.equal(found.noise_floor);
        expect(found.agreement['value']).to.equal(null);
      } else {
        // Other shuffles than those of the golden file: the same to sampling error.
        expect(found.noise_floor['mean']).to.be.closeTo(Number(expected['noise_floor_mean']), 0.15);
        expect(found.noise_floor['p']).to.be.closeTo(Number(expected['p']), 0.1);
      }
    });
  }

  for (const { name, input, expected } of goldenCases<readonly (readonly number[])[], string>(
    'concordance',
  )) {
    it(`has Kendall's W: ${name}`, async () => {
      const { agreement } = await spreadOf(input);
      if (expected['w'] === null) expect(agreement['value']).to.equal(null);
      else expect(agreement['w']).to.be.closeTo(Number(expected['w']), 1e-12);
    });
  }

  it('ranks in groups of formats that cannot be told apart', async () => {
    const found = await spreadOf(matrix);
    expect(found.groups.map((group) => group.toSorted())).to.deep.equal([['f0', 'f1', 'f2'], ['f3'], ['f4']]);
    expect(found.formats.map(({ rank_from, rank_to }) => [rank_from, rank_to])).to.deep.equal([
      [1, 3],
      [1, 3],
      [1, 3],
      [4, 4],
      [5, 5],
    ]);
    expect(found.pairs_told_apart).to.equal(7);
    expect(found).not.to.have.property('note');
    expect(found.spread.ci['low']).to.be.below(found.spread.value);
    expect(found.spread.ci['high']).to.be.above(found.spread.value);
    expect(found.noise_floor['p']).to.equal(1 / 200);
    expect(found.leave_one_out_tau['smallest']).to.be.within(0.5, 1);
    expect(found.quantiles.map(({ probability }) => probability)).to.deep.equal([0.05, 0.5, 0.95]);
    const means = found.formats.map((format) => Number(format['mean']));
    expect(means).to.deep.equal(means.toSorted((a, b) => b - a));
    expect(found.quantiles[1]!.value).to.be.closeTo(means[2]!, 1e-12);
  });

  it('tells nothing apart that too few items cannot, and says so', async () => {
    const found = await spreadOf(matrix.slice(0, 3));
    expect(found.groups).to.have.length(1);
    expect(found.note).to.match(/^with 3 items and 10 pairs .* none can be told apart$/);
    expect(found.spread.ci).to.deep.equal({ value: null, why: '3 items are too few for an interval' });
    // By t three items may do.
    expect((await spreadOf(matrix.slice(0, 3), { test: 't' })).groups.length).to.be.above(1);
  });

  it('leaves out items that lack a format, and fails where none are left', async () => {
    const withHole = [...matrix.map((row): (number | null)[] => [...row]), [1, null, 2, 3, 4]];
    const found = await run(rowsOfMatrix(withHole));
    expect(found.warnings).to.deep.equal([
      '1 of 13 items lack a finite y under some format; they are left out',
    ]);
    expect(valueOf(found)).to.deep.include({ items: 12, left_out: 1 });
    expect(
      await failureOf(
        run(
          rowsOfMatrix([
            [1, null],
            [null, 2],
          ]),
        ),
      ),
    ).to.include({ code: 'nothing-to-compare' });
    expect(await failureOf(run(rowsOfMatrix([[1], [2]])))).to.include({ code: 'nothing-to-compare' });
  });

  it('takes right and wrong answers', async () => {
    const rows = Array.from({ length: 10 }, (_, item) => [
      { format: 'good', item, y: true },
      { format: 'bad', item, y: item === 0 },
    ]).flat();
    const found = valueOf(await run(rows)) as unknown as Spread;
    expect(found.spread.value).to.be.closeTo(0.9, 1e-12);
    expect(found.groups).to.deep.equal([['good'], ['bad']]);
  });

  it('says what is wrong before it runs', () => {
    const problems = problemsOf(
      'spread',
      { by: 'fromat', measure: 'z' },
      { rows: shapeOf(tableFrom([{ format: 'a', item: 1, y: 1 }], ['format', 'item'])) },
    );
    expect(problems.map(({ path, found }) => [path.join('.'), found])).to.deep.equal([
      ['by', 'fromat'],
      ['measure', 'z'],
    ]);
  });
});
