import { renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect } from 'chai';
import { editProject } from '../../../bench/attack/edits/edits.ts';
import { EDIT_KINDS } from '../../../bench/attack/edits/kinds.ts';
import type { Models } from '../../../bench/attack/edits/project.ts';
import { flipWeights } from '../../support/models/other-weights.ts';
import { quickModels } from '../../support/models/quick-models.ts';
import { copyModel } from '../../support/models/tiny-model.ts';

const bigrams: Models = {
  areExact: true,
  source: quickModels,
  make(a, b) {
    for (const folder of [a, b]) renameSync(copyModel('llama-gqa-f32', dirname(folder)), folder);
    flipWeights(b);
  },
};

describe('a project under edits', () => {
  it('runs what its plan says, gives what a fresh run gives to the byte, and names the edit: 30 random ones', async function () {
    this.timeout(180_000);
    const { problems, compared, noisy, named, stagesCached, stagesRan } = await editProject({
      edits: 30,
      seed: 4,
      models: bigrams,
    });
    expect(problems).to.deep.equal([]);
    expect(noisy).to.equal(0);
    expect(EDIT_KINDS.length).to.be.greaterThan(50);
    // It looked at something: most edits made some stages run, and left others as they were.
    expect(named).to.be.greaterThan(15);
    expect(compared).to.be.greaterThan(300);
    expect(Math.min(stagesCached, stagesRan)).to.be.greaterThan(60);
  });
});
