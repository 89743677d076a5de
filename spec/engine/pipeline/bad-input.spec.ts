import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { loadPipeline } from '../../../src/engine/index.ts';
import { flat, Rig } from '../../support/rig.ts';

interface Case {
  readonly title: string;
  readonly text: string;
  readonly set?: Record<string, string>;
  /** Every diagnostic, whole; places as `line:column+length`. None: the file is right. */
  readonly problems: readonly Record<string, unknown>[];
}

const fixtures = fileURLToPath(new URL('../../fixtures/pipelines/bad-input.json', import.meta.url));
const cases = JSON.parse(await readFile(fixtures, 'utf8')) as Case[];

describe('a pipeline file with', () => {
  let rig: Rig;
  before(async () => (rig = await Rig.open()));
  after(() => rig.close());

  const problemsOf = async (file: string, set?: Record<string, string>) => {
    const result = await loadPipeline(file, {
      kinds: rig.kinds,
      writeSetting: (setting) => `--set ${setting}`,
      ...(set && { set }),
    });
    const problems = result.ok ? [] : result.problems;
    return JSON.parse(JSON.stringify(problems.map(flat)).replaceAll(`${rig.dir}/`, '')) as Record<
      string,
      unknown
    >[];
  };

  for (const { title, text, set, problems } of cases) {
    it(title, async () => {
      await rig.write(text);
      expect(await problemsOf(rig.file, set)).to.deep.equal(problems);
    });
  }

  it('the line of a problem as it is in the file', async () => {
    await rig.write('\ufeffname: x\r\nstages:\r\n  a: { uses: rosw }\r\n');
    const result = await loadPipeline(rig.file, { kinds: rig.kinds });
    expect(!result.ok && result.problems[0]?.place).to.deep.equal({
      file: rig.file,
      line: 3,
      column: 14,
      length: 4,
      text: '  a: { uses: rosw }',
    });
  });

  it('bytes that are not UTF-8', async () => {
    await writeFile(rig.file, Buffer.from([...Buffer.from('name: x\nd: '), 0xe9, 0x0a, 0xe9]));
    expect(await problemsOf(rig.file)).to.deep.equal([
      {
        at: null,
        code: 'not-utf8',
        message: 'pipeline.yaml is not UTF-8 text',
        where: 'pipeline.yaml, line 2, byte 11',
        expected: 'UTF-8',
        found: 'byte 0xe9',
        next: 'save the file as UTF-8',
      },
    ]);
  });

  it('more bytes than a person writes', async () => {
    await writeFile(rig.file, Buffer.alloc(5 * 1024 * 1024, '#'));
    expect((await problemsOf(rig.file))[0]).to.include({ code: 'file-too-large', found: '5242880 bytes' });
  });

  for (const [kind, text] of [
    ['lists in lists', `a: ${'['.repeat(20_000)}`],
    ['maps in maps', Array.from({ length: 1500 }, (_, depth) => `${' '.repeat(depth)}a:\n`).join('')],
    ['lists in lists on one line', `${'- '.repeat(5000)}x`],
    ['lists in lists after text far to the right', `t: |\n${' '.repeat(500)}x\na: ${'['.repeat(20_000)}`],
  ] as const) {
    it(`${kind}, deeper than the parser can go`, async () => {
      await rig.write(text);
      expect((await problemsOf(rig.file)).map(({ code }) => code)).to.deep.equal(['nesting-limit']);
    });
  }

  it('many brackets in text, which is no nesting', async () => {
    await rig.write(
      `name: "${'[('.repeat(5000)}"\nstages: { a: { uses: rows, with: { rows: [{ n: 1 }] } } }\n`,
    );
    expect(await problemsOf(rig.file)).to.deep.equal([]);
  });

  it('more anchors than a person names', async () => {
    await rig.write(`params: { a: [${Array.from({ length: 1001 }, (_, i) => `&a${i} x`).join(', ')}] }\n`);
    expect((await problemsOf(rig.file))[0]).to.include({ code: 'anchor-limit', found: '1001' });
  });

  it('another name, or that is a folder', async () => {
    await rig.write('');
    expect(await problemsOf(join(rig.dir, 'pipelin.yaml'))).to.deep.equal([
      {
        at: null,
        code: 'file-not-found',
        message: 'no pipeline file pipelin.yaml',
        where: 'pipelin.yaml',
        next: 'did you mean `pipeline.yaml`?',
      },
    ]);
    const folder = join(rig.dir, 'folder');
    await mkdir(folder);
    await writeFile(join(folder, 'one.yaml'), '');
    expect(await problemsOf(folder)).to.deep.equal([
      {
        at: null,
        code: 'is-a-folder',
        message: 'folder is a folder',
        where: 'folder',
        expected: 'a pipeline file',
        found: 'a folder',
        next: 'name one of its files: one.yaml',
      },
    ]);
  });
});
