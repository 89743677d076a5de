import { expect } from 'chai';
import { diffRuns, type RecordedRun } from '../../../src/engine/diff/diff-runs.ts';
import { float32Noise } from '../../../src/engine/diff/noise.ts';
import { diffTables } from '../../../src/engine/diff/tables.ts';
import { exact } from '../../../src/engine/diff/values.ts';
import type { RunStage } from '../../../src/engine/record.ts';
import type { Row, Table } from '../../../src/table/table.ts';
import { type Made, makeArtifacts, makeRun, readFrom } from './runs.ts';

const table = (row: Row): Table => ({
  columns: [
    { name: 'format', type: 'string' },
    { name: 'log_prob', type: 'number', unit: 'nats' },
    { name: 'target_bits', type: 'number', unit: 'bits' },
    { name: 'token_log_probs', type: 'json', unit: 'nats' },
    { name: 'top_tokens', type: 'json' },
    { name: 'perplexity', type: 'number' },
    { name: 'r', type: 'number' },
    { name: 'rank', type: 'integer' },
  ],
  key: ['format'],
  rows: [{ format: 'plain', ...row }],
});
const ROW = {
  log_prob: -2,
  target_bits: 2.9,
  token_log_probs: [-1, -1],
  top_tokens: [{ id: 1, log_prob: -0.5 }],
  perplexity: 50,
  r: 0.5,
  rank: 3,
};

/** Each difference on its own, and whether it is noise; 1e-4 nats are 1.4427e-4 bits, and a factor of 1.0001. */
const CASES: readonly [string, Row, { readonly noise: boolean; readonly derived?: boolean }][] = [
  ['a little less than 1e-4 nats', { log_prob: -2.00009 }, { noise: true }],
  ['a little more', { log_prob: -2.00011 }, { noise: false }],
  ['1.4e-4 bits', { target_bits: 2.90014 }, { noise: true }],
  ['1.5e-4 bits', { target_bits: 2.90015 }, { noise: false }],
  ['a list of log-probabilities', { token_log_probs: [-1.00001, -1] }, { noise: true }],
  ['a list of another length', { token_log_probs: [-1] }, { noise: false }],
  ['a likely token', { top_tokens: [{ id: 1, log_prob: -0.50001 }] }, { noise: true }],
  ['another likely token', { top_tokens: [{ id: 2, log_prob: -0.5 }] }, { noise: false }],
  ['a perplexity by a factor', { perplexity: 50.004 }, { noise: true }],
  ['a perplexity by a larger one', { perplexity: 50.006 }, { noise: false }],
  ['a number without a unit', { r: 0.50001 }, { noise: false }],
  ['such a number that only noise reached', { r: 0.50001 }, { noise: true, derived: true }],
  ['a whole number', { rank: 4 }, { noise: false, derived: true }],
  ['a missing one', { log_prob: null }, { noise: false, derived: true }],
];

describe('noise', () => {
  for (const [title, edit, { noise, derived = false }] of CASES) {
    it(`${noise ? 'is' : 'is not'} ${title}`, () => {
      const diff = diffTables(table(ROW), table({ ...ROW, ...edit }), exact, { ...float32Noise, derived });
      expect(diff.changed).to.have.length(noise ? 0 : 1);
      expect(diff.rows.withinNoise).to.equal(noise ? 1 : undefined);
    });
  }

  const before = makeArtifacts(-4);
  const near = makeArtifacts(-4.00001);
  const keyOf = (stage: RunStage, inputs: Record<string, string>) => ({ ...stage.key!, inputs });

  /** A run of one pipeline: keys differ by what upstream stages gave alone. */
  function computed(id: string, made: Made): RecordedRun {
    const run = makeRun(id, made);
    const stages = run.record.stages.map((stage): RunStage => {
      const isRoot = stage.name === 'variants' || stage.name === 'scores';
      return {
        ...stage,
        from: isRoot ? {} : { rows: 'scores' },
        key: keyOf(stage, isRoot ? {} : { rows: id }),
      };
    });
    return { ...run, record: { ...run.record, stages } };
  }

  it('is told as noise all the way to what has no unit, with counts, unless a tolerance is asked for', async () => {
    const readArtifact = readFrom(['a', before], ['b', near]);
    const [a, b] = [computed('a', before), computed('b', near)];
    const { stages, noise } = await diffRuns(a, b, { readArtifact });
    expect(noise).to.equal(1e-4);
    const results = Object.fromEntries(stages.map(({ name, result }) => [name, result]));
    expect(results).to.include({
      scores: 'within-noise',
      effectiveness: 'within-noise',
      correlation: 'within-noise',
    });
    expect(stages.find(({ name }) => name === 'scores')?.table?.rows).to.deep.equal({
      before: 6,
      after: 6,
      unchanged: 4,
      withinNoise: 2,
    });
    const strict = await diffRuns(a, b, { readArtifact, tolerance: exact });
    expect(strict.stages.find(({ name }) => name === 'scores')?.result).to.equal('changed');
    expect(strict.noise).to.equal(undefined);
  });
});
