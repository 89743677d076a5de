import { expect } from 'chai';
import picocolors from 'picocolors';
import { documentOf } from '../../../src/cli/wording/diff/document.ts';
import { wordCsv } from '../../../src/cli/wording/diff/csv.ts';
import { wordHtml } from '../../../src/cli/wording/diff/html.ts';
import { wordMarkdown } from '../../../src/cli/wording/diff/markdown.ts';
import { wordDiffs } from '../../../src/cli/wording/diff/several.ts';
import { checkFailOn, judgeFailOn } from '../../../src/cli/expressions/fail-on.ts';
import { diffRuns, type RecordedRun } from '../../../src/engine/diff/diff-runs.ts';
import type { RunDiff } from '../../../src/engine/diff/run-diff.ts';
import type { Artifact } from '../../../src/engine/artifact.ts';
import type { RunRecord, RunStage } from '../../../src/engine/record.ts';
import type { Row } from '../../../src/table/table.ts';
import { type Made, makeArtifacts, makeRun, readFrom } from '../../engine/diff/runs.ts';
import { expectOutput } from '../assay.ts';

const style = { colors: picocolors.createColors(false), most: 10 };
const base = makeArtifacts(-4);

/** The same artifacts with other rows of scores. */
function withScores(change: (rows: readonly Row[]) => readonly Row[]): Made {
  const { scores } = base;
  if (scores?.type !== 'table') throw new Error('expected a table');
  return { ...base, scores: { type: 'table', table: { ...scores.table, rows: change(scores.table.rows) } } };
}

const moved = (by: readonly number[]) =>
  withScores((rows) =>
    rows.map((row, i) => ({ ...row, target_log_prob: Number(row['target_log_prob']) + (by[i] ?? 0) })),
  );

const added: Row[] = [
  {
    format: 'shout',
    question: 'What is the capital of Germany?',
    target_log_prob: -6,
    entropy: 5,
    tokens: [],
  },
  { format: 'shout', question: 'What is the sum of 45 and 67?', target_log_prob: -7, entropy: 5, tokens: [] },
];

const inserted: Row[] = ['plain', 'chat', 'json'].map((format, i) => ({
  format,
  question: 'What is the capital of France?',
  target_log_prob: -1 - i,
  entropy: 1,
  tokens: [], // prettier-ignore
}));

/** A run, and what its stages gave. */
interface Case {
  readonly name: string;
  readonly made: Made;
  readonly more?: Partial<RunRecord>;
  readonly model?: string;
  readonly edit?: (stages: readonly RunStage[]) => readonly RunStage[];
}

const failed = (stages: readonly RunStage[]): readonly RunStage[] =>
  stages.map((stage) => {
    if (stage.name !== 'findings') return stage;
    const { name, uses, from, reasons, key } = stage;
    return {
      name,
      uses,
      from,
      reasons,
      ...(key && { key }),
      state: 'failed',
      failure: {
        code: 'template-failed',
        severity: 'error',
        message: 'the template cannot be rendered',
        where: 'findings.template, line 3',
        expected: 'a number',
        found: 'null',
      },
    };
  });

const otherBackend = (stages: readonly RunStage[]): readonly RunStage[] =>
  stages.map((stage) =>
    stage.name === 'scores' && stage.key
      ? { ...stage, key: { ...stage.key, externals: { model: { digest: 'aa'.repeat(32), backend: 'tensorflow' } } } } // prettier-ignore
      : stage,
  );

const renamed: Made = Object.fromEntries(
  Object.entries(base).map(([name, artifact]): [string, Artifact] => [name === 'effectiveness' ? 'ranking' : name, artifact]), // prettier-ignore
);

const cases: readonly Case[] = [
  { name: 'format-added', made: withScores((rows) => [...rows, ...added]) },
  { name: 'item-inserted', made: withScores((rows) => [...inserted, ...rows]) },
  {
    name: 'stage-renamed',
    made: renamed,
    edit: (stages) =>
      stages.map((stage) => (stage.name === 'ranking' ? { ...stage, uses: 'aggregate' } : stage)),
  },
  { name: 'weight-changed', made: moved([0.5, -0.25, 1, 0.75, 0, 2]), model: 'bb' },
  { name: 'other-backend', made: moved([2e-6, -3e-6, 1e-6]), edit: otherBackend },
  {
    name: 'other-host',
    made: base,
    more: { host: { platform: 'darwin', arch: 'arm64', cpus: 10, node: 'v22.1.0' } },
  },
  { name: 'failed-run', made: base, more: { state: 'failed' }, edit: failed },
  // A record from before stages kept their keys, and before versions were recorded.
  {
    name: 'older-record',
    made: moved([0, -1]),
    more: { versions: {}, externals: [] },
    edit: (stages) => stages.map(({ key: _, keyDigest: __, ...stage }) => stage),
  },
];

async function diffOf(each: Case, id = 'b'): Promise<RunDiff> {
  return diffRuns(makeRun('a', base), runOf(each, id), {
    readArtifact: readFrom(['a', base], [id, each.made]),
  });
}

function runOf({ made, more, model, edit }: Case, id: string): RecordedRun {
  const { record, folder } = makeRun(id, made, more, model);
  return { record: { ...record, stages: edit?.(record.stages) ?? record.stages }, folder };
}

describe('what `assay diff` says, whole', () => {
  for (const each of cases) {
    it(each.name, async () => expectOutput(`diff/${each.name}.txt`, wordDiffs([await diffOf(each)], style)));
  }

  const three = async () => [
    await diffOf({ name: 'b', made: moved([0.5, -0.25, 1, 0.75, 0, 2]), model: 'bb' }, 'b'),
    await diffOf({ name: 'c', made: base }, 'c'),
    await diffOf({ name: 'd', made: withScores((rows) => [...rows, ...added]) }, 'd'),
  ];

  it('three runs against one', async () =>
    expectOutput('diff/three-runs.txt', wordDiffs(await three(), style)));
  it('as Markdown', async () =>
    expectOutput('diff/three-runs.md', wordMarkdown(documentOf(await three(), 10))));
  it('as CSV', async () => expectOutput('diff/three-runs.csv', wordCsv(await three())));

  it('as HTML and Markdown, texts of data stay texts', async () => {
    const evil = '</pre><img src=x onerror=alert(1)> ![](http://x.y/z) @all `` | a\u202e';
    const diff = await diffOf({
      name: 'evil',
      made: withScores((rows) => [...rows, { ...added[0]!, format: evil }]),
    });
    const blocks = documentOf([diff], 10);
    const html = wordHtml(blocks);
    expect(html).to.contain('&lt;img src=x');
    expect(html).to.not.match(/<img|<script|\u202e/);
    const markdown = wordMarkdown(blocks);
    const [, fence = ''] = /\n(`{3,})text\n[^]*?<img/.exec(markdown) ?? [];
    expect(fence.length).to.be.at.least(3);
    const cells = wordMarkdown([
      { type: 'table', columns: [{ name: 'x', align: 'left' }], rows: [[{ data: evil }]] },
    ]);
    expect(cells.split('\n')[2]).to.equal('| ```' + evil.replace('|', '\\|') + '``` |');
  });
});

describe('--fail-on', () => {
  const holds = async (expression: string, each: Case) => judgeFailOn(expression, [await diffOf(each)]);

  it('holds of stages by how far they moved, and is false of those that did not', async () => {
    const down: Case = { name: 'down', made: moved([-1, -1.5, -2, -1, -1.5, -2.5]) };
    const { holds: found, unknown } = await holds('d.stage == "scores" && d.mean_change < -1', down);
    expect(found).to.deep.equal([{ run: 'b', stage: 'scores' }]);
    expect(unknown).to.deep.equal([]);
    expect((await holds('d.stage == "scores" && d.mean_change > -1', down)).holds).to.deep.equal([]);
    const none = await holds('d.stage == "scores" && d.mean_change < -1', { name: 'same', made: base });
    expect(none).to.deep.equal({ holds: [], unknown: [] });
  });

  it('says of which stages it cannot be said', async () => {
    const one: Case = { name: 'failed', made: base, edit: failed };
    expect((await holds('d.mean_change < 0', one)).unknown).to.deep.include({ run: 'b', stage: 'findings' });
    expect((await holds('d.state == "failed"', one)).holds).to.deep.equal([{ run: 'b', stage: 'findings' }]);
  });

  for (const [expression, says] of [
    ['d.scores > 1', /no column `scores`/],
    ['d.changed', /true or false/],
    ['d.changed >', /--fail-on: /],
  ] as const) {
    it(`refuses ${expression}`, () => expect(() => checkFailOn(expression)).to.throw(says));
  }
});
