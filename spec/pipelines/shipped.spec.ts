import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { loadPipeline, packageRoot } from '../../src/engine/index.ts';
import { stageKinds } from '../../stages/index.ts';
import { bigramHost } from '../support/models/bigram-model.ts';
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
      for (const stage of loaded.value.stages) expect(readme, name).to.contain(`\`${stage.entry}\``);
      const models = loaded.value.stages
        .filter(({ kind }) => ['score', 'perplexity', 'surprisal', 'choose', 'ablate'].includes(kind.name))
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

describe('pipelines/multiple-choice.yaml', () => {
  it('judges forty candidates for each question and format, by each rule', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'assay-pipeline-'));
    try {
      const run = await runPipelineFile(pipelineFile('multiple-choice.yaml'), folder, bigramHost().host);
      const [choices, accuracy] = [await run.artifact('choices'), await run.artifact('accuracy')];
      if (choices.type !== 'table' || accuracy.type !== 'table') throw new Error('expected tables');
      expect(choices.table.rows.map(({ candidate_count }) => candidate_count)).to.deep.equal(
        Array.from({ length: 160 }, () => 40),
      );
      // Every capital is a candidate, and right once for each format.
      for (const { candidate_right } of choices.table.rows) {
        expect((candidate_right as readonly boolean[]).filter(Boolean)).to.have.length(1);
      }
      expect(choices.prompts?.map(({ targets }) => targets.length)).to.deep.equal(
        Array.from({ length: 160 }, () => 40),
      );
      expect(accuracy.table.rows.map(({ count }) => count)).to.deep.equal(
        Array.from({ length: 16 }, () => 40),
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('the pipelines of whole sentences', () => {
  let folder = '';
  before(async () => (folder = await mkdtemp(join(tmpdir(), 'assay-pipeline-'))));
  after(() => rm(folder, { recursive: true, force: true }));

  it('minimal-pairs.yaml judges each pair: what is more likely is picked, of equal sentences the first', async () => {
    const run = await runPipelineFile(pipelineFile('minimal-pairs.yaml'), folder, bigramHost().host);
    const judgements = await run.artifact('judgements');
    if (judgements.type !== 'table') throw new Error('expected a table');
    expect(judgements.table.rows).to.have.length(12);
    for (const { acc, margin } of judgements.table.rows) expect(acc).to.equal(Number(margin) >= 0);
  });

  it('garden-path.yaml compares the verb of both sentences of an item', async () => {
    const run = await runPipelineFile(pipelineFile('garden-path.yaml'), folder, bigramHost().host);
    const [regions, predictions] = [await run.artifact('regions'), await run.artifact('predictions')];
    if (regions.type !== 'table' || predictions.type !== 'table') throw new Error('expected tables');
    const bits = (item: unknown, condition: string): number =>
      Number(
        regions.table.rows.find(
          (row) => row['item'] === item && row['condition'] === condition && row['region'] === 'verb',
        )?.['surprisal'],
      );
    expect(predictions.table.rows.map(({ item }) => item)).to.deep.equal(['horse', 'deer', 'vet']);
    for (const { item, effect, predicted } of predictions.table.rows) {
      const difference = bits(item, 'ambiguous') - bits(item, 'plain');
      expect(effect).to.be.closeTo(difference, 1e-12);
      expect(predicted).to.equal(difference > 0);
    }
  });
});

describe('the pipelines with a matrix', () => {
  let folder = '';
  before(async () => (folder = await mkdtemp(join(tmpdir(), 'assay-pipeline-'))));
  after(() => rm(folder, { recursive: true, force: true }));

  const tableIn = async (name: string, stage: string) => {
    const run = await runPipelineFile(pipelineFile(name), folder, bigramHost().host);
    const artifact = await run.artifact(stage);
    if (artifact.type !== 'table') throw new Error('expected a table');
    return artifact.table;
  };

  it('compare boundary policies', async () => {
    const { rows, key } = await tableIn('boundaries.yaml', 'scores');
    expect(rows).to.have.length(30);
    expect(key.slice(0, 2)).to.deep.equal(['boundary_policy', 'bos_policy']);
    const of = (policy: string, bos: string) =>
      rows.filter(({ boundary_policy, bos_policy }) => boundary_policy === policy && bos_policy === bos);
    expect(of('lmeval', 'never')).to.have.length(0);
    for (const policy of ['join', 'separate']) {
      for (const bos of ['auto', 'never']) expect(of(policy, bos), `${policy} ${bos}`).to.have.length(6);
    }
    expect(of('lmeval', 'auto')).to.have.length(6);
    const run = await runPipelineFile(pipelineFile('boundaries.yaml'), folder, bigramHost().host);
    const scores = await run.artifact('scores');
    // What each instance was given is there for the rows of all of them.
    expect(scores)
      .to.have.property('prompts')
      .deep.equal(rows.map(({ prompt, target }) => ({ prompt, targets: [target] })));
  });

  it('misspell with a stage of their own', async () => {
    const { rows } = await tableIn('typos.yaml', 'misspelt');
    expect(rows.map(({ typos, misspelt }) => `${String(typos)} ${String(misspelt)}`)).to.deep.equal([
      '0 What is the capital of Germany?',
      '0 What is the sum of 45 and 67?',
      '1 What is the capitla of Germany?',
      '1 What is the smu of 45 and 67?',
      '2 What is the cpaital of Geramny?',
      '2 What is teh sum of 45 adn 67?',
      '4 What is teh captial of Gremayn?',
      '4 Waht is teh smu of 45 adn 67?',
    ]);
    expect((await tableIn('typos.yaml', 'tolerance')).rows).to.have.length(4);
  });
});
