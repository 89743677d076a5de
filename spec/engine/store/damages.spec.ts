import { expect } from 'chai';
import { damageStores } from '../../../bench/attack/damages.ts';
import { bigramHost } from '../../support/models/bigram-model.ts';

describe('damage to a store or a run folder', () => {
  it('is told and healed, and nothing damaged is served: 100 random ones', async function () {
    this.timeout(120_000);
    const { problems, done, healed } = await damageStores({
      damages: 100,
      seed: 20,
      openHost: (rows) => bigramHost({ rows }).host,
    });
    expect(problems).to.deep.equal([]);
    // Every target in every way, and most of them made something run again.
    expect(Object.keys(done)).to.have.length(15);
    expect(healed).to.be.greaterThan(40);
  });
});
