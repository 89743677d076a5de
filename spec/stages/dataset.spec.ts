import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { services } from '../../src/engine/stage-kind.ts';
import { parseCsv } from '../../src/table/files/csv.ts';
import { failureOf, kindNamed, optionsOf, problemsOf, rowsOf, runStage } from '../support/stage-rig.ts';

describe('dataset', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'assay-dataset-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function fromFile(
    name: string,
    text: string | Uint8Array,
    options: Record<string, unknown> = {},
  ): ReturnType<typeof runStage> {
    await writeFile(join(folder, name), text);
    return runStage('dataset', { file: name, ...options }, { baseDir: folder });
  }

  it('takes items as they are; what one lacks is null', async () => {
    const run = await runStage('dataset', {
      items: [
        { q: 'a', n: 1 },
        { q: 'b', extra: [1] },
      ],
      key: ['q'],
    });
    expect(rowsOf(run)).to.deep.equal([
      { q: 'a', n: 1, extra: null },
      { q: 'b', n: null, extra: [1] },
    ]);
    expect(run.artifact)
      .to.have.nested.property('table.columns')
      .deep.equal([
        { name: 'q', type: 'string' },
        { name: 'n', type: 'integer' },
        { name: 'extra', type: 'json' },
      ]);
  });

  it('reads CSV: text stays text, other types by name', async () => {
    const text = '\uFEFFid,answer,score,ok\r\n1,007,0.5,true\r\n2,"a ""b"",\nc",,false\r\n';
    const run = await fromFile('data.csv', text, {
      types: { id: 'integer', score: 'number', ok: 'boolean' },
    });
    expect(rowsOf(run)).to.deep.equal([
      { id: 1, answer: '007', score: 0.5, ok: true },
      { id: 2, answer: 'a "b",\nc', score: null, ok: false },
    ]);
  });

  it('reads JSON and JSON Lines with their types', async () => {
    const rows = [
      { a: 1, b: 'x' },
      { a: 2.5, b: null },
    ];
    expect(rowsOf(await fromFile('data.json', JSON.stringify(rows)))).to.deep.equal(rows);
    expect(
      rowsOf(await fromFile('data.jsonl', `${rows.map((row) => JSON.stringify(row)).join('\n\n')}\n`)),
    ).to.deep.equal(rows);
    expect(rowsOf(await fromFile('data.txt', JSON.stringify(rows), { format: 'json' }))).to.deep.equal(rows);
  });

  it('reads back every CSV that is written by the rules', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r\n', ' ', 'é', '🙂') });
    const rows = fc.array(fc.array(cell, { minLength: 2, maxLength: 2 }), { minLength: 1 });
    fc.assert(
      fc.property(rows, fc.constantFrom('\n', '\r\n'), fc.boolean(), (table, end, final) => {
        const quoted = (text: string): string =>
          /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
        const text = table.map((row) => row.map(quoted).join(',')).join(end) + (final ? end : '');
        expect(parseCsv(text).map(({ fields }) => fields)).to.deep.equal(table);
      }),
    );
  });

  const bad: readonly (readonly [
    name: string,
    text: string | Uint8Array,
    options: Record<string, unknown>,
    where: string,
    message: RegExp,
  ])[] = [
    ['a.csv', 'a,b\n1,2\n3\n', {}, 'a.csv, line 3', /does not fit the header/],
    ['a.csv', 'a,b\n"1,2\n', {}, 'a.csv, line 2', /never closed/],
    ['a.csv', 'a,b\n"1"x,2\n', {}, 'a.csv, line 2', /after a closing quote came "x"/],
    ['a.csv', 'a,a\n1,2\n', {}, 'a.csv, line 1', /names of their own/],
    ['a.csv', '', {}, 'a.csv', /empty/],
    ['a.csv', 'n\n1\n1.5\n', { types: { n: 'integer' } }, 'a.csv, line 3, column n', /not an integer/],
    ['a.csv', 'n\nyes\n', { types: { n: 'boolean' } }, 'a.csv, line 2, column n', /not a boolean/],
    ['a.json', '{"a": 1}', {}, 'a.json', /holds no list/],
    ['a.json', '[{"a": 1}, 2]', {}, 'a.json, item 2', /not an object/],
    ['a.jsonl', '{"a": 1}\n{"a": }\n', {}, 'a.jsonl, line 2', /not valid JSON/],
    ['a.json', new Uint8Array([0x5b, 0xff]), {}, 'a.json', /not UTF-8/],
  ];
  for (const [name, text, options, where, message] of bad) {
    it(`refuses ${name}: ${JSON.stringify(text)}`, async () => {
      const failure = await failureOf(fromFile(name, text, options));
      expect(failure).to.deep.include({ code: 'data-invalid', blame: 'user', where, path: ['file'] });
      expect(failure.message).to.match(message);
    });
  }

  it('knows a file by its contents', async () => {
    const kind = kindNamed('dataset');
    const identity = async (name: string, text: string): Promise<unknown> => {
      await writeFile(join(folder, name), text);
      const external = await kind.externals?.(optionsOf(kind, { file: name }), {
        baseDir: folder,
        services: services(),
      });
      return external?.['file']?.identity;
    };
    const first = await identity('a.csv', 'a\n1\n');
    expect(await identity('b.csv', 'a\n1\n')).to.equal(first);
    expect(await identity('a.csv', 'a\n2\n')).not.to.equal(first);
    const failure = await failureOf(runStage('dataset', { file: 'none.csv' }, { baseDir: folder }));
    expect(failure).to.deep.include({ code: 'file-not-found', blame: 'user', path: ['file'] });
  });

  it('says what is wrong before it runs', () => {
    const check = (options: Record<string, unknown>): readonly unknown[] =>
      problemsOf('dataset', options as never).map(({ path, message }) => [path.join('.'), message]);
    expect(check({})).to.deep.equal([['', 'the dataset has no rows']]);
    expect(check({ items: [{ a: 1 }], file: 'a.csv' })).to.deep.equal([
      ['file', 'the dataset has both `items` and `file`'],
    ]);
    expect(check({ file: 'a.xls' })).to.deep.equal([
      ['file', 'the name does not say what format the file has'],
    ]);
    expect(check({ items: [{ a: 1 }], key: ['b'] })).to.deep.equal([['key.0', 'no column `b`']]);
    expect(check({ items: [{ a: 1 }, { a: 1 }], key: ['a'] })).to.deep.equal([
      ['items.1', 'two items have the same a'],
    ]);
  });
});
