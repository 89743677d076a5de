import { expect } from 'chai';
import type { Row } from '../../../src/table/table.ts';
import { failureOf, problemsOf, rowsOf, runStage, shapeOf, tableFrom } from '../../support/stage-rig.ts';

/** Two items; what a phrase does to each, and what each control does to each. */
function phrase(
  source: string,
  trigger: string,
  own: readonly number[],
  controls: readonly (readonly number[])[],
): readonly Row[] {
  return own.map((improvement, item) => ({
    source,
    trigger,
    item,
    improvement,
    control_improvements: controls.map((each) => each[item]!),
  }));
}

const nineteen = Array.from({ length: 19 }, (_, draw) => [draw, draw + 2]);

describe('controls', () => {
  it('ranks the mean of a phrase among the means of its controls, on the same items', async () => {
    const rows = tableFrom([
      // Mean 17.5; the means of controls are 1, 2, ..., 19: two are at least as large.
      ...phrase('a', 'x', [15, 20], nineteen),
      ...phrase('a', 'y', [100, 0], nineteen),
      ...phrase('b', 'z', [1, 0], nineteen),
    ]);
    const found = rowsOf(await runStage('controls', {}, { inputs: { rows } }));
    expect(
      found.map(({ trigger, effect, control_mean, excess, p, clusters, controls }) => [
        trigger,
        effect,
        control_mean,
        excess,
        p,
        clusters,
        controls,
      ]),
    ).to.deep.equal([
      ['y', 50, 10, 40, 1 / 20, 2, 19],
      ['x', 17.5, 10, 7.5, 3 / 20, 2, 19],
      ['z', 0.5, 10, -9.5, 1, 2, 19],
    ]);
    // Holm over three; 19 controls can give 1 / 20 at best, times three.
    expect(found.map((row) => row['p_adjusted'])).to.deep.equal([3 * (1 / 20), 2 * (3 / 20), 1]);
    for (const row of found) expect(row).to.include({ verdict: 'too few' });
    expect(found[0]!['note']).to.match(/with 19 controls p_adjusted cannot be under 0\.15/);
    // Differences of the items from their own controls' means: 15 - 9 and 20 - 11, by Student's t with one degree.
    const half = 12.706204736174698 * 1.5;
    expect(found[1]!['ci_low']).to.be.closeTo(7.5 - half, 1e-9);
    expect(found[1]!['ci_high']).to.be.closeTo(7.5 + half, 1e-9);
  });

  it('says helps only of what survives the correction, and no evidence of the rest', async () => {
    const many = Array.from({ length: 99 }, (_, draw) => [draw / 99, draw / 99]);
    const rows = tableFrom([
      ...phrase('a', 'x', [2, 3], many),
      ...phrase('b', 'y', [0.985, 0.985], many),
      ...phrase('c', 'z', [0.2, 0.1], many),
    ]);
    const found = rowsOf(await runStage('controls', { by: ['source'] }, { inputs: { rows } }));
    expect(found.map(({ source, p, p_adjusted, verdict }) => [source, p, p_adjusted, verdict])).to.deep.equal(
      [
        ['a', 0.01, 0.03, 'helps'],
        ['b', 0.02, 0.04, 'helps'],
        ['c', 0.85, 0.85, 'no evidence'],
      ],
    );
    const [only] = rowsOf(
      await runStage('controls', { by: ['source'], level: 0.97 }, { inputs: { rows } }),
    ).slice(1);
    expect(only).to.include({ source: 'b', verdict: 'no evidence' });
  });

  it('leaves what is undefined undefined, in words', async () => {
    const rows = tableFrom(phrase('a', 'x', [1, NaN], nineteen));
    const [row] = rowsOf(await runStage('controls', {}, { inputs: { rows } }));
    expect(row).to.include({
      effect: null,
      p: null,
      p_adjusted: null,
      excess: null,
      ci_low: null,
      verdict: 'undefined',
    });
    expect(row!['note']).to.equal('no effect, p, ci: a value is missing');
    const none = tableFrom(phrase('a', 'x', [1, 2], []));
    const [without] = rowsOf(await runStage('controls', {}, { inputs: { rows: none } }));
    expect(without).to.include({ effect: 1.5, p: null, controls: 0, verdict: 'undefined' });
    expect(without!['note']).to.match(/there are no controls/);
  });

  it('says what is wrong', async () => {
    const rows = tableFrom(phrase('a', 'x', [1, 2], nineteen));
    expect(
      problemsOf('controls', { by: ['sourse'] }, { rows: shapeOf(rows) }).map(({ path, found }) => [
        path.join('.'),
        found,
      ]),
    ).to.deep.equal([['by.0', 'sourse']]);
    const failure = await failureOf(runStage('controls', { controls: 'improvement' }, { inputs: { rows } }));
    expect(failure).to.deep.include({ code: 'controls-missing', path: ['controls'] });
  });
});
