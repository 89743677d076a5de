import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { tryTable } from '../../bench/hostile/tables.ts';

/** bench/tables.ts does the same with five thousand, and draws more of them. */
describe('200 tables of hostile names, types, orders and values', () => {
  it('give what an independent computation gives, or fail at a place', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'assay-tables-'));
    let equal = 0;
    let refused = 0;
    try {
      for (let seed = 0; seed < 200; seed += 1) {
        const trial = await tryTable(seed, join(folder, String(seed)), { draws: seed % 100 === 7 });
        expect(trial.fault, `seed ${seed}`).to.equal(undefined);
        equal += trial.equal;
        refused += trial.refused;
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
    // A generator whose tables are all refused would try nothing, and one whose tables are all taken no message.
    expect(equal).to.be.above(500);
    expect(refused).to.be.above(50);
  });
});
