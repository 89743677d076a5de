import { join } from 'node:path';
import { expect } from 'chai';
import { collapseEvents, collapsePlan, collapseRun } from '../../../src/cli/terminal/collapse.ts';
import type { RunEvent, RunStage } from '../../../src/engine/record.ts';
import { assay, makeFolder, normalise, putFiles, removeFolder, requireBuild } from '../assay.ts';

const PIPELINE = `name: chances
stages:
  rolls:
    uses: dataset
    matrix: { sides: [6, 20], loaded: [true, false], exclude: [{ sides: 20, loaded: true }] }
    with: { items: [{ roll: 1, of: "\${matrix.sides}", fixed: "\${matrix.loaded}" }, { roll: 2, of: 3, fixed: "\${matrix.loaded}" }], key: [roll] }
  means: { uses: aggregate, from: rolls, with: { by: [sides, loaded], measure: of, statistics: [mean] } }
`;

describe('the program shows a matrix stage', () => {
  let folder = '';
  before(requireBuild);
  beforeEach(() => (folder = makeFolder({ 'chances.yaml': PIPELINE })));
  afterEach(() => removeFolder(folder));

  it('a plan shows a matrix as one stage, and every instance when asked', async () => {
    const collapsed = await assay(['plan', 'chances.yaml'], { cwd: folder });
    expect(normalise(collapsed.stdout, folder).split('\n').slice(2)).to.deep.equal([
      'stage  state    last took  why',
      'rolls  run                 3 instances: never ran before',
      'means  waiting             depends on what rolls gives',
      '',
      '2 stages, 4 with their instances: 3 to run, 1 waiting on what these give',
      '',
    ]);
    const expanded = await assay(['plan', 'chances.yaml', '--expand'], { cwd: folder });
    expect(expanded.stdout).to.contain('rolls[sides=6,loaded=true] ');
    const { stages } = JSON.parse(
      (await assay(['plan', 'chances.yaml', '--format', 'json'], { cwd: folder })).stdout,
    ) as { stages: { name: string }[] };
    expect(stages.map(({ name }) => name)).to.deep.equal([
      'rolls[sides=6,loaded=true]',
      'rolls[sides=6,loaded=false]',
      'rolls[sides=20,loaded=false]',
      'rolls',
      'means',
    ]);
  });

  it('progress and record show a matrix as one stage, and tell of an added value alone', async () => {
    const first = await assay(['run', 'chances.yaml'], { cwd: folder });
    expect(first.status, first.stderr).to.equal(0);
    expect(first.stderr).to.match(/ rolls {2}starts \(never ran before\)\n/);
    expect(first.stderr).to.match(/ rolls {2}ran, 3 instances, [\d.]+ s, 6 rows\n/);
    expect(first.stderr).not.to.contain('rolls[');
    putFiles(folder, { 'chances.yaml': PIPELINE.replace('[6, 20]', '[6, 20, 4]') });
    const second = await assay(['run', 'chances.yaml'], { cwd: folder });
    expect(second.stderr).to.match(/ rolls {2}ran, 2 of 5 instances, [\d.]+ s, 10 rows\n/);
    const shown = await assay(['show'], { cwd: folder });
    expect(shown.stdout).to.match(/^rolls \(2 of 5 instances\) +ran +[\d.]+ s +10 /m);
    expect((await assay(['show', '--expand'], { cwd: folder })).stdout).to.match(
      /^rolls\[sides=4,loaded=false\] +ran/m,
    );
    const diff = await assay(['diff'], { cwd: folder });
    expect(diff.stdout)
      .to.contain('rolls')
      .and.not.to.match(/^rolls\[/m);
    const explained = await assay(['explain', 'rolls[sides=4,loaded=true]', 'chances.yaml'], { cwd: folder });
    expect(explained.status, explained.stderr).to.equal(0);
    const all = (await assay(['explain', 'rolls'], { cwd: folder })).stdout.split('\n');
    expect(all[0]).to.equal('rolls (dataset, 5 instances) ran');
    // What has the same to be said of it is told together.
    expect(all.slice(3, -1)).to.deep.equal([
      'rolls[sides=6,loaded=true], rolls[sides=6,loaded=false] and rolls[sides=20,loaded=false] cached: nothing changed',
      'rolls[sides=4,loaded=true] and rolls[sides=4,loaded=false] ran: never ran before',
    ]);
  });

  it('a failure in a matrix names the instances that it is of', async () => {
    putFiles(folder, {
      'chances.yaml': `stages:
  read:
    uses: dataset
    matrix: { file: [there.csv, gone.csv] }
    with: { file: "\${matrix.file}" }
`,
      'there.csv': 'a\n1\n',
    });
    const { status, stderr } = await assay(['run', 'chances.yaml'], { cwd: folder });
    expect(status).to.equal(2);
    expect(stderr).to.contain('gone.csv').and.to.contain(join('chances.yaml:5:'));
  });
});

describe('stages of a matrix, collapsed,', () => {
  const stage = (name: string, state: RunStage['state'], more: Partial<RunStage> = {}): RunStage => ({
    name,
    uses: 'score',
    from: {},
    state,
    reasons: state === 'ran' ? [{ type: 'first-run' }] : [],
    ...more,
  });
  const instance = (n: number, state: RunStage['state'], more: Partial<RunStage> = {}) =>
    stage(`s[n=${n}]`, state, { instance: { of: 's', matrix: { n } }, durationMs: 10, ...more });

  it('a matrix failed when one instance failed', () => {
    const [one, after] = collapseRun([
      instance(1, 'ran'),
      instance(2, 'failed'),
      stage('s', 'skipped', { gathers: true, because: 's[n=2]' }),
      stage('t', 'skipped'),
    ]);
    expect(one).to.include({ name: 's', state: 'failed', durationMs: 10 });
    expect(one?.instances).to.deep.equal({ total: 2, active: 1 });
    expect(after?.name).to.equal('t');
  });

  it('a matrix waits when no instance runs and one waits', () => {
    const [one] = collapsePlan([
      { ...instance(1, 'cached'), state: 'cached', lastDurationMs: 5 },
      { ...instance(2, 'cached'), state: 'waiting', lastDurationMs: 7 },
      { ...stage('s', 'cached', { gathers: true }), state: 'waiting' },
    ]);
    expect(one).to.include({ state: 'waiting', lastDurationMs: 12 });
  });

  it('the instances of a matrix start once, count together, and end once', () => {
    const stages = [
      instance(1, 'ran'),
      instance(2, 'ran'),
      stage('s', 'ran', { gathers: true }),
      stage('t', 'ran'),
    ];
    const heard: RunEvent[] = [];
    const listen = collapseEvents(stages, (event) => heard.push(event));
    listen({ type: 'run-started', runId: 'r', runFolder: 'f', stages: 4 });
    for (const { name } of stages.slice(0, 2)) listen({ type: 'stage-started', stage: name, reasons: [] });
    listen({ type: 'stage-progress', stage: 's[n=1]', done: 1, total: 4, unit: 'rows' });
    listen({ type: 'stage-progress', stage: 's[n=2]', done: 2, total: 5, unit: 'rows' });
    for (const result of stages) listen({ type: 'stage-finished', stage: result.name, result });
    expect(
      heard.map((event) => [
        event.type,
        'stage' in event ? event.stage : undefined,
        ...(event.type === 'run-started' ? [event.stages] : []),
        ...(event.type === 'stage-progress' ? [event.done, event.total] : []),
      ]),
    ).to.deep.equal([
      ['run-started', undefined, 2],
      ['stage-started', 's'],
      ['stage-progress', 's', 1, 4],
      ['stage-progress', 's', 3, 9],
      ['stage-finished', 's'],
      ['stage-finished', 't'],
    ]);
  });
});
