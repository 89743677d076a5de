import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { killRuns } from '../../bench/attack/kills.ts';
import { checkStore } from '../../bench/attack/store-check.ts';
import type { RunRecord } from '../../src/engine/record.ts';
import { assay, makeFolder, removeFolder, requireBuild } from './assay.ts';

const PIPELINE = `name: shared
stages:
  prompts:
    uses: variants
    with:
      items: [{ question: What is the capital of Germany?, answer: Berlin }, { question: What is the capital of France?, answer: Paris }]
      formats: { plain: {}, chat: { template: "User: {{ question }}\\nAssistant:" }, reversed: { transform: reverse } }
  scores: { uses: score, from: prompts, with: { target: " {{ answer }}" } }
  perplexities: { uses: perplexity, from: prompts }
  ranking: { uses: aggregate, from: scores, with: { by: [format], measure: target_log_prob, statistics: [mean] } }
`;

describe('runs under attack', () => {
  before(requireBuild);

  it('runs that are killed at any moment go on where they were, and come to the same bytes', async function () {
    this.timeout(300_000);
    const { problems, amidWork, moments } = await killRuns({ kills: 8, seed: 7, questions: 12 });
    expect(problems).to.deep.equal([]);
    expect(amidWork).to.be.at.least(6);
    expect(new Set(Object.keys(moments).map((moment) => moment.split(' ')[0])).size).to.be.at.least(3);
  });

  it('eight processes on one store compute each stage once in all, and all succeed', async function () {
    this.timeout(120_000);
    const folder = makeFolder({ 'shared.yaml': PIPELINE });
    try {
      const outcomes = await Promise.all(
        Array.from({ length: 8 }, (_, n) =>
          assay(['run', 'shared.yaml', '--runs', `runs-${n}`], { cwd: folder }),
        ),
      );
      expect(outcomes.map(({ status }) => status)).to.deep.equal(Array(8).fill(0));
      const records = outcomes.map(
        (_, n) => JSON.parse(readFileSync(join(folder, `runs-${n}/latest/run.json`), 'utf8')) as RunRecord,
      );
      for (const [index, { name }] of records[0]!.stages.entries()) {
        const stages = records.map(({ stages: all }) => all[index]!);
        const ran = stages.filter(({ state }) => state === 'ran');
        expect(ran, `processes that computed ${name}`).to.have.length(1);
        for (const { artifact } of stages) expect(artifact).to.deep.equal(ran[0]!.artifact);
      }
      expect(checkStore(join(folder, '.assay')).problems).to.deep.equal([]);
    } finally {
      removeFolder(folder);
    }
  });
});
