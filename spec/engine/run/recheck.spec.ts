import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { flat, Rig } from '../../support/rig.ts';

const PIPELINE = `name: changing
stages:
  rows: { uses: rows, with: { rows: [{ n: 1 }] } }
  scaled: { uses: scale, from: rows, with: { column: n, tag: m } }
  names: { uses: collect, from: { it: scaled } }
`;

describe('identifying again what a stage has read', () => {
  let rig: Rig;
  beforeEach(async () => {
    rig = await Rig.open();
    rig.handles.externals.m = { digest: 'one' };
  });
  afterEach(() => rig.close());

  it('a model that changed while its reader ran: the result is not kept, and the option is pointed at', async () => {
    rig.handles.hook = ({ stage }) => {
      if (stage === 'scaled') rig.handles.externals.m = { digest: 'two' };
    };
    const { record, stage } = await rig.run(PIPELINE);
    expect(record.state).to.equal('failed');
    expect(flat(stage('scaled').failure!)).to.deep.include({
      at: '4:38+4',
      code: 'input-changed',
      blame: 'machine',
      message: '`model` was changed while `scaled` ran: its result is not kept',
      expected: '{"digest":"one"}',
      found: '{"digest":"two"}',
    });
    expect(stage('names')).to.include({ state: 'skipped', because: 'scaled' });
    expect(await readdir(join(rig.store.dir, 'actions'))).to.deep.equal([`${stage('rows').keyDigest}.json`]);
    expect(await readdir(join(rig.store.dir, 'locks'))).to.deep.equal([]);

    const again = await rig.run();
    expect(again.record.state).to.equal('succeeded');
    expect(again.stage('scaled').key?.externals).to.deep.equal({ model: { digest: 'two' } });
  });

  it('a model that was removed while its reader ran: the result is not kept either', async () => {
    rig.handles.hook = ({ stage }) => {
      if (stage === 'scaled') delete rig.handles.externals.m;
    };
    const { stage } = await rig.run(PIPELINE);
    expect(stage('scaled').failure).to.include({ code: 'model-not-found' });
    expect(await readdir(join(rig.store.dir, 'actions'))).to.have.length(1);
  });
});
