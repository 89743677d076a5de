import { rm } from 'node:fs/promises';
import { expect } from 'chai';
import { withInputRows } from '../../../src/engine/diff/input-rows.ts';
import { changesSince } from '../../../src/engine/plan/reasons.ts';
import { Rig } from '../../support/rig.ts';

const pipeline = (rows: string) => `name: words
stages:
  rows: { uses: rows, with: { rows: [${rows}] } }
  scaled: { uses: scale, from: rows, with: { column: n } }
`;
const OLD = '{ word: a, n: 1 }, { word: b, n: 2 }, { word: c, n: 3 }';
const NEW = '{ word: a, n: 1 }, { word: b, n: 5 }, { word: d, n: 4 }, { word: e, n: 6 }';
const ROWS = {
  added: 2,
  removed: 1,
  changed: 1,
  columns: { added: [], removed: [] },
  examples: [
    { change: 'changed', key: { word: 'b' } },
    { change: 'added', key: { word: 'd' } },
    { change: 'added', key: { word: 'e' } },
    { change: 'removed', key: { word: 'c' } },
  ],
};

describe('the rows of an input that changed', () => {
  let rig: Rig;
  beforeEach(async () => {
    rig = await Rig.open();
  });
  afterEach(() => rig.close());

  const both = async () => {
    const before = await rig.run(pipeline(OLD));
    const after = await rig.run(pipeline(NEW));
    const keys = [before, after].map(({ stage }) => stage('scaled').key!);
    const where = { store: rig.store, runsDir: rig.runsDir, pipeline: 'words' };
    const reasons = changesSince(keys[0]!, keys[1]!, new Set());
    const rows = async () => (await withInputRows(reasons, where)).map((one) => 'rows' in one && one.rows);
    return { before, after, reasons, where, rows };
  };

  it('are named by their key, from run folders', async () => {
    const { rows, reasons, after } = await both();
    await rm(rig.store.dir, { recursive: true });
    expect(after.stage('scaled').reasons).to.deep.equal(reasons);
    expect(await rows()).to.deep.equal([ROWS]);
  });

  it('are found in the store when a run folder was changed, and not made up when nothing has them', async () => {
    const { rows, before, reasons, where } = await both();
    await rm(`${before.folder}/rows/table.jsonl`);
    expect(await rows()).to.deep.equal([ROWS]);
    await rm(rig.store.dir, { recursive: true });
    expect(await withInputRows(reasons, where)).to.deep.equal(reasons);
  });

  it('are named in a plan whose input is in the store and in no run', async () => {
    await rig.run(pipeline(NEW));
    await rm(rig.runsDir, { recursive: true });
    await rig.run(pipeline(OLD));
    await rig.write(pipeline(NEW));
    const plan = await rig.plan(['scaled']);
    const old = (await rig.run(pipeline(OLD))).stage('scaled').key!;
    const now = plan.stages.find(({ name }) => name === 'scaled')!.key!;
    const where = { store: rig.store, runsDir: rig.runsDir, pipeline: 'words', planned: plan.stages };
    const [reason] = await withInputRows(changesSince(old, now, new Set()), where);
    expect(reason).to.deep.include({ rows: ROWS });
  });
});
