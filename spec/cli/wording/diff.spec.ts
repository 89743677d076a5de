import { expect } from 'chai';
import picocolors from 'picocolors';
import { diffRuns } from '../../../src/engine/diff/diff-runs.ts';
import { wordDiff } from '../../../src/cli/wording/diff/run-diff.ts';
import type { Row } from '../../../src/table/table.ts';
import { type Made, makeArtifacts, makeRun, readFrom, resolved } from '../../engine/diff/runs.ts';

const style = { colors: picocolors.createColors(false), most: 10 };

describe('wordDiff', () => {
  const before = makeArtifacts(-4);
  const edited = makeArtifacts(-1, 'Q: {{ question }}');
  const readArtifact = readFrom(['a', before], ['b', edited]);
  const a = makeRun('a', before);
  const b = makeRun('b', edited, {
    pipeline: { ...a.record.pipeline, resolved: resolved('Q: {{ question }}') },
  });

  it('two identical runs take one line', async () => {
    const diff = await diffRuns(a, makeRun('c', before), { readArtifact });
    expect(wordDiff(diff, style)).to.equal(
      'a and c are identical: the same pipeline, models, versions and results (6 stages).\n',
    );
  });

  it('a diff names the edit, the rows with their change, and who moved in the ranking', async () => {
    expect(wordDiff(await diffRuns(a, b, { readArtifact }), style)).to.equal(`a -> b

pipeline
  variants: option formats.plain.template: "{{ question }}" -> "Q: {{ question }}"

variants: 2 of 2 rows changed (ran: input rows changed)
  format=plain, question=What is the capital of Germany?  prompt  "What is the capital of Germany?" -> "Q: What is the capital of Germany?"
  format=plain, question=What is the sum of 45 and 67?    prompt  "What is the sum of 45 and 67?" -> "Q: What is the sum of 45 and 67?"

scores: 2 of 6 rows changed (ran: input rows changed)
  mean change of target_log_prob +1 nats, no interval: the units do not differ, 2 up, 4 equal
  format=plain, question=What is the capital of Germany?  target_log_prob  -4 -> -1  +3
  format=plain, question=What is the sum of 45 and 67?    target_log_prob  -5 -> -2  +3

effectiveness: 3 of 3 rows changed (ran: input rows changed)
  mean change of mean +1 nats, 95 % [-3.3027, +5.3027] by format (3), 1 up, 2 equal
  plain  mean  -4.5000 -> -1.5000  +3
  ranking
    plain  3 -> 1  up 2
    chat   1 -> 2  down 1
    json   2 -> 3  down 1

correlation: 1 value changed (ran: input rows changed)
  pearson: -0.4000 -> -0.1000 (+0.3000)

findings: 3 lines added, 3 removed (ran: input rows changed)
    # Findings

  - 1. chat
  - 2. json
  - 3. plain
  + 1. plain
  + 2. chat
  + 3. json

chart: figure changed in its data (ran: input rows changed)
`);
  });

  it('a diff shows the largest changes first and counts the rest', async () => {
    const text = wordDiff(await diffRuns(a, b, { readArtifact }), { ...style, most: 1 });
    expect(text).to.contain('target_log_prob  -4 -> -1  +3\n  ... and 1 more (--all)');
    expect(text).to.contain('    plain  3 -> 1  up 2\n    ... and 2 more (--all)');
  });

  it('a diff shows every cell on demand', async () => {
    const scores = before.scores;
    if (scores?.type !== 'table') throw new Error('scores are a table');
    const rows = scores.table.rows.map((row) => ({ ...row, target_log_prob: -1.25, entropy: 9.5 }));
    const moved = { ...before, scores: { ...scores, table: { ...scores.table, rows } } };
    const diff = await diffRuns(a, makeRun('d', moved), {
      readArtifact: readFrom(['a', before], ['d', moved]),
    });
    expect(wordDiff(diff, { ...style, most: Number.POSITIVE_INFINITY })).to.contain(
      '  target_log_prob  -4.0000 -> -1.2500  +2.7500\n      entropy: 2.0000 -> 9.5000 (+7.5000)\n',
    );
    expect(wordDiff(diff, style)).to.contain('+2.7500  also entropy\n');
  });

  it('a diff names what is equal within noise, with counts, and the code that changed', async () => {
    const near = makeArtifacts(-4.00001);
    const c = makeRun('c', near);
    const stages = c.record.stages.map((stage) =>
      stage.name === 'variants'
        ? { ...stage, uses: './own.ts', key: { ...stage.key!, source: { 'lib/mark.ts': 'aa' } } }
        : stage,
    );
    const diff = await diffRuns(
      a,
      { ...c, record: { ...c.record, stages } },
      {
        readArtifact: readFrom(['a', before], ['c', near]),
      },
    );
    const text = wordDiff(diff, style);
    expect(text).to.contain('code\n  lib/mark.ts is new (variants)\n');
    expect(text).to.match(
      /^Equal within noise: scores \(2 of 6 rows, by at most 0\.0000\d+ nats\) and effectiveness/m,
    );
    expect(text).to.match(/^The same in both runs: \d stages$/m);
  });

  it('a diff says how rows were paired where no key did it', async () => {
    const made = (rows: readonly Row[]): Made => ({
      scores: {
        type: 'table',
        table: {
          columns: [
            { name: 'word', type: 'string' },
            { name: 'n', type: 'number' },
          ],
          key: [],
          rows,
        },
      },
    });
    const [old, now] = [
      made([
        { word: 'a', n: 1 },
        { word: 'b', n: 2 },
      ]),
      made([
        { word: 'z', n: 3 },
        { word: 'a', n: 1 },
        { word: 'b', n: 4 },
      ]),
    ];
    const diff = await diffRuns(makeRun('a', old), makeRun('b', now), {
      readArtifact: readFrom(['a', old], ['b', now]),
    });
    expect(wordDiff(diff, style)).to.equal(`a -> b

scores: 1 of 3 rows changed, 1 added (ran: input rows changed)
  + z  n 3
  b  n  2 -> 4  +2

Rows are paired without a key that the data declare: scores by word
`);
  });

  it('a diff tells of a renamed option once, and once of rows that a stage passes on', async () => {
    const renamed = (name: string) => ({
      stages: { variants: { uses: 'variants', with: { formats: { [name]: { template: 'x' } } } } },
    });
    const passed = (made: Made): Made => ({ variants: made.variants!, scores: made.variants! });
    const [old, now] = [passed(before), passed(edited)];
    const runs = [makeRun('a', old), makeRun('b', now)].map((run, i) => ({
      ...run,
      record: {
        ...run.record,
        pipeline: { ...run.record.pipeline, resolved: renamed(i === 0 ? 'qa' : 'question') },
      },
    }));
    const diff = await diffRuns(runs[0]!, runs[1]!, { readArtifact: readFrom(['a', old], ['b', now]) });
    const text = wordDiff(diff, style);
    expect(text).to.contain('pipeline\n  variants: option formats.qa is now called question\n');
    expect(text).to.contain(
      'scores: 2 of 2 rows changed, as in variants and in nothing else (ran: input rows changed)\n',
    );
  });
});
