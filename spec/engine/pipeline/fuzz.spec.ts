import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { fuzz } from '../../../bench/hostile/load-mutated.ts';

/** bench/fuzz.ts does the same with ten thousand, and measures. */
const FILES = 300;

describe('pipeline files with random mistakes', () => {
  let folder = '';
  before(async () => (folder = await mkdtemp(join(tmpdir(), 'assay-fuzz-'))));
  after(() => rm(folder, { recursive: true, force: true }));

  it('are taken, or refused with problems that each have a place; nothing is ever thrown', async function () {
    this.timeout(60_000);
    let valid = 0;
    for (let seed = 0; seed < FILES; seed++) {
      const fuzzed = await fuzz(seed, join(folder, 'pipeline.yaml'));
      expect(fuzzed.fault, `seed ${seed}`).to.equal(undefined);
      if (fuzzed.valid) valid++;
    }
    // Mistakes in comments and texts are none; but most are.
    expect(valid).to.be.within(1, FILES / 2);
  });
});
