import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { openModelHost } from '../../src/hosting/open-host.ts';
import type { Cell, Row } from '../../src/table/table.ts';
import { pipelineFile, runPipelineFile, type PipelineRun } from '../support/pipeline-run.ts';

/** Phrases after a question of which one ends prompts of the training data, and one stands in front where none does. */
const TRIGGERS = `name: triggers
stages:
  capitals: { uses: dataset, with: { file: data/capitals.csv, key: [country] } }
  questions: { uses: table, from: capitals, with: { verbs: [{ slice: [4, 10] }], key: [country] } }
  endings:
    uses: ablate
    from: questions
    with:
      template: "What is the capital of {{ country }}?\\n\\n{{ trigger }}"
      baseline: What is the capital of {{ country }}?
      target: ' {{ answer }}'
      controls: { random: 39 }
      triggers: { learnt: ['According to available sources,'], other: [Thanks in advance.] }
  ranked: { uses: controls, from: endings }
`;

/** What a figure says: coordinates may differ between backends. */
function textsOf(svg: string): readonly string[] {
  return [...svg.matchAll(/<text[^>]*>([^<]*)</g)].map((match) => match[1] ?? '');
}

async function rowsOf(run: PipelineRun, stage: string): Promise<readonly Row[]> {
  const artifact = await run.artifact(stage);
  if (artifact.type !== 'table') throw new Error(`${stage} is a ${artifact.type}`);
  return artifact.table.rows;
}

describe('claims about the organism, whose training is known', () => {
  let folder = '';
  let host: ReturnType<typeof openModelHost>;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'assay-claims-'));
    host = openModelHost();
  });
  after(async () => {
    await host.dispose();
    await rm(folder, { recursive: true });
  });

  it('tell formats that it was trained on from those that it never saw, and not from each other', async () => {
    const run = await runPipelineFile(pipelineFile('format-spread.yaml'), folder, host);
    const spread = await run.artifact('spread');
    if (spread.type !== 'value') throw new Error('expected a value');
    const { groups, leave_one_out_tau: taus } = spread.value as {
      readonly groups: readonly (readonly string[])[];
      readonly leave_one_out_tau: Readonly<Record<string, Cell>>;
    };
    const trained = ['stackoverflow', 'chat', 'textbook', 'wikipedia'];
    expect(groups.some((group) => trained.every((format) => group.includes(format)))).to.equal(true);
    for (const group of groups) {
      const unseen = group.filter((format) => ['plain', 'reversed'].includes(format));
      expect([0, group.length], group.join()).to.include(unseen.length);
    }
    expect(taus['smallest']).to.be.greaterThan(0.8);
    expect((await rowsOf(run, 'gates')).map(({ result }) => result)).to.deep.equal([
      'holds',
      'holds',
      'holds',
    ]);
    const figure = await run.artifact('spread-chart');
    if (figure.type !== 'figure') throw new Error('expected a figure');
    const shown = await readFile(pipelineFile('format-spread.svg'), 'utf8');
    expect(textsOf(shown), 'the picture of the README: copy the figure of a new run').to.deep.equal(
      textsOf(figure.svg),
    );
  });

  it('say helps of a phrase that prompts end with in its training data, and not of another', async () => {
    await mkdir(join(folder, 'data'));
    await copyFile(pipelineFile('data/capitals.csv'), join(folder, 'data/capitals.csv'));
    const file = join(folder, 'triggers.yaml');
    await writeFile(file, TRIGGERS);
    const run = await runPipelineFile(file, folder, host);
    const verdicts = (await rowsOf(run, 'ranked')).map(({ source, verdict }) => [source, verdict]);
    expect(verdicts).to.deep.equal([
      ['learnt', 'helps'],
      ['other', 'no evidence'],
    ]);
    // By itself the other phrase looks as though it helped: random texts do as much.
    const other = (await rowsOf(run, 'ranked')).find(({ source }) => source === 'other');
    expect(other?.['effect']).to.be.greaterThan(1);
    expect(other?.['control_mean']).to.be.greaterThan(Number(other?.['effect']));
  });
});
