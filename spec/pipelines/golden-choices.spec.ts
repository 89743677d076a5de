import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  compareChoices,
  float64Items,
  goldenItems,
  writeGoldenPipeline,
} from '../../bench/golden/choices.ts';
import { packageRoot } from '../../src/engine/index.ts';
import type { OpenModelHost } from '../../src/hosting/model-host.ts';
import { openModelHost } from '../../src/hosting/open-host.ts';
import { runPipelineFile } from '../support/pipeline-run.ts';

/** lm-evaluation-harness computes in float32, as we do, in another order: its sums are up to 1.1e-4 off those of float64. */
const tolerance = 1.2e-4;
/** Ours from sums that are computed in float64, where those were made. */
const toleranceOfFloat64 = 5e-5;
const inFloat64 = ['organism/copa_k0', 'organism/tqa_mc1_k0', 'organism/tqa_mc2_k0'];

const sets = readdirSync(join(packageRoot, 'spec/fixtures/choices/organism')).map(
  (file) => `organism/${file.replace('.jsonl', '')}`,
);

describe('choose against lm-evaluation-harness, on the organism', () => {
  let folder: string;
  let host: OpenModelHost;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'assay-choices-'));
    host = openModelHost({ backend: 'wasm' });
  });
  after(async () => {
    await host.dispose();
    await rm(folder, { recursive: true });
  });

  for (const set of sets) {
    it(`${set}: the same prompts and decisions, log-probabilities within ${tolerance} nats`, async () => {
      const file = await writeGoldenPipeline(set, 'organism', folder);
      const run = await runPipelineFile(file, folder, host);
      const artifact = await run.artifact('choices');
      if (artifact.type !== 'table') throw new Error('expected a table');
      const { largest, ...found } = compareChoices(artifact.table.rows, goldenItems(set));
      expect(found).to.deep.include({ decisions: [], prompts: [] });
      expect(largest).to.be.below(tolerance);
      const exact = new Map(
        float64Items().flatMap((item) => (item.set === set ? [[item.id, item.log_probs]] : [])),
      );
      const against = artifact.table.rows.flatMap((row) => {
        const ours = row['candidate_log_probs'] as readonly number[];
        return (exact.get(row['id'] as string) ?? []).map((value, place) =>
          Math.abs((ours[place] ?? NaN) - value),
        );
      });
      expect(Math.max(0, ...against), 'from float64').to.be.below(toleranceOfFloat64);
      expect(against.length > 0).to.equal(inFloat64.includes(set));
    });
  }

  it('has all eight recorded runs', () => {
    expect(sets).to.have.length(8);
  });
});
