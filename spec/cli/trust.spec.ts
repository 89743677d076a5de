import { existsSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import { assay, makeFolder, removeFolder, requireBuild } from './assay.ts';

/** Leaves a file behind as soon as anything of it runs. */
const MODULE = `import { writeFileSync } from 'node:fs';
import { defineStage } from 'assay';
import { mark } from './lib/mark.ts';
writeFileSync('RAN', mark);
export default defineStage({
  name: 'loud', summary: 'Louder.', description: 'Louder.',
  options: { type: 'object', additionalProperties: false, properties: {} },
  inputs: { ports: [{ name: 'rows', type: 'table', description: 'Rows.' }] },
  output: () => ({ type: 'table', key: [], columns: [{ name: 'word', type: 'string', description: 'A word.' }] }),
  run: ({ inputs: { rows } }) => Promise.resolve(rows),
});
`;
const PIPELINE = `stages:
  words: { uses: dataset, with: { items: [{ word: a }] } }
  loud: { uses: ./loud.ts, from: words }
`;

describe('a pipeline of somebody else', () => {
  let folder: string;
  before(requireBuild);
  beforeEach(() => {
    folder = makeFolder({
      'own/pipeline.yaml': PIPELINE,
      'own/loud.ts': MODULE,
      'own/lib/mark.ts': "export const mark = 'one';\n",
      'secret.csv': 'word\nhidden\n',
    });
  });
  afterEach(() => removeFolder(folder));

  const ran = () => existsSync(join(folder, 'own/RAN'));
  const at = (...words: string[]) =>
    assay(words, { cwd: join(folder, 'own'), env: { XDG_DATA_HOME: join(folder, 'data') } });

  for (const words of [
    ['validate', 'pipeline.yaml'],
    ['plan', 'pipeline.yaml'],
    ['run', 'pipeline.yaml', '--dry-run'],
    ['explain', 'loud', 'pipeline.yaml'],
    ['trust', 'pipeline.yaml'],
    ['run', 'pipeline.yaml', '--untrusted'],
  ]) {
    it(`runs nothing of its modules: assay ${words.join(' ')}`, async () => {
      const { status, stderr } = await at(...words);
      expect(ran()).to.equal(false);
      if (words[0] === 'trust') expect(status).to.equal(0);
      else {
        expect(status).to.equal(2);
        expect(stderr).to.match(/^pipeline\.yaml:3:17: error: \.\/loud\.ts is a program/m);
      }
    });
  }

  it('may run its modules once they are trusted, and anew after an edit of any of their files', async () => {
    const refused = await at('validate', 'pipeline.yaml');
    expect(refused.stderr).to.contain(
      '  found: lib/mark.ts, loud.ts\n  next: read it; `assay trust PIPELINE`',
    );
    expect((await at('trust', 'pipeline.yaml')).stdout).to.match(
      /^\.\/loud\.ts may run as it is now\n {2}lib\/mark\.ts/,
    );
    expect((await at('validate', 'pipeline.yaml')).status).to.equal(0);
    expect(ran()).to.equal(true);

    rmSync(join(folder, 'own/RAN'));
    writeFileSync(join(folder, 'own/lib/mark.ts'), "export const mark = 'two';\n");
    expect((await at('plan', 'pipeline.yaml')).status).to.equal(2);
    expect(ran()).to.equal(false);
    expect((await at('plan', 'pipeline.yaml', '--trust')).status).to.equal(0);
    expect((await at('plan', 'pipeline.yaml')).status).to.equal(0);
    expect((await at('trust', 'pipeline.yaml', '--revoke')).status).to.equal(0);
    expect((await at('plan', 'pipeline.yaml')).status).to.equal(2);
  });

  it('has its modules trusted by a run: who runs a pipeline runs what it brings', async () => {
    const { status, stderr } = await at('run', 'pipeline.yaml');
    expect(status, stderr).to.equal(0);
    expect((await at('plan', 'pipeline.yaml')).status).to.equal(0);
  });

  describe('that is not trusted', () => {
    const reading = (file: string) =>
      `stages:\n  rows: { uses: dataset, with: { file: ${file} } }\n  same: { uses: table, from: rows, with: { verbs: [{ head: 1 }] } }\n`;
    const untrusted = (text: string, ...more: string[]) => {
      writeFileSync(join(folder, 'own/pipeline.yaml'), text);
      return at('run', 'pipeline.yaml', '--untrusted', ...more);
    };

    it('reads data in its own folder', async () => {
      writeFileSync(join(folder, 'own/data.csv'), 'word\na\n');
      const { status, stderr } = await untrusted(reading('data.csv').replace(/\n {2}same.*/, ''));
      expect(status, stderr).to.equal(0);
    });

    it('reads nothing elsewhere: by a path, by a link, in a matrix, as a font or a model', async () => {
      symlinkSync(join(folder, 'secret.csv'), join(folder, 'own/linked.csv'));
      symlinkSync(folder, join(folder, 'own/up'));
      const files = [
        '../secret.csv',
        resolve(folder, 'secret.csv'),
        'linked.csv',
        'up/secret.csv',
        'a/../../secret.csv',
        '/etc/passwd',
      ];
      for (const file of files) {
        const { status, stdout, stderr } = await untrusted(reading(file));
        expect(status, file).to.equal(2);
        expect(stderr).to.match(/^pipeline\.yaml:2:\d+: error: the pipeline is not trusted/m);
        expect(stdout + stderr).to.not.match(/hidden|root:/);
      }
      const matrix = await untrusted(
        `stages:\n  rows: { uses: dataset, matrix: { f: [../secret.csv] }, with: { file: "\${matrix.f}" } }\n`,
      );
      expect(matrix.status).to.equal(2);
      expect(matrix.stderr).to.contain('lies outside its folder');
      const model = await untrusted(
        `stages:\n  a: { uses: perplexity, from: b, with: { model: ../model } }\n  b: { uses: variants, with: { items: [{ q: a }], formats: { p: { template: "{{ q }}" } } } }\n`,
      );
      expect(model.stderr).to.contain('lies outside its folder');
    });

    it('reads what the user names, wherever it is', async () => {
      const text = `params: { data: none.csv }\n${reading('"${params.data}"').replace(/\n {2}same.*/, '')}`;
      const { status, stderr } = await untrusted(text, '--set', 'data=../secret.csv');
      expect(status, stderr).to.equal(0);
    });
  });
});
