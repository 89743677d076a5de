import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { loadPipeline, packageRoot } from '../../src/engine/index.ts';
import { stageKinds } from '../../stages/index.ts';
import { bigramHost } from '../support/bigram-model.ts';
import { pipelineFile, runPipelineFile } from '../support/pipeline-run.ts';

const files = readdirSync(join(packageRoot, 'pipelines')).filter((name) => name.endsWith('.yaml'));

describe('each pipeline that ships', () => {
  const readme = readFileSync(pipelineFile('README.md'), 'utf8');
  for (const name of files) {
    it(`is sound, takes --model, and is documented stage by stage: ${name}`, async () => {
      const loaded = await loadPipeline(pipelineFile(name), {
        kinds: stageKinds,
        set: { model: 'org/name' },
      });
      if (!loaded.ok) throw new Error(loaded.problems.map(({ message }) => message).join('\n'));
      expect(loaded.warnings).to.deep.equal([]);
      expect(readme).to.contain(`## ${name}`);
      for (const stage of loaded.value.stages) expect(readme, name).to.contain(`\`${stage.name}\``);
      const models = loaded.value.stages
        .filter(({ kind }) => ['score', 'perplexity', 'ablate'].includes(kind.name))
        .map(({ options }) => (options as { model: string }).model);
      expect(new Set(models)).to.deep.equal(new Set(['org/name']));
    });
  }
});

describe('pipelines/quickstart.yaml', () => {
  it('runs, and is as small as it says', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'assay-pipeline-'));
    try {
      const run = await runPipelineFile(pipelineFile('quickstart.yaml'), folder, bigramHost().host);
      const ranking = await run.artifact('ranking');
      if (ranking.type !== 'table') throw new Error('expected a table');
      expect(ranking.table.rows.map(({ rank }) => rank)).to.deep.equal([1, 2, 3]);
      expect(ranking.table.rows.map(({ format }) => format)).to.have.members(['chat', 'plain', 'reversed']);
    } finally {
      await rm(folder, { recursive: true });
    }
    const lines = readFileSync(pipelineFile('quickstart.yaml'), 'utf8').split('\n');
    expect(lines.filter((line) => line !== '' && !line.startsWith('#'))).to.have.length(5);
  });
});
