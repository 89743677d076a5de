import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect } from 'chai';
import { parse } from 'yaml';
import { loadPipeline, packageRoot, pipelineSchema } from '../../../../src/engine/index.ts';
import { stageKinds } from '../../../../stages/index.ts';

const committed = JSON.parse(
  readFileSync(join(packageRoot, 'schemas/pipeline.schema.json'), 'utf8'),
) as object;
const fits = new Ajv2020({ strict: true, strictRequired: false, strictTypes: false, allErrors: true }).compile(committed); // prettier-ignore

const items = 'items: [{ question: Q, answer: A }]';
const start = `  q: { uses: dataset, with: { ${items} } }\n`;
const prompts = `${start}  p: { uses: variants, from: q, with: { formats: { plain: {} } } }\n`;
const score = (more: string, others = '') =>
  `${prompts}  s: { uses: score, from: p, ${others}with: { target: " {{ answer }}"${more} } }\n`;

/** Stages (unless a text says all) that are right, as they are written: with references. */
const right: Record<string, string> = {
  'an option that is a parameter': `params: { k: 3, b: join, f: { plain: {} } }
stages:
${start}  p: { uses: variants, from: q, with: { formats: "\${params.f}" } }
  s: { uses: score, from: p, with: { target: " {{ answer }}", topTokens: "\${params.k}", boundary: "\${params.b}" } }
`,
  'options that are a parameter as a whole': `params: { o: { ${items} } }\nstages:\n  q: { uses: dataset, with: "\${params.o}" }\n`,
  'a kind and a source that are parameters': `params: { kind: dataset, from: q }\nstages:\n  q: { uses: "\${params.kind}", with: { ${items} } }\n  p: { uses: variants, from: "\${params.from}", with: { formats: { plain: {} } } }\n`,
  'a matrix': `stages:\n${score(', topTokens: "${matrix.k}"', 'matrix: { k: [1, 2], include: [{ k: 4 }], exclude: [{ k: 1 }] }, ')}`,
  'an axis that is a parameter': `params: { ks: [1, 2] }\nstages:\n${score(', topTokens: "${matrix.k}"', 'matrix: { k: "${params.ks}" }, ')}`,
  'inputs by name': `stages:\n${start}  p: { uses: variants, from: { items: q }, with: { formats: { plain: {} } } }\n`,
};

/** Mistakes that are in the form of the file: what an editor can see. */
const wrong: Record<string, string> = {
  'no stages': 'name: x\n',
  'stages that are a list': 'stages: []\n',
  'no stage': 'stages: {}\n',
  'an unknown key': `stages:\n${start}stagse: 1\n`,
  'an unknown key of a stage': `stages:\n${start.replace('with', 'wiht')}`,
  'a name in capitals': `stages:\n${start.replace('q:', 'Q:')}`,
  'a stage without a kind': 'stages: { q: { with: {} } }\n',
  'an unknown kind': `stages:\n${start.replace('dataset', 'datset')}`,
  'a kind that is a number': `stages:\n${start.replace('dataset', '7')}`,
  'an unknown option': `stages:\n${score(', topToken: 3')}`,
  'an option of a wrong type': `stages:\n${score(', topTokens: many')}`,
  'a number below its least': `stages:\n${score(', topTokens: -1')}`,
  'a word that is none of the choices': `stages:\n${score(', boundary: jion')}`,
  'an option that is missing': `stages:\n${prompts}  s: { uses: score, from: p, with: {} }\n`,
  'options that are missing': `stages:\n${prompts}  s: { uses: score, from: p }\n`,
  'options that are a list': `stages:\n${prompts}  s: { uses: score, from: p, with: [] }\n`,
  'a source for a kind that takes none': `stages:\n${prompts}  d: { uses: score, with: { target: x } }\n`,
  'an unknown input': `stages:\n${start}  p: { uses: variants, from: { itms: q }, with: { formats: { plain: {} } } }\n`,
  'an empty axis': `stages:\n${score('', 'matrix: { k: [] }, ')}`,
  'an axis that is no list': `stages:\n${score('', 'matrix: { k: 3 }, ')}`,
  'an empty matrix': `stages:\n${score('', 'matrix: {}, ')}`,
  'an axis named as no column can be': `stages:\n${score('', 'matrix: { k-k: [1] }, ')}`,
  'what is included as a map': `stages:\n${score('', 'matrix: { k: [1], include: { k: 2 } }, ')}`,
  'a parameter named as none can be': `params: { 1a: 2 }\nstages:\n${start}`,
  'an empty name': `name: ""\nstages:\n${start}`,
};

describe('the schema for editors', () => {
  let folder = '';
  before(async () => (folder = await mkdtemp(join(tmpdir(), 'assay-schema-'))));
  after(() => rm(folder, { recursive: true, force: true }));

  const verdicts = async (text: string) => {
    const file = join(folder, 'pipeline.yaml');
    await writeFile(file, text);
    const loaded = await loadPipeline(file, { kinds: stageKinds });
    const editor = fits(parse(text));
    return {
      editor,
      program: loaded.ok,
      told: JSON.stringify({ editor: fits.errors, program: loaded.ok ? [] : loaded.problems }, null, 1),
    };
  };

  it('is that of the kinds', () => {
    expect(committed, 'assay schema --write').to.deep.equal(
      JSON.parse(JSON.stringify(pipelineSchema(stageKinds))),
    );
  });

  for (const name of readdirSync(join(packageRoot, 'pipelines')).filter((file) => file.endsWith('.yaml'))) {
    it(`takes pipelines/${name}, which names it`, () => {
      const text = readFileSync(join(packageRoot, 'pipelines', name), 'utf8');
      expect(text.split('\n')[0]).to.equal('# yaml-language-server: $schema=../schemas/pipeline.schema.json');
      fits(parse(text));
      expect(fits.errors ?? []).to.deep.equal([]);
    });
  }

  for (const [title, text] of Object.entries(right)) {
    it(`takes, as the program does, ${title}`, async () => {
      const { editor, program, told } = await verdicts(text);
      expect({ editor, program }, told).to.deep.equal({ editor: true, program: true });
    });
  }

  for (const [title, text] of Object.entries(wrong)) {
    it(`refuses, as the program does, ${title}`, async () => {
      const { editor, program, told } = await verdicts(text);
      expect({ editor, program }, told).to.deep.equal({ editor: false, program: false });
    });
  }
});
