import { expect } from 'chai';
import type { Artifact } from '../../../src/engine/artifact.ts';
import { tQuantile, tTwoSided } from '../../../src/statistics/distributions/student-t.ts';
import type { Cell, Row } from '../../../src/table/table.ts';
import { failureOf, problemsOf, rowsOf, runStage, shapeOf, tableFrom } from '../../support/stage-rig.ts';

const df = 9;

/** A row as `compare` gives it: a difference of which the standard error is known. */
function comparison(format: string, difference: number, error: number, more: Row = {}): Row {
  const half = tQuantile(0.975, df) * error;
  return {
    format,
    against: 'plain',
    difference,
    ci_low: difference - half,
    ci_high: difference + half,
    p: tTwoSided(difference / error, df),
    p_adjusted: tTwoSided(difference / error, df),
    verdict: 'no evidence',
    clusters: 10,
    df,
    level: 0.95,
    ...more,
  };
}

async function judged(
  gates: Record<string, unknown>,
  inputs: Readonly<Record<string, Artifact>>,
  more: Record<string, unknown> = {},
): Promise<Readonly<Record<string, Row>>> {
  const options = JSON.parse(JSON.stringify({ gates, ...more })) as Record<string, never>;
  const run = await runStage('expect', options, { inputs });
  const rows = rowsOf(run);
  expect(run.gates.map(({ name, result, breaks }) => [name, result, breaks])).to.deep.equal(
    rows.map(({ gate, result, breaks }) => [gate, result, breaks]),
  );
  return Object.fromEntries(rows.map((row) => [String(row['gate']), row]));
}

const chat = { where: { format: 'chat' }, unit: 'item' };

describe('expect', () => {
  it('decides one gate on an interval as the printed interval says, with the p of its t', async () => {
    for (const [bounds, result] of [
      [{ above: 0.1 }, 'holds'],
      [{ above: 0.5 }, 'undecided'],
      [{ above: 2 }, 'fails'],
      [{ below: 2 }, 'holds'],
      [{ below: 1.2 }, 'undecided'],
      [{ below: 0.2 }, 'fails'],
      [{ above: 0, below: 2 }, 'holds'],
      [{ above: 0.5, below: 5 }, 'undecided'],
      [{ above: 2, below: 5 }, 'fails'],
    ] as const) {
      // 95 %: 1 - 2.262 * 0.3 = 0.321 to 1.679
      const rows = tableFrom([comparison('chat', 1, 0.3)]);
      const { gate } = await judged({ gate: { ...chat, interval: bounds } }, { rows });
      expect(gate!['result'], JSON.stringify(bounds)).to.equal(result);
      const { above, below } = bounds as { above?: number; below?: number };
      if (above !== undefined && below !== undefined) continue;
      const expected = tTwoSided((1 - (above ?? below)!) / 0.3, df);
      expect(gate!['p']).to.be.closeTo(expected, 1e-9 * expected);
    }
  });

  it('tests equivalence by the larger of two one-sided p values, on one side where that is asked', async () => {
    const rows = tableFrom([comparison('chat', 0.2, 0.3)]);
    const interval = { above: -0.8, below: 0.8 };
    const both = await judged({ gate: { ...chat, interval } }, { rows });
    const one = await judged({ gate: { ...chat, interval, sides: 1 } }, { rows });
    const nearer = tTwoSided(0.6 / 0.3, df) / 2;
    expect(both['gate']).to.deep.include({ result: 'undecided' });
    expect(both['gate']!['p']).to.be.closeTo(2 * nearer, 1e-12);
    expect(one['gate']).to.deep.include({ result: 'holds' });
    expect(one['gate']!['p']).to.be.closeTo(nearer, 1e-12);
  });

  it('corrects all gates that have a p as one family, by Holm', async () => {
    // p = 0.0300 each by itself: with 9 degrees of freedom 2.57 errors.
    const t = 2.57;
    const rows = tableFrom([
      comparison('chat', t, 1),
      comparison('code', t, 1),
      comparison('json', 9, 1),
      comparison('bare', 0, 1),
    ]);
    const positive = (format: string) => ({ where: { format }, unit: 'item', p: 'positive' });
    const p = tTwoSided(t, df);
    const family = await judged(
      {
        a: positive('chat'),
        b: positive('json'),
        c: positive('bare'),
        d: { where: { format: 'code' }, value: { atLeast: 2 } },
      },
      { rows },
    );
    expect(family['a']).to.deep.include({ result: 'undecided' });
    expect(family['a']!['p_adjusted']).to.be.closeTo(2 * p, 1e-12);
    expect(family['b']).to.deep.include({ result: 'holds' });
    expect(family['b']!['p_adjusted']).to.be.closeTo(3 * tTwoSided(9, df), 1e-12);
    expect(family['d']).to.deep.include({ result: 'holds', p: null, p_adjusted: null });
    const alone = await judged({ a: positive('chat') }, { rows });
    expect(alone['a']).to.deep.include({ result: 'holds' });
    const other = await judged({ a: { ...positive('chat'), p: 'negative' } }, { rows });
    expect(other['a']).to.deep.include({ result: 'fails', breaks: true });
  });

  it('corrects a p once: not for the rows of its stage, of which the gate names one', async () => {
    const p = tTwoSided(2.9, df);
    const corrected = { p_adjusted: Math.min(1, 6 * p) };
    const rows = tableFrom([
      comparison('chat', 2.9, 1, { ...corrected, verdict: 'no evidence' }),
      comparison('json', 9, 1, { verdict: 'better' }),
    ]);
    const { one } = await judged({ one: { ...chat, p: 'positive' } }, { rows });
    expect(one).to.deep.include({ result: 'holds', p });
    const { verdict } = await judged({ verdict: { ...chat, verdict: 'better' } }, { rows });
    expect(verdict).to.deep.include({ result: 'undecided', note: 'the verdict is no evidence' });
    const json = { where: { format: 'json' }, unit: 'item', verdict: 'better' };
    expect((await judged({ json }, { rows }))['json']).to.deep.include({ result: 'holds' });
  });

  it('reads the evidence of a value over the unit that it names, on the scale of Fisher', async () => {
    const [z, error] = [Math.atanh(-0.7), 0.2];
    const half = tQuantile(0.975, 11) * error;
    const ci = { level: 0.95, low: Math.tanh(z - half), high: Math.tanh(z + half) };
    const value: Cell = {
      spearman: {
        coefficient: -0.7,
        p: 0.3,
        ci: null,
        verdict: 'supported',
        units: [
          { unit: 'format', count: 12, p: 0.002, ci },
          { unit: 'question', count: 3, p: 0.25, ci: null, ci_why: '3 units are too few for an interval' },
        ],
      },
    };
    const inputs = { rows: { type: 'value', value } } as const;
    const over = (unit: string, claim: object) =>
      judged({ gate: { path: 'spearman', unit, ...claim } }, inputs);
    const { gate } = await over('format', { interval: { below: -0.3 } });
    expect(gate).to.deep.include({ result: 'holds', units: 12, estimate: -0.7, ci_high: ci.high });
    expect(gate!['p']).to.be.closeTo(tTwoSided((z - Math.atanh(-0.3)) / error, 11), 1e-9);
    expect((await over('format', { p: 'negative' }))['gate']).to.deep.include({ result: 'holds', p: 0.002 });
    expect((await over('format', { verdict: 'supported' }))['gate']).to.deep.include({ result: 'holds' });
    expect((await over('format', { verdict: 'contradicted' }))['gate']).to.deep.include({ result: 'fails' });
    expect((await over('question', { p: 'negative' }))['gate']).to.deep.include({
      result: 'undecided',
      units: 3,
      note: 'fewer units than the minimum of 5',
    });
    const low = await judged(
      { gate: { path: 'spearman', unit: 'question', interval: { below: 0 }, minimum: 2 } },
      inputs,
    );
    expect(low['gate']).to.deep.include({ result: 'undecided', note: '3 units are too few for an interval' });
    expect((await over('item', { p: 'negative' }))['gate']!['note']).to.match(/format, question, not item/);
  });

  it('leaves what is undefined undecided, in words, and breaks by it only where that is asked', async () => {
    const undefinedOne = comparison('chat', 0, 1, {
      difference: null,
      ci_low: null,
      p: null,
      p_adjusted: null,
      verdict: 'undefined',
      note: 'no difference: no values',
    });
    const rows = tableFrom([undefinedOne]);
    const gates = {
      interval: { ...chat, interval: { above: 0 } },
      p: { ...chat, p: 'positive' },
      verdict: { ...chat, verdict: 'higher' },
      value: { ...chat, value: { above: 0 } },
    };
    const passing = await judged(gates, { rows });
    for (const row of Object.values(passing)) {
      expect(row).to.deep.include({ result: 'undecided', breaks: false, p: null });
      expect(row['note']).to.match(/no values|the verdict is undefined/);
    }
    const breaking = await judged(
      { ...gates, p: { ...gates.p, undecided: 'passes' } },
      { rows },
      { undecided: 'breaks' },
    );
    expect(Object.values(breaking).map(({ breaks }) => breaks)).to.deep.equal([true, false, true, true]);
    const flat = tableFrom([comparison('chat', 1, 0)]);
    expect(
      (await judged({ gate: { ...chat, interval: { above: 0 } } }, { rows: flat }))['gate']!['note'],
    ).to.match(/no width/);
  });

  it('says what is wrong before it runs', () => {
    const rows = tableFrom([comparison('chat', 1, 0.3)]);
    const shape = shapeOf(rows);
    const sampled =
      shape.type === 'table'
        ? {
            ...shape,
            columns: shape.columns.map((column) =>
              column.name === 'clusters' ? { ...column, unit: 'question' } : column,
            ),
          }
        : shape;
    const messages = (gate: object, inputs = { rows: shape }): readonly string[] =>
      problemsOf('expect', JSON.parse(JSON.stringify({ gates: { gate } })) as never, inputs).map(
        ({ message }) => message,
      );
    expect(messages({ ...chat })).to.deep.equal(['a gate claims one thing, and this one claims nothing']);
    expect(messages({ ...chat, p: 'any', value: { above: 1 } })[0]).to.match(/claims value and p/);
    expect(messages({ where: { format: 'chat' }, p: 'any' })[0]).to.match(/a p needs `unit`/);
    expect(messages({ ...chat, where: { fromat: 'chat' }, p: 'any' })[0]).to.match(/no column `fromat`/);
    expect(messages({ ...chat, p: 'any' }, { rows: sampled })[0]).to.match(
      /over `question`, not over `item`/,
    );
    expect(messages({ ...chat, input: 'row', p: 'any' })[0]).to.match(/no input `row`/);
    expect(messages({ ...chat, path: 'pearson', p: 'any' })[0]).to.match(/is a table, not a value/);
  });

  it('names the row and the place that are not there', async () => {
    const rows = tableFrom([comparison('chat', 1, 0.3), comparison('code', 1, 0.3)]);
    const failing = (gate: object, input: Artifact = rows) => failureOf(judged({ gate }, { rows: input }));
    expect(await failing({ ...chat, where: { format: 'chta' }, p: 'any' })).to.deep.include({
      code: 'gate-row',
      path: ['gates', 'gate', 'where', 'format'],
      found: 'chta',
      candidates: ['chat', 'code'],
    });
    expect(await failing({ ...chat, where: { against: 'plain' }, p: 'any' })).to.deep.include({
      found: '2 rows of 2',
    });
    const value: Artifact = { type: 'value', value: { pearson: { coefficient: 0.5 } } };
    expect(await failing({ path: 'spearman', value: { above: 0 } }, value)).to.deep.include({
      code: 'path-not-found',
      candidates: ['pearson'],
    });
  });
});
