import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Plan, RunRecord } from '../../../src/engine/record.ts';
import { assay, expectOutput, makeFolder, normalise, putFiles, removeFolder, requireBuild } from '../assay.ts';

/** A pipeline of cheap kinds with the shape of the experiment: data, a ranking, words about it. */
const PIPELINE = `name: fruit
params: { title: Fruit }
stages:
  fruit:
    uses: dataset
    with:
      items:
        - { fruit: apple, day: mon, price: 1.5 }
        - { fruit: apple, day: tue, price: 2.5 }
        - { fruit: pear, day: mon, price: 3 }
        - { fruit: pear, day: tue, price: 3.5 }
        - { fruit: plum, day: mon, price: 0.5 }
        - { fruit: plum, day: tue, price: 0.25 }
      key: [fruit, day]
  prices:
    uses: aggregate
    from: fruit
    with: { by: [fruit], measure: price, statistics: [mean, stdev], order: -mean }
  findings:
    uses: findings
    from: { prices: prices }
    with:
      template: |
        # \${params.title}

        {% for row in prices %}
        {{ row.rank }}. {{ row.fruit }}
        {% endfor %}
`;

describe('assay run', () => {
  let folder = '';
  before(requireBuild);
  beforeEach(() => (folder = makeFolder({ 'fruit.yaml': PIPELINE })));
  afterEach(() => removeFolder(folder));

  async function run(...args: string[]) {
    const outcome = await assay(['run', ...args], { cwd: folder });
    expect(outcome.status, outcome.stderr).to.equal(0);
    return outcome;
  }

  async function states(...args: string[]): Promise<Record<string, string>> {
    const { stdout } = await run('--format', 'json', ...args);
    const { record } = JSON.parse(stdout) as { record: RunRecord };
    return Object.fromEntries(record.stages.map(({ name, state }) => [name, state]));
  }

  it('a run shows what runs while it runs, and the results at the end', async () => {
    const { stdout, stderr } = await run();
    expectOutput('run/first.stderr.txt', normalise(stderr, folder));
    expectOutput('run/first.stdout.txt', normalise(stdout, folder));
    const again = await run();
    expectOutput('run/second.stderr.txt', normalise(again.stderr, folder));
    expectOutput('run/second.stdout.txt', normalise(again.stdout, folder));
  });

  it('a run of which everything is cached costs little, whole process', async () => {
    await run();
    const times: number[] = [];
    for (let i = 0; i < 3; i += 1) times.push((await run()).cpuMs);
    // 0.3 s on an idle machine; a busy one stretches processor time too, though far less than wall time.
    expect(Math.min(...times)).to.be.within(1, 600);
  });

  it('a pipeline that is only written differently runs nothing', async () => {
    await run();
    const reordered = PIPELINE.replace(
      '{ by: [fruit], measure: price,',
      '{ measure: price, by: [ "fruit" ], ',
    );
    putFiles(folder, { 'fruit.yaml': `# a comment\n${reordered}` });
    expect(await states()).to.deep.equal({ fruit: 'cached', prices: 'cached', findings: 'cached' });
  });

  it('plan says what an edit runs and why, run runs that, and diff names it', async () => {
    await run();
    putFiles(folder, {
      'fruit.yaml': PIPELINE.replace('fruit: plum, day: tue, price: 0.25', 'fruit: plum, day: tue, price: 9'),
    });
    const plan = await assay(['plan'], { cwd: folder });
    expectOutput('run/plan-after-edit.txt', normalise(plan.stdout, folder));
    expect(readdirSync(join(folder, 'runs')).filter((name) => name !== 'latest')).to.have.length(1);
    const dry = await assay(['run', '--dry-run', '--format', 'json'], { cwd: folder });
    const { stages } = JSON.parse(dry.stdout) as Plan;
    expect(stages.map(({ name, state }) => [name, state])).to.deep.equal([
      ['fruit', 'run'],
      ['prices', 'waiting'],
      ['findings', 'waiting'],
    ]);
    const { stderr } = await run();
    expectOutput('run/after-edit.stderr.txt', normalise(stderr, folder));
    const diff = await assay(['diff'], { cwd: folder });
    expectOutput('run/diff-after-edit.txt', normalise(diff.stdout, folder));
  });

  it('a new title of the findings runs only the findings', async () => {
    await run();
    expect(await states('--set', 'title=Obst')).to.deep.equal({
      fruit: 'cached',
      prices: 'cached',
      findings: 'ran',
    });
  });

  it('a forced stage runs though its result is cached', async () => {
    await run();
    expect(await states('--force', 'prices')).to.deep.equal({
      fruit: 'cached',
      prices: 'ran',
      findings: 'cached',
    });
    expect(await states('--force', 'fruit.yaml')).to.deep.equal({
      fruit: 'ran',
      prices: 'ran',
      findings: 'ran',
    });
  });

  it('diff says in one line that two runs are identical', async () => {
    await run();
    await run();
    const { stdout, status } = await assay(['diff'], { cwd: folder });
    expect(status).to.equal(0);
    expectOutput('run/diff-identical.txt', normalise(stdout, folder));
  });

  it('diff pairs rows by the key that data declare, or by what they say: a question put in first is one row more', async () => {
    const asked = (questions: string[], key: string) => `name: asked
stages:
  questions: { uses: dataset, with: { items: [${questions.map((question) => `{ question: ${question} }`).join(', ')}]${key} } }
  prompts: { uses: variants, from: questions, with: { formats: { plain: {}, loud: { transform: uppercase } } } }
`;
    for (const key of ['', ', key: [question]']) {
      for (const questions of [['one', 'two'], ['zero', 'one', 'two']]) {
        putFiles(folder, { 'asked.yaml': asked(questions, key) });
        const { status, stderr } = await assay(['run', 'asked.yaml'], { cwd: folder });
        expect(status, stderr).to.equal(0);
      }
      const { stdout } = await assay(['diff'], { cwd: folder });
      expect(stdout).to.contain('\nquestions: 1 of 3 rows added').and.to.contain('\nprompts: 2 of 6 rows added');
      const said = /^Rows are paired without a key that the data declare: .*$/m.exec(stdout)?.[0] ?? '';
      const unkeyed = 'questions by question; prompts by format and question';
      expect(said).to.equal(
        key === '' ? `Rows are paired without a key that the data declare: ${unkeyed}` : '',
      );
    }
  });

  it('explain shows what an edit changes in a key against the last run, and all of it on demand', async () => {
    await run();
    putFiles(folder, { 'fruit.yaml': PIPELINE.replace('order: -mean', 'order: mean') });
    const { stdout, status } = await assay(['explain', 'prices'], { cwd: folder });
    expect(status).to.equal(0);
    expect(stdout).to.match(/^~\s+options\.order\s+"-mean" -> "mean"$/m);
    expect(stdout).to.match(/^=\s+\d+ components are equal \(--all\): format, kind, source \(\d+\),/m);
    const all = (await assay(['explain', 'prices', '--all'], { cwd: folder })).stdout;
    expect(all).to.match(/^=\s+options\.measure\s+"price"$/m);
    expect(all).to.match(/^=\s+source\["dist\/stages\/claims\/aggregate\.[jt]s"\]/m);
  });

  it('explain after a run tells of that run, whatever was set for it and however many pipelines there are', async () => {
    await run();
    const explain = async (...args: string[]) =>
      normalise((await assay(['explain', 'prices', ...args], { cwd: folder })).stdout, folder).split('\n');
    const first = await explain();
    expect(first[0]).to.equal('prices (aggregate) ran: never ran before');
    expect(first[1]).to.match(/^In \S+; no run before it has recorded this stage\.$/);
    putFiles(folder, { 'other.yaml': PIPELINE, 'fruit.yaml': PIPELINE.replace('order: -mean', 'order: mean') });
    expect((await assay(['run', 'fruit.yaml', '--set', 'title=Obst'], { cwd: folder })).status).to.equal(0);
    const second = await explain();
    expect(second[0]).to.equal('prices (aggregate) ran: option order: "-mean" -> "mean"');
    expect(second[1]).to.match(/^In \S+; compared with \S+:$/);
    const title = (await assay(['explain', 'findings'], { cwd: folder })).stdout;
    expect(title).to.match(/^findings \(findings\) ran: /);
    // The run after it found everything, which is what there is to say of it.
    await assay(['run', 'fruit.yaml', '--set', 'title=Obst'], { cwd: folder });
    expect((await explain())[0]).to.equal(
      'prices (aggregate) cached: nothing differs, one result is that of the other',
    );
  });

  it('explain after a run on another backend tells of that run, and not of a change since', async () => {
    const scored =
      "stages:\n  rows: { uses: dataset, with: { items: [{ prompt: a, b: x }] } }\n  s: { uses: score, from: rows, with: { target: ' {{ b }}' } }\n";
    putFiles(folder, { 'scored.yaml': scored });
    expect((await assay(['run', 'scored.yaml', '--backend', 'wasm'], { cwd: folder })).status).to.equal(0);
    const { stdout } = await assay(['explain', 's'], { cwd: folder });
    expect(stdout).to.match(/^s \(score\) ran: never ran before\n/);
    expect(stdout).to.match(/numerics\.backend\s+"wasm"/);
  });

  it('explain compares a stage of two runs, and with a run, down to the rows of its input', async () => {
    await run();
    putFiles(folder, { 'fruit.yaml': PIPELINE.replace('price: 0.25 }', 'price: 0.5 }') });
    await run();
    const explain = async (...args: string[]) => {
      const { stdout, stderr, status } = await assay(['explain', 'prices', ...args], { cwd: folder });
      expect(status, stderr).to.equal(0);
      return stdout;
    };
    const between = await explain('latest~1..latest');
    expect(between).to.match(
      /^prices \(aggregate\) ran: (.*)\nIn \S+-fruit-\w+; compared with \S+-fruit-\w+:\n/,
    );
    expect(between).to.contain('input rows: 1 row changed: fruit=plum, day=tue');
    expect(await explain('latest..latest')).to.contain('nothing differs');
    expect(await explain('latest~1')).to.contain('1 row changed: fruit=plum, day=tue');
    expect(await explain('latest', 'fruit.yaml', '--all')).to.match(/^=\s+inputs\./m);
    const json = await explain('latest~1..latest', '--format', 'json');
    const { stage } = JSON.parse(json) as { stage: { reasons: { rows?: { changed: number } }[] } };
    expect(stage.reasons.map(({ rows }) => rows?.changed)).to.deep.equal([1]);
    const { stderr, status } = await assay(['explain', 'pricse', 'latest~1..latest'], { cwd: folder });
    expect(status).to.equal(2);
    expect(stderr).to.match(/^error: \S+ has no stage `pricse`\n/);
  });

  it('runs lists them, newest first, and show shows one', async () => {
    await run();
    await run();
    const { stdout } = await assay(['runs'], { cwd: folder });
    expectOutput('run/runs.txt', normalise(stdout, folder).replaceAll(/ +/g, ' '));
    const shown = await assay(['show', 'latest~1', '--format', 'json'], { cwd: folder });
    const { record } = JSON.parse(shown.stdout) as { record: RunRecord };
    expect(record.stages.map(({ state }) => state)).to.deep.equal(['ran', 'ran', 'ran']);
    const text = (await assay(['show'], { cwd: folder })).stdout;
    expect(text).to.contain('pear').and.to.contain('3 stages: 3 cached');
  });

  it('the store and the runs are where they are told to be', async () => {
    await run('--store', 'elsewhere/store', '--runs', 'elsewhere/runs');
    expect(readdirSync(folder).sort()).to.deep.equal(['elsewhere', 'fruit.yaml']);
    expect(readdirSync(join(folder, 'elsewhere')).sort()).to.deep.equal(['runs', 'store']);
  });

  it('what is gone from the store is computed again, and a plan says so', async () => {
    await run();
    rmSync(join(folder, '.assay/objects'), { recursive: true });
    const { stdout } = await assay(['plan'], { cwd: folder });
    expect(stdout).to.contain('its result is lost');
    expect(await states()).to.deep.equal({ fruit: 'ran', prices: 'ran', findings: 'ran' });
  });

  it('a run may start in any folder, with paths as the user gives them', async () => {
    putFiles(folder, { 'sub/place.txt': '' });
    const { status } = await assay(['run', '../fruit.yaml'], { cwd: join(folder, 'sub') });
    expect(status).to.equal(0);
    expect(existsSync(join(folder, 'sub/runs'))).to.equal(true);
  });

  it('a run leaves a record that says what was run', async () => {
    const { stdout } = await run('--format', 'json');
    const { folder: at, record } = JSON.parse(stdout) as { folder: string; record: RunRecord };
    expect(JSON.parse(readFileSync(join(at, 'run.json'), 'utf8'))).to.deep.equal(record);
    expect(record).to.include({ format: 'assay-run/1', state: 'succeeded' });
    expect(readFileSync(join(at, 'pipeline.yaml'), 'utf8')).to.equal(PIPELINE);
  });
});
