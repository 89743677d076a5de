import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { assay, makeFolder, removeFolder, requireBuild } from './assay.ts';

/** What would be found after minutes of work is told before any of it, with its place. */
describe('assay plan tells before the work', () => {
  let folder = '';
  before(requireBuild);
  beforeEach(() => {
    folder = makeFolder();
    writeFileSync(join(folder, 'data.csv'), 'id,x\n1,a\n2,b\n');
  });
  afterEach(() => removeFolder(folder));

  const plan = async (stages: string, ...args: readonly string[]) => {
    const text = `stages:\n  d: { uses: dataset, with: { file: data.csv, key: [id] } }\n${stages}`;
    writeFileSync(join(folder, 'p.yaml'), text);
    const { status, stderr } = await assay(['plan', 'p.yaml', ...args], { cwd: folder });
    return { status, told: stderr };
  };
  const scored = '  s: { uses: score, from: d, with: { prompt: "{{ x }}", target: " y" } }\n';
  const read = '  p: { uses: perplexity, from: d, with: { text: "{{ x }}" } }\n';
  const table = (from: string, verb: string) =>
    `  t: { uses: table, from: ${from}, with: { verbs: [${verb}] } }\n`;

  const cases: readonly (readonly [title: string, stages: string, told: RegExp])[] = [
    [
      'of a join that makes two columns of one name',
      scored + read + table('{ rows: s, p: p }', '{ join: { input: p, on: [id] } }'),
      /^p\.yaml:5:\d+: error: the result would have two columns `x`/,
    ],
    [
      'of an input that is not called `rows`',
      scored + table('{ scores: s }', '{ filter: d.x != null }'),
      /^p\.yaml:4:\d+: error: `table` needs the input `rows`[^]*next: call the input `rows`: `from: \{ rows: s \}`/,
    ],
    [
      'of a comma that ends a text',
      scored + '  e: { uses: dataset, with: { items: [{ q: Who, then?, a: Me }] } }\n',
      /^p\.yaml:4:\d+: error: `then\?` has no value[^]*quote the text: "Who, then\?"/,
    ],
    [
      'of a column that a file does not have',
      scored + table('d', '{ filter: d.y != null }'),
      /^p\.yaml:4:\d+: error: no column `y`\n[^]*expected: id, x/,
    ],
  ];
  for (const [title, stages, expected] of cases) {
    it(title, async () => {
      const { status, told } = await plan(stages);
      expect(told).to.match(expected);
      expect(status).to.equal(2);
    });
  }

  it('of a backend that is not set up', async () => {
    const { status, told } = await plan(scored, '--backend', 'tensorflow');
    expect(told).to.match(
      /^p\.yaml:3:\d+: error: native TensorFlow is not set up on this machine\n[^]*`assay setup native`, or use `--backend wasm`/,
    );
    expect(status).to.not.equal(0);
  });
});
