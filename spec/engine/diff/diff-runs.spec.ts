import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect } from 'chai';
import { wordJson } from '../../../src/cli/wording/forms/json.ts';
import { diffRuns } from '../../../src/engine/diff/diff-runs.ts';
import type { RunDiff } from '../../../src/engine/diff/run-diff.ts';
import { makeArtifacts, makeRun, readFrom, resolved } from './runs.ts';

const schema = JSON.parse(readFileSync('schemas/diff.schema.json', 'utf8')) as object;
const validate = new Ajv2020({ allErrors: true, allowUnionTypes: true }).compile(schema);

function expectToFitSchema(diff: RunDiff): void {
  validate(JSON.parse(wordJson(diff)));
  expect(validate.errors).to.equal(null);
}

describe('diffRuns', () => {
  const before = makeArtifacts(-4);
  const edited = makeArtifacts(-1, 'Q: {{ question }}');

  async function diffEdited(): Promise<RunDiff> {
    const a = makeRun('a', before);
    const pipeline = { ...a.record.pipeline, resolved: resolved('Q: {{ question }}') };
    const b = makeRun('b', edited, { pipeline });
    return diffRuns(a, b, { readArtifact: readFrom(['a', before], ['b', edited]) });
  }

  it('calls two runs with equal contents identical, whatever the git commit and the host', async () => {
    const git = { commit: 'f'.repeat(40), dirty: true };
    const diff = await diffRuns(makeRun('a', before), makeRun('b', before, { git }), {
      readArtifact: () => Promise.reject(new Error('equal digests need no reading')),
    });
    expect(diff.identical).to.equal(true);
    expect(diff.environment.map(({ path }) => path)).to.deep.equal([['git']]);
    expectToFitSchema(diff);
  });

  it('names the edit, the rows it touched, and what moved', async () => {
    const diff = await diffEdited();
    expect(diff.identical).to.equal(false);
    expect(diff.pipeline).to.deep.equal([
      {
        path: ['stages', 'variants', 'with', 'formats', 'plain', 'template'],
        before: '{{ question }}',
        after: 'Q: {{ question }}',
      },
    ]);
    const scores = diff.stages.find(({ name }) => name === 'scores')?.table;
    expect(scores?.rows).to.deep.equal({ before: 6, after: 6, unchanged: 4 });
    expect(
      scores?.changed.map(({ key, cells }) => [
        key.format,
        cells.map(({ column, delta }) => [column, delta]),
      ]),
    ).to.deep.equal([
      ['plain', [['target_log_prob', 3]]],
      ['plain', [['target_log_prob', 3]]],
    ]);
    const ranking = diff.stages.find(({ name }) => name === 'effectiveness')?.table?.ranking;
    expect(ranking?.moves).to.deep.equal([
      { key: { format: 'plain' }, before: 3, after: 1 },
      { key: { format: 'chat' }, before: 1, after: 2 },
      { key: { format: 'json' }, before: 2, after: 3 },
    ]);
    expectToFitSchema(diff);
  });

  it('tells another model by its content and says which stages it reached', async () => {
    const diff = await diffRuns(makeRun('a', before), makeRun('b', before, {}, 'bb'), {
      readArtifact: readFrom(),
    });
    expect(diff.externals).to.deep.equal([
      {
        name: 'model',
        stages: ['scores'],
        changes: [{ path: ['digest'], before: 'aa'.repeat(32), after: 'bb'.repeat(32) }],
        before: { folder: 'models/organism' },
        after: { folder: 'models/organism' },
      },
    ]);
    expect(diff.identical).to.equal(false);
    expectToFitSchema(diff);
  });

  it('names the module and the package that changed, also where all results are equal', async () => {
    const made = (source: string, version: string) => {
      const run = makeRun(source, before);
      const stages = run.record.stages.map((stage) =>
        stage.name === 'scores'
          ? {
              ...stage,
              uses: './loud.ts',
              key: { ...stage.key!, source: { 'lib/mark.ts': source }, packages: { marks: version } },
            }
          : stage,
      );
      return { ...run, record: { ...run.record, stages } };
    };
    const diff = await diffRuns(made('11', '1.0.0'), made('22', '1.1.0'), { readArtifact: readFrom() });
    expect(diff.code).to.deep.equal([
      { what: 'module', name: 'lib/mark.ts', stages: ['scores'], before: '11', after: '22' },
      { what: 'package', name: 'marks', stages: ['scores'], before: '1.0.0', after: '1.1.0' },
    ]);
    expect(diff.identical).to.equal(false);
    expect(diff.stages.every(({ result }) => result === 'same')).to.equal(true);
    expectToFitSchema(diff);
  });

  it('knows a change below the tolerance from none at all', async () => {
    const near = makeArtifacts(-4 - 1e-12);
    const diff = await diffRuns(makeRun('a', before), makeRun('b', near), {
      readArtifact: readFrom(['a', before], ['b', near]),
    });
    expect(Object.fromEntries(diff.stages.map(({ name, result }) => [name, result]))).to.include({
      scores: 'within-tolerance',
      effectiveness: 'within-tolerance',
      variants: 'same',
    });
    expect(diff.identical).to.equal(false);
  });

  it('compares what can be read where one artifact is damaged', async () => {
    const readArtifact = readFrom(['a', before], ['b', edited]);
    const diff = await diffRuns(makeRun('a', before), makeRun('b', edited), {
      readArtifact: (folder, stage) =>
        stage.name === 'scores'
          ? Promise.reject(new Error('scores/table.jsonl is cut off'))
          : readArtifact(folder, stage),
    });
    const results = diff.stages.map(({ name, result, problem }) => [name, result, problem]);
    expect(results).to.deep.include(['scores', 'unreadable', 'scores/table.jsonl is cut off']);
    expect(results).to.deep.include(['effectiveness', 'changed', undefined]);
    expectToFitSchema(diff);
  });

  it('lists stages that only one run has', async () => {
    const fewer = Object.fromEntries(Object.entries(before).filter(([name]) => name !== 'correlation'));
    const diff = await diffRuns(makeRun('a', before), makeRun('b', fewer), { readArtifact: readFrom() });
    expect(diff.stages.at(-1)).to.include({ name: 'correlation', result: 'only-before' });
    expectToFitSchema(diff);
  });
});
