import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { RunRecord } from '../../../src/engine/record.ts';
import { assay, makeFolder, putFiles, removeFolder, requireBuild } from '../assay.ts';

const rows = ['a,x', ...Array.from({ length: 12 }, (_, item) => `${item},${(item % 3) - 1.2}`)].join('\n');

const PIPELINE = `name: fruit
stages:
  data: { uses: dataset, with: { file: data.csv, types: { x: number } } }
  means: { uses: aggregate, from: data, with: { by: [], measure: x, statistics: [mean, ci95, df, count] } }
  gates:
    uses: expect
    from: means
    with:
      gates:
        low: { interval: { below: 1 }, unit: a }
        "high <&>": { interval: { above: 1 }, unit: a }
        open: { interval: { above: -0.2 }, unit: a }
`;

describe('claims that are judged in a run', () => {
  let folder = '';
  before(requireBuild);
  beforeEach(() => (folder = makeFolder({ 'fruit.yaml': PIPELINE, 'data.csv': `${rows}\n` })));
  afterEach(() => removeFolder(folder));

  it('end it with exit code 1 where one fails, in words, in the record and as JUnit XML', async () => {
    const { status, stdout } = await assay(['run', '--junit', 'out/gates.xml'], { cwd: folder });
    expect(status).to.equal(1);
    const block = stdout.slice(stdout.indexOf('\ngates\n'), stdout.indexOf('\nrun '));
    expect(block.trimEnd()).to.equal(`
gates
  holds      low       interval below 1 over a: -0.2 (-0.7418 to 0.3418), p 0.0004912, corrected 0.001474, 12 units of a
  undecided  open      interval above -0.2 over a: -0.2 (-0.7418 to 0.3418), p 1, 12 units of a
  fails      high <&>  interval above 1 over a: -0.2 (-0.7418 to 0.3418), p 0.0004912, corrected 0.001474, 12 units of a
  3 gates: 1 holds, 1 fails, 1 undecided`);
    const xml = readFileSync(join(folder, 'out/gates.xml'), 'utf8').replaceAll(
      /(time|timestamp)="[^"]*"/g,
      '$1=""',
    );
    expect(xml).to.equal(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="fruit" tests="3" failures="1" errors="0" skipped="1" time="">
  <testsuite name="gates" tests="3" failures="1" errors="0" skipped="1" time="" timestamp="">
    <testcase name="low" classname="fruit.gates"/>
    <testcase name="high &lt;&amp;&gt;" classname="fruit.gates">
      <failure message="interval above 1 over a: -0.2 (-0.7418 to 0.3418), p 0.0004912, corrected 0.001474, 12 units of a" type="fails"/>
    </testcase>
    <testcase name="open" classname="fruit.gates">
      <skipped message="interval above -0.2 over a: undecided: -0.2 (-0.7418 to 0.3418), p 1, 12 units of a"/>
    </testcase>
  </testsuite>
</testsuites>
`);
  });

  it('keep their results when they are cached, and count how often they met other data', async () => {
    const judged = async () => {
      const { status, stdout } = await assay(['run', '--format', 'json'], { cwd: folder });
      const { record } = JSON.parse(stdout) as { record: RunRecord };
      const { state, gates = [], looks } = record.stages.find(({ name }) => name === 'gates')!;
      return { status, state, results: gates.map(({ result }) => result).join(' '), looks };
    };
    const results = 'holds fails undecided';
    expect(await judged()).to.deep.equal({ status: 1, state: 'ran', results, looks: 1 });
    expect(await judged()).to.deep.equal({ status: 1, state: 'cached', results, looks: 1 });
    putFiles(folder, { 'data.csv': `${rows}\n12,0.5\n` });
    expect(await judged()).to.deep.include({ state: 'ran', looks: 2 });
    const { stdout } = await assay(['show'], { cwd: folder });
    expect(stdout).to.contain('on other data for the 2nd time, each time a new test');
    putFiles(folder, { 'fruit.yaml': PIPELINE.replace(/ +"high.*\n/, '') });
    expect(await judged()).to.deep.include({ status: 0, results: 'holds undecided', looks: 2 });
  });

  it('are in one stage, whose p values are one family', async () => {
    putFiles(folder, {
      'fruit.yaml': `${PIPELINE}  more: { uses: expect, from: means, with: { gates: { low: { value: { below: 1 } } } } }\n`,
    });
    const { status, stderr } = await assay(['validate'], { cwd: folder });
    expect(status).to.equal(2);
    expect(stderr).to.contain('a pipeline has one stage `expect`: its gates are one family');
    expect(stderr).to.contain('`gates` and `more`');
  });
});
