import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { instanceFolders, instanceLabel } from '../../../src/engine/pipeline/matrix/matrix-names.ts';
import { tableOf } from '../../support/kinds.ts';
import { Rig, type Ran } from '../../support/rig.ts';

const PIPELINE = `
params: { tags: [p, q] }
stages:
  start: { uses: rows, with: { rows: [{ word: a, n: 1 }, { word: b, n: 2 }] } }
  scaled:
    uses: scale
    from: start
    matrix:
      tag: "\${params.tags}"
      factor: [2, 0.5]
    with: { column: n, by: "\${matrix.factor}", tag: "\${matrix.tag}" }
  again: { uses: scale, from: scaled, with: { column: n, by: 10 } }
`;

const states = ({ record }: Ran) => record.stages.map(({ name, state }) => `${name} ${state}`);

describe('a matrix stage', () => {
  let rig: Rig;
  beforeEach(async () => {
    rig = await Rig.open();
    Object.assign(rig.handles.externals, { p: { digest: 'p' }, q: { digest: 'q' } });
  });
  afterEach(() => rig.close());

  it('a matrix stage runs once for each combination, and is read as one table with a column for each axis', async () => {
    const ran = await rig.run(PIPELINE);
    expect(states(ran)).to.deep.equal([
      'start ran',
      'scaled[tag=p,factor=2] ran',
      'scaled[tag=p,factor=0.5] ran',
      'scaled[tag=q,factor=2] ran',
      'scaled[tag=q,factor=0.5] ran',
      'scaled ran',
      'again ran',
    ]);
    const table = tableOf(await ran.artifact('scaled'));
    expect(table.columns.map(({ name, type }) => `${name}: ${type}`)).to.deep.equal([
      'tag: string',
      'factor: number',
      'word: string',
      'n: number',
    ]);
    expect(table.rows.map((row) => Object.values(row))).to.deep.equal([
      ['p', 2, 'a', 2],
      ['p', 2, 'b', 4],
      ['p', 0.5, 'a', 0.5],
      ['p', 0.5, 'b', 1],
      ['q', 2, 'a', 2],
      ['q', 2, 'b', 4],
      ['q', 0.5, 'a', 0.5],
      ['q', 0.5, 'b', 1],
    ]);
    expect(tableOf(await ran.artifact('again')).rows.map(({ n }) => n)).to.deep.equal([
      20, 40, 5, 10, 20, 40, 5, 10,
    ]);
    expect(existsSync(join(ran.folder, 'scaled/tag=p,factor=0.5/table.jsonl'))).to.equal(true);
    expect(ran.stage('scaled[tag=q,factor=2]').instance).to.deep.equal({
      of: 'scaled',
      matrix: { tag: 'q', factor: 2 },
    });
    expect(ran.stage('scaled')).to.include({ uses: 'scale', gathers: true });
  });

  it('a new value of a matrix runs only what it adds, and the plan says so', async () => {
    await rig.run(PIPELINE);
    await rig.write(PIPELINE.replace('[2, 0.5]', '[2, 3, 0.5]'));
    const plan = await rig.plan();
    expect(plan.stages.map(({ name, state }) => `${name} ${state}`)).to.deep.equal([
      'start cached',
      'scaled[tag=p,factor=2] cached',
      'scaled[tag=p,factor=3] run',
      'scaled[tag=p,factor=0.5] cached',
      'scaled[tag=q,factor=2] cached',
      'scaled[tag=q,factor=3] run',
      'scaled[tag=q,factor=0.5] cached',
      'scaled waiting',
      'again waiting',
    ]);
    const { runs } = await rig.run();
    expect(runs).to.deep.equal(['scaled[tag=p,factor=3]', 'scaled[tag=q,factor=3]', 'again']);
    expect((await rig.run()).runs).to.deep.equal([]);
  });

  it('a new spelling of the values of a matrix wakes no reader', async () => {
    await rig.run(PIPELINE);
    expect((await rig.run(PIPELINE.replace('[2, 0.5]', '[2.0, 5e-1]'))).runs).to.deep.equal([]);
  });

  it('a new order of the values of a matrix computes its readers anew, and nothing else', async () => {
    await rig.run(PIPELINE);
    expect((await rig.run(PIPELINE.replace('[2, 0.5]', '[0.5, 2]'))).runs).to.deep.equal(['again']);
  });

  it('a matrix stage is forced as a whole, or by instance', async () => {
    await rig.run(PIPELINE);
    const one = await rig.run(undefined, { force: ['scaled[tag=p,factor=2]'] });
    expect(one.runs).to.deep.equal(['scaled[tag=p,factor=2]']);
    const all = await rig.run(undefined, { force: ['scaled'] });
    expect(all.runs).to.have.length(4);
    const bad = await rig.tryPlan(['scaled[tag=p,factor=4]']);
    expect(!bad.ok && bad.problems[0]).to.include({ code: 'unknown-stage' });
  });

  it('instances that share a model run together, whatever the order of the axes', async () => {
    const loads: string[] = [];
    let loaded = '';
    rig.handles.hook = async ({ options }) => {
      const { tag } = options as { tag?: string };
      if (tag === undefined) return;
      if (tag !== loaded) loads.push(tag);
      loaded = tag;
      await new Promise((resolve) => setImmediate(resolve));
    };
    const alternating = PIPELINE.replace(
      /tag: "\$\{params.tags\}"\n {6}factor: \[2, 0.5\]/,
      'factor: [2, 0.5, 3]\n      tag: [p, q]',
    );
    const ran = await rig.run(alternating);
    expect(ran.record.stages.slice(1, 4).map(({ name }) => name)).to.deep.equal([
      'scaled[factor=2,tag=p]',
      'scaled[factor=2,tag=q]',
      'scaled[factor=0.5,tag=p]',
    ]);
    expect(loads).to.deep.equal(['p', 'q']);
  });

  it('a matrix stage that reads a matrix stage reads one table, and is one', async () => {
    const ran = await rig.run(`stages:
  start: { uses: rows, matrix: { kind: [x, y] }, with: { rows: [{ n: 1 }] } }
  scaled: { uses: scale, from: start, matrix: { by: [2, 3] }, with: { column: n, by: "\${matrix.by}" } }
`);
    expect(tableOf(await ran.artifact('scaled')).rows).to.deep.equal([
      { by: 2, kind: 'x', n: 2 },
      { by: 2, kind: 'y', n: 2 },
      { by: 3, kind: 'x', n: 3 },
      { by: 3, kind: 'y', n: 3 },
    ]);
  });

  it('a matrix of tables gives columns that only some have to all, and numbers where some give integers', async () => {
    const ran = await rig.run(`stages:
  start:
    uses: rows
    matrix: { rows: [[{ n: 1, a: x }], [{ n: 0.5, b: y }], [{ b: z, n: 3 }]] }
    with: { rows: "\${matrix.rows}" }
`);
    const { columns, rows } = tableOf(await ran.artifact('start'));
    expect(columns.map(({ name }) => name)).to.deep.equal(['rows', 'n', 'a', 'b']);
    expect(rows.map(({ n, a, b }) => [n, a, b])).to.deep.equal([
      [1, 'x', null],
      [0.5, null, 'y'],
      [3, null, 'z'],
    ]);
  });

  it('a matrix of values is one map by instance; one of texts is given to nobody', async () => {
    const ran = await rig.run(`stages:
  start: { uses: rows, with: { rows: [{ n: 1 }] } }
  counts: { uses: join, from: { left: start, right: start }, matrix: { k: [1, 2] } }
  text: { uses: collect, from: { it: counts }, matrix: { title: [a, b] }, with: { title: "\${matrix.title}" } }
`);
    const counts = await ran.artifact('counts');
    expect(counts.type === 'value' && Object.keys(counts.value as object)).to.deep.equal(['k=1', 'k=2']);
    expect(ran.record.stages.map(({ name }) => name).slice(-2)).to.deep.equal([
      'text[title=a]',
      'text[title=b]',
    ]);
  });

  it('a matrix leaves out what is excluded and adds what is included; it warns when nothing is excluded', async () => {
    await rig.write(`stages:
  start:
    uses: rows
    matrix:
      a: [1, 2]
      b: [x, y]
      include: [{ b: z, a: 9 }]
      exclude: [{ a: 1, b: y }, { a: 2 }, { b: q }]
    with: { rows: [{ n: 1 }] }
`);
    const checked = await rig.load();
    expect(checked.stages.map(({ name }) => name)).to.deep.equal([
      'start[a=1,b=x]',
      'start[a=9,b=z]',
      'start',
    ]);
    const { loadPipeline } = await import('../../../src/engine/index.ts');
    const result = await loadPipeline(rig.file, { kinds: rig.kinds });
    expect(
      result.ok && result.warnings.map(({ code, found, place }) => [code, found, place?.line]),
    ).to.deep.equal([['exclude-unmatched', 'b=q', 8]]);
  });

  it('the failure of an instance names it, at the place of the stage', async () => {
    rig.handles.hook = ({ stage }) => {
      if (stage === 'scaled[tag=q,factor=2]') throw new Error('no');
    };
    const ran = await rig.run(PIPELINE, { keepGoing: true });
    const { failure } = ran.stage('scaled[tag=q,factor=2]');
    expect(failure).to.include({ where: 'scaled[tag=q,factor=2]' });
    expect(failure?.place?.line).to.equal(5);
    expect(ran.stage('scaled')).to.include({ state: 'skipped', because: 'scaled[tag=q,factor=2]' });
    expect(ran.stage('scaled[tag=p,factor=2]').state).to.equal('ran');
  });
});

describe('the name of an instance', () => {
  const cases: [unknown, string][] = [
    [{ model: 'a', shots: 0 }, 'model=a,shots=0'],
    [{ model: 'TinyLlama/TinyLlama-1.1B-Chat-v1.0' }, 'model=TinyLlama/TinyLlama-1.1B-Chat-v1.0'],
    [{ n: '0' }, 'n="0"'],
    [{ n: 'true' }, 'n="true"'],
    [{ n: null, b: true }, 'n=null,b=true'],
    [{ n: 'null' }, 'n="null"'],
    [{ t: 'two words' }, 't=two words'],
    [{ t: '' }, 't=""'],
    [{ t: 'a,b=c' }, 't=a-b-c~'],
    [{ t: ']' }, 't=~'],
    [{ t: 'x'.repeat(60) }, `t=${'x'.repeat(24)}~`],
    [{ t: { chat: true, system: 'You are' } }, 't=chat-true-system-You-are~'],
    [{ t: 'Übung' }, 't=Übung'],
  ];
  for (const [values, name] of cases) {
    it(`the instance of ${JSON.stringify(values)} is called ${name}`, () => {
      const label = instanceLabel(values as Record<string, string>);
      if (name.endsWith('~')) expect(label.replace(/[0-9a-f]{8}$/, '')).to.equal(name);
      else expect(label).to.equal(name);
    });
  }

  it('every instance has a folder of its own that every system can make', () => {
    const labels = [
      'm=a/b',
      'm=a:b',
      'm=A',
      'm=a',
      'm=ok',
      'm=end.',
      `m=${'y'.repeat(200)}`,
      `m=${'y'.repeat(201)}`,
    ];
    const folders = instanceFolders(labels);
    expect(new Set(folders.map((name) => name.toLowerCase())).size).to.equal(labels.length);
    expect(folders[4]).to.equal('m=ok');
    for (const name of folders) expect(name).to.match(/^[A-Za-z0-9._=,+@~-]{1,120}$/);
    for (const name of folders) expect(name).not.to.match(/\.$/);
  });
});
