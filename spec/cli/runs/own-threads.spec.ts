import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { RunRecord, TimedEvent } from '../../../src/engine/record.ts';
import { assay, makeFolder, type Outcome, removeFolder, requireBuild } from '../assay.ts';

/** A module with a stage whose `run` is this. */
const stage = (run: string, output = "{ type: 'value' }") => `import { defineStage, StageFailure } from 'assay';
export default defineStage({
  name: 'own', summary: '', description: '', example: '', options: { type: 'object' }, inputs: { ports: [], open: true },
  output: () => (${output}),
  ${run},
});
`;

const FILES = {
  'exits.js': stage('async run() { process.exit(3); }'),
  'later.js': stage("run: () => new Promise(() => { setTimeout(() => { throw new TypeError('thrown later'); }, 10); })"),
  'fails.js': stage(
    "async run() { throw new StageFailure({ code: 'odd', blame: 'user', message: 'the row is odd', path: ['x'], where: 'row 7', expected: 'an even one', found: 'seven', next: 'mend it', extra: () => 1 }); }",
  ),
  'throws.js': stage('async run() { null.x; }'),
  'speaks.js': stage(
    "async run({ warn, progress, measure }) { console.log('said by a stage \\u001b[2J'); warn('careful'); progress(1, 2, 'rows'); measure({ read: 7 }); return { type: 'value', value: Infinity }; }",
  ),
  'memory.js': stage('async run() { const all = []; for (;;) all.push(Array.from({ length: 100 }, (_, i) => ({ i }))); }'),
  // What it does to its input, the stage beside it must not see.
  'spoils.js': stage(
    "async run({ inputs: { rows } }) { rows.table.rows[0].a = 99; globalThis.spoilt = true; Array.prototype.map = () => []; return { type: 'value', value: 1 }; }",
  ),
  'reads.js': stage(
    "async run({ inputs: { rows } }) { return { type: 'value', value: [rows.table.rows[0].a, globalThis.spoilt ?? null] }; }",
  ),
  'pipeline.yaml': `name: own
stages:
  exits: { uses: ./exits.js }
  later: { uses: ./later.js }
  fails: { uses: ./fails.js, with: { x: 1 } }
  throws: { uses: ./throws.js }
  speaks: { uses: ./speaks.js }
  memory: { uses: ./memory.js }
  rows: { uses: dataset, with: { items: [{ a: 1 }, { a: 2 }] } }
  spoils: { uses: ./spoils.js, from: { rows: rows } }
  reads: { uses: ./reads.js, from: { rows: rows } }
  sums: { uses: aggregate, from: rows, with: { by: [], measure: a, statistics: [mean] } }
`,
};

describe('stages of a pipeline’s own in their threads', () => {
  let folder = '';
  let outcome: Outcome;
  let record: RunRecord;
  before(async function () {
    this.timeout(60_000);
    requireBuild();
    folder = makeFolder(FILES);
    outcome = await assay(['run', '--keep-going', '--trust'], {
      cwd: folder,
      env: { NODE_OPTIONS: '--max-old-space-size=80' },
    });
    record = JSON.parse(readFileSync(join(folder, 'runs/latest/run.json'), 'utf8')) as RunRecord;
  });
  after(() => removeFolder(folder));

  const of = (name: string) => record.stages.find((each) => each.name === name)!;
  const failureOf = (name: string) => of(name).failure!;

  it('one that ends its thread fails with its place, and nothing else does', () => {
    expect(failureOf('exits')).to.deep.include({
      code: 'stage-thread-died',
      blame: 'user',
      message: 'the code of `exits` ended its thread',
      found: 'exit code 3',
    });
    expect(failureOf('exits').place).to.include({ line: 3, column: 3 });
    expect(outcome.status).to.equal(1);
    expect(outcome.stdout).to.contain('10 stages: 5 ran, 5 failed');
  });

  it('one that takes all memory of its thread fails, and the run goes on', () => {
    expect(failureOf('memory')).to.include({ code: 'stage-thread-died', blame: 'machine' });
    expect(failureOf('memory').message).to.equal('`memory` ran out of memory');
  });

  it('what is thrown when nobody waits for it is the failure of its stage', () => {
    expect(failureOf('later').message).to.equal('./later.js failed: thrown later');
  });

  it('a failure crosses with all its fields, but those that are no data', () => {
    expect(failureOf('fails')).to.deep.include({
      code: 'odd',
      message: 'the row is odd',
      where: 'row 7',
      expected: 'an even one',
      found: 'seven',
      next: 'mend it',
    });
    expect(failureOf('fails').place).to.include({ line: 5, text: FILES['pipeline.yaml'].split('\n')[4] });
  });

  it('an error crosses with its stack, which names the file and line of the user', () => {
    const events = readFileSync(join(folder, 'runs/latest/events.jsonl'), 'utf8').trim().split('\n');
    const ended = events
      .map((line) => JSON.parse(line) as TimedEvent)
      .find((event) => event.type === 'stage-finished' && event.stage === 'throws');
    expect(ended).to.have.property('stack').that.matches(/throws\.js:5:/);
  });

  it('warnings, figures and results cross, and what it prints is shown without its control characters', () => {
    expect(of('speaks')).to.deep.include({ state: 'ran', figures: { read: 7 }, warnings: ['careful'] });
    expect(outcome.stderr).to.contain('said by a stage ').and.not.to.contain('\u001b[2J');
    expect(outcome.stdout).not.to.contain('said by');
    const value = readFileSync(join(folder, 'runs/latest/speaks/value.json'), 'utf8');
    expect(JSON.parse(value)).to.deep.equal({ $number: 'Infinity' });
  });

  it('what one does to its input and to its globals, no other one sees', () => {
    const value = (name: string) =>
      JSON.parse(readFileSync(join(folder, `runs/latest/${name}/value.json`), 'utf8')) as unknown;
    expect(value('reads')).to.deep.equal([1, null]);
    expect(readFileSync(join(folder, 'runs/latest/sums/table.jsonl'), 'utf8')).to.contain('"mean":1.5');
  });
});
