import { expect } from 'chai';
import type { Reason } from '../../../src/engine/record.ts';
import { flat, Rig } from '../../support/rig.ts';

const PIPELINE = `name: words
params: { by: 3 }
stages:
  rows: { uses: rows, with: { rows: [{ word: a, n: 1 }, { word: b, n: 2 }] } }
  scaled: { uses: scale, from: rows, with: { column: n, by: "\${params.by}" } }
  rounded: { uses: scale, from: scaled, with: { column: n, by: 0.01, round: true } }
  names: { uses: collect, from: { it: rounded } }
  aside: { uses: collect, from: { it: rows }, with: { title: aside } }
`;

describe('the plan', () => {
  let rig: Rig;
  beforeEach(async () => {
    rig = await Rig.open();
    await rig.write(PIPELINE);
  });
  afterEach(() => rig.close());

  const states = async (force?: true | string[]) =>
    Object.fromEntries((await rig.plan(force)).stages.map(({ name, state }) => [name, state]));
  const reasons = async (stage: string, force?: true | string[]): Promise<readonly Reason[]> =>
    (await rig.plan(force)).stages.find(({ name }) => name === stage)!.reasons;
  const edit = (from: string, to: string) => rig.write(PIPELINE.replace(from, to));

  it('of a pipeline that never ran is to run what reads nothing, and to wait with the rest', async () => {
    const plan = await rig.plan();
    expect(plan.stages.map(({ name, state, reasons: why }) => [name, state, why])).to.deep.equal([
      ['rows', 'run', [{ type: 'first-run' }]],
      ['scaled', 'waiting', [{ type: 'upstream', stages: ['rows'] }]],
      ['rounded', 'waiting', [{ type: 'upstream', stages: ['scaled'] }]],
      ['names', 'waiting', [{ type: 'upstream', stages: ['rounded'] }]],
      ['aside', 'waiting', [{ type: 'upstream', stages: ['rows'] }]],
    ]);
    expect(Object.keys(await rig.tree(rig.dir))).to.deep.equal(['pipeline.yaml']);
  });

  it('of one that ran is to do nothing', async () => {
    await rig.run();
    const plan = await rig.plan();
    for (const stage of plan.stages) expect(stage).to.include({ state: 'cached' });
    for (const stage of plan.stages) expect(stage.lastDurationMs).to.be.a('number');
  });

  it('is to do nothing after the file was reformatted, its keys reordered, its params inlined', async () => {
    await rig.run();
    await rig.write(`# the same, written otherwise
stages:
  aside:
    with:
      title: "aside"
    from:
      it: rows
    uses: collect
  names: { from: { it: rounded }, uses: collect }
  rounded: { with: { round: true, by: 1e-2, column: n }, from: { input: scaled }, uses: scale }
  scaled: { with: { by: 3.0, column: 'n', round: false }, from: rows, uses: scale }
  rows:
    uses: rows
    with:
      rows:
        - word: a
          n: 1
        - word: b
          n: 2
name: words
`);
    expect(await states()).to.deep.equal({
      rows: 'cached',
      scaled: 'cached',
      rounded: 'cached',
      names: 'cached',
      aside: 'cached',
    });
    expect((await rig.run()).runs).to.deep.equal([]);
  });

  it('names the option that changed, with both values, and what waits for it', async () => {
    await rig.run();
    await edit('by: 3', 'by: 4');
    expect(await states()).to.deep.equal({
      rows: 'cached',
      scaled: 'run',
      rounded: 'waiting',
      names: 'waiting',
      aside: 'cached',
    });
    expect(await reasons('scaled')).to.deep.equal([
      { type: 'changed', path: ['options', 'by'], before: 3, after: 4 },
    ]);
    expect(await reasons('names')).to.deep.equal([{ type: 'upstream', stages: ['rounded'] }]);
  });

  it('runs only what depends on a change', async () => {
    await rig.run();
    await edit('title: aside', 'title: beside');
    expect((await rig.run()).runs).to.deep.equal(['aside']);
  });

  it('lets what reads a stage sleep when that stage gives what it gave before (early cutoff)', async () => {
    await rig.run();
    await edit('by: 3', 'by: 4');
    const { runs, stage, record } = await rig.run();
    expect(runs).to.deep.equal(['scaled', 'rounded']);
    expect(stage('names')).to.deep.include({ state: 'cached', reasons: [] });
    expect(record.stages.find(({ name }) => name === 'rounded')?.reasons).to.have.lengthOf(1);
    expect(stage('rounded').reasons[0]).to.deep.include({ type: 'changed', path: ['inputs', 'input'] });
  });

  it('comes back to old results when a change is taken back', async () => {
    await rig.run();
    await edit('by: 3', 'by: 4');
    await rig.run();
    await rig.write(PIPELINE);
    expect((await rig.run()).runs).to.deep.equal([]);
  });

  it('names what was put into a list, taken out of it, and changed in it', async () => {
    await rig.run();
    await edit('{ word: b, n: 2 }', '{ word: c, n: 0 }, { word: b, n: 2 }');
    expect(await reasons('rows')).to.deep.equal([
      { type: 'changed', path: ['options', 'rows', 1], after: { word: 'c', n: 0 } },
    ]);
    await edit('{ word: a, n: 1 }, ', '');
    expect(await reasons('rows')).to.deep.equal([
      { type: 'changed', path: ['options', 'rows', 0], before: { word: 'a', n: 1 } },
    ]);
    await edit('{ word: b, n: 2 }', '{ word: b, n: 5 }');
    expect(await reasons('rows')).to.deep.equal([
      { type: 'changed', path: ['options', 'rows', 1, 'n'], before: 2, after: 5 },
    ]);
  });

  it('names an option that is new, one that is gone, and another kind', async () => {
    await rig.run();
    await edit('with: { rows: [{ word: a', 'with: { note: new, rows: [{ word: a');
    expect(await reasons('rows')).to.deep.equal([
      { type: 'changed', path: ['options', 'note'], after: 'new' },
    ]);
    await edit(', with: { title: aside }', '');
    expect(await reasons('aside')).to.deep.equal([
      { type: 'changed', path: ['options', 'title'], before: 'aside' },
    ]);
    await edit(
      'names: { uses: collect, from: { it: rounded }',
      'names: { uses: scale, from: rounded, with: { column: n }',
    );
    expect((await reasons('names')).map((reason) => 'path' in reason && reason.path)).to.deep.equal([
      ['kind'],
      ['options', 'column'],
      ['options', 'by'],
      ['options', 'round'],
      ['inputs', 'it'],
      ['inputs', 'input'],
    ]);
  });

  it('names an external whose content changed', async () => {
    rig.handles.externals.m = { digest: 'one', numerics: { backend: 'wasm' } };
    await rig.run(PIPELINE.replace('by: 0.01', 'by: 0.01, tag: m'));
    expect(await states()).to.include({ rounded: 'cached' });
    rig.handles.externals.m = { digest: 'two', numerics: { backend: 'wasm' } };
    expect(await reasons('rounded')).to.deep.equal([
      { type: 'changed', path: ['externals', 'model', 'digest'], before: 'one', after: 'two' },
    ]);
  });

  it('reports every external that is not found, at the option that asked for it, before anything runs', async () => {
    await edit('by: 0.01', 'by: 0.01, tag: m');
    const result = await rig.tryPlan();
    expect(!result.ok && result.problems.map(flat)).to.deep.equal([
      {
        at: '6:75+1',
        code: 'model-not-found',
        message: 'no model folder m',
        blame: 'user',
        expected: 'a folder',
        next: 'download it',
      },
    ]);
  });

  it('forces what it is told to force', async () => {
    await rig.run();
    expect(await reasons('scaled', ['scaled'])).to.deep.equal([{ type: 'forced' }]);
    expect(await states(['scaled'])).to.deep.equal({
      rows: 'cached',
      scaled: 'run',
      rounded: 'waiting',
      names: 'waiting',
      aside: 'cached',
    });
    expect((await rig.run(undefined, { force: ['scaled'] })).runs).to.deep.equal(['scaled']);
    expect((await rig.run(undefined, { force: true })).runs).to.have.lengthOf(5);
    const result = await rig.tryPlan(['scald']);
    expect(!result.ok && result.problems.map(flat)).to.deep.equal([
      {
        at: null,
        code: 'unknown-stage',
        message: 'no stage `scald` in the pipeline to force',
        expected: 'rows, scaled, rounded, names, aside',
        found: 'scald',
        next: 'did you mean `scaled`?',
      },
    ]);
  });

  it('tells of a stage that failed the last time what changed since its last result', async () => {
    await rig.run();
    await edit('by: 3', 'by: 4');
    rig.handles.hook = () => {
      throw new Error('no');
    };
    await rig.run();
    expect(await reasons('scaled')).to.deep.equal([
      { type: 'changed', path: ['options', 'by'], before: 3, after: 4 },
    ]);
  });

  it('remembers runs of this pipeline only', async () => {
    await rig.run();
    await rig.run('name: other\nstages: { rows: { uses: rows, with: { rows: [{ n: 1 }] } } }\n');
    await edit('by: 3', 'by: 4');
    expect(await reasons('scaled')).to.deep.equal([
      { type: 'changed', path: ['options', 'by'], before: 3, after: 4 },
    ]);
  });
});
