import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { services, type Shape } from '../../src/engine/stage-kind.ts';
import { Failure } from '../../src/system/failure.ts';
import { csvText } from '../../src/table/columns.ts';
import { delimiters, parseCsv } from '../../src/table/files/csv.ts';
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

  it('keeps the columns of a header without rows, with the types that are given', async () => {
    const run = await fromFile('data.csv', 'x,y\n', { types: { y: 'number' }, key: ['x'] });
    expect(run.artifact)
      .to.have.nested.property('table.columns')
      .deep.equal([
        { name: 'x', type: 'string', description: csvText },
        { name: 'y', type: 'number' },
      ]);
  });

  it('reads columns that are named like what every object inherits', async () => {
    const names = ['constructor', 'toString', '__proto__', 'hasOwnProperty', 'then', 'valueOf'];
    const text = `${names.join(',')}\n${names.map((_, n) => n).join(',')}\n`;
    const row = Object.fromEntries(names.map((name, n) => [name, String(n)]));
    expect(rowsOf(await fromFile('data.csv', text))).to.deep.equal([row]);
    const typed = await fromFile('data.csv', text, { types: { constructor: 'integer' } });
    expect(rowsOf(typed)[0]).to.have.own.property('constructor', 0);
    expect(rowsOf(await fromFile('data.json', JSON.stringify([row])))).to.deep.equal([row]);
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

  it('keeps the digits of numbers in columns that are declared as text', async () => {
    const text = '{"id": 12345678901234567, "n": 1.50}\n{"id": 7, "n": 2}\n';
    const run = await fromFile('ids.jsonl', text, { types: { id: 'string' } });
    expect(rowsOf(run)).to.deep.equal([
      { id: '12345678901234567', n: 1.5 },
      { id: '7', n: 2 },
    ]);
  });

  for (const [name, delimiter, options] of [
    ['semicolons.csv', ';', {}],
    ['tabs.csv', '\t', {}],
    ['tabs.tsv', '\t', {}],
    ['tabs.txt', '\t', { format: 'tsv' }],
    ['given.csv', ';', { delimiter: ';' }],
  ] as const) {
    it(`divides the fields of ${name} by ${JSON.stringify(delimiter)}`, async () => {
      const text = [
        ['id', 'a, b'],
        ['1', '"x;\ty"'],
      ]
        .map((row) => row.join(delimiter))
        .join('\n');
      const quoted = text.replace('a, b', '"a, b"');
      expect(rowsOf(await fromFile(name, quoted, options))).to.deep.equal([{ id: '1', 'a, b': 'x;\ty' }]);
    });
  }

  it('keeps a row that is one quoted empty field, and skips empty lines', async () => {
    expect(rowsOf(await fromFile('a.csv', 'a\n""\n\nx\n\n'))).to.deep.equal([{ a: '' }, { a: 'x' }]);
  });

  it('takes names that JavaScript objects have by themselves', async () => {
    const names = ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'then'];
    const run = await fromFile('a.csv', `${names.join(',')}\n1,2,3,4,5\n`);
    const [row] = rowsOf(run);
    expect(Object.keys(row ?? {})).to.deep.equal(names);
    expect(Object.values(row ?? {})).to.deep.equal(['1', '2', '3', '4', '5']);
    const json = await fromFile('a.jsonl', '{"__proto__": 1, "constructor": 2}\n{"toString": 3}\n');
    expect(rowsOf(json).map((each) => Object.entries(each))).to.deep.equal([
      [
        ['__proto__', 1],
        ['constructor', 2],
        ['toString', null],
      ],
      [
        ['__proto__', null],
        ['constructor', null],
        ['toString', 3],
      ],
    ]);
  });

  it('knows the columns of a file before anything runs', async () => {
    const shape = async (name: string, text: string, options = {}): Promise<Shape> => {
      await writeFile(join(folder, name), text);
      const kind = kindNamed('dataset');
      return kind.output(optionsOf(kind, { file: name, ...options }), {}, { baseDir: folder });
    };
    const columns = [
      { name: 'x', type: 'string', description: csvText },
      { name: 'y', type: 'number' },
    ];
    const typedByJson = [{ name: 'x', type: 'string' }, columns[1]];
    const typed = { types: { y: 'number' } };
    expect(await shape('a.csv', 'x,y\n1,2\n', typed)).to.deep.equal({ type: 'table', columns, key: [] });
    expect(await shape('long.csv', `x,y\n${'1,2\n'.repeat(400_000)}`, typed)).to.deep.equal({
      type: 'table',
      columns,
      key: [],
    });
    expect(await shape('a.jsonl', '{"x": "1", "y": 2.5}\n')).to.deep.equal({
      type: 'table',
      columns: typedByJson,
      key: [],
    });
    expect(await shape('long.jsonl', '{"x": "1", "y": 2.5}\n'.repeat(100_000), typed)).to.deep.equal({
      type: 'table',
      columns: [{ name: 'x', type: 'json' }, columns[1]],
      key: [],
      open: true,
    });
  });

  it('tells of a file that is not there, with the names that are near', async () => {
    await writeFile(join(folder, 'questions.csv'), 'a\n');
    const kind = kindNamed('dataset');
    const check = () => kind.check?.(optionsOf(kind, { file: 'qestions.csv' }), {}, { baseDir: folder });
    expect(check)
      .to.throw(Failure)
      .with.property('details')
      .deep.include({
        code: 'file-not-found',
        path: ['file'],
        meant: 'qestions.csv',
        candidates: ['questions.csv'],
      });
    const directory = await failureOf(runStage('dataset', { file: '.', format: 'csv' }, { baseDir: folder }));
    expect(directory).to.deep.include({ code: 'file-unreadable', message: 'the data file is no file' });
  });

  it('reads back every CSV that is written by the rules', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', ',', ';', '\t', '"', '\n', '\r\n', ' ', 'é', '🙂') });
    const rows = fc.array(fc.array(cell, { minLength: 2, maxLength: 2 }), { minLength: 1 });
    fc.assert(
      fc.property(
        rows,
        fc.constantFrom('\n', '\r\n'),
        fc.boolean(),
        fc.constantFrom(...delimiters),
        (table, end, final, delimiter) => {
          const quoted = (text: string): string =>
            /[",;\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
          const text = table.map((row) => row.map(quoted).join(delimiter)).join(end) + (final ? end : '');
          expect([...parseCsv(text, delimiter)].map(({ fields }) => fields)).to.deep.equal(table);
        },
      ),
    );
  });

  const many = Array.from({ length: 10_001 }, (_, n) => `c${n}`).join();
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
    ['a.csv', `${many}\n${many}\n`, {}, 'a.csv, line 1', /too many columns/],
    [
      'a.json',
      JSON.stringify([{ c: 1 }, Object.fromEntries(many.split(',').map((name) => [name, 1]))]),
      {},
      'a.json, line 1',
      /too many columns/,
    ],
    ['a.csv', '', {}, 'a.csv', /empty/],
    ['a.csv', 'n\n1\n1.5\n', { types: { n: 'integer' } }, 'a.csv, line 3, column n', /not an integer/],
    ['a.csv', 'n\nyes\n', { types: { n: 'boolean' } }, 'a.csv, line 2, column n', /not a boolean/],
    ['a.json', '{"a": 1}', {}, 'a.json', /holds no list/],
    ['a.json', '[{"a": 1}, 2]', {}, 'a.json, item 2', /not an object/],
    ['a.json', '[\n{"id": 12345678901234567}]', {}, 'a.json, line 2', /more digits than a number can keep/],
    ['a.jsonl', '{"id": 1}\n{"id": -99999999999999999999.5}\n', {}, 'a.jsonl, line 2', /more digits/],
    ['a.jsonl', '{"id": 1e999}\n', {}, 'a.jsonl, line 1', /larger than a number/],
    ['a.jsonl', '{"a": 1, "b": 2, "a": 3}\n', {}, 'a.jsonl, line 1', /`a` stands twice/],
    ['a.json', '[{"a": [{"b": 1,\n"b": 2}]}]', {}, 'a.json, line 2', /`b` stands twice/],
    ['a.jsonl', '{"a": "\\ud83d x"}\n', {}, 'a.jsonl, line 1', /half of a surrogate pair/],
    ['a.json', '[{"a": 1},\n{"\\uDE42": 1}]', {}, 'a.json, line 2', /half of a surrogate pair/],
    ['a.json', '{"a": 1}\n{"a": 2}\n', {}, 'a.json', /one JSON object on each line/],
    ['a.json', '['.repeat(200_000), {}, 'a.json, line 1', /nested too deeply/],
    [
      'a.jsonl',
      `{"a": ${'['.repeat(1_001)}${']'.repeat(1_001)}}\n`,
      {},
      'a.jsonl, line 1',
      /nested too deeply/,
    ],
    [
      'a.csv',
      'n\n12345678901234567\n',
      { types: { n: 'integer' } },
      'a.csv, line 2, column n',
      /not an integer/,
    ],
    ['a.csv', 'n\n0x1F\n', { types: { n: 'number' } }, 'a.csv, line 2, column n', /not a number/],
    ['a.csv', new Uint8Array([0xff, 0xfe, 0x61, 0]), {}, 'a.csv', /not UTF-8/],
    ['a.jsonl', '{"a": 1}\n{"a": }\n', {}, 'a.jsonl, line 2', /not valid JSON/],
    ['a.json', new Uint8Array([0x5b, 0xff]), {}, 'a.json', /not UTF-8/],
  ];
  for (const [name, text, options, where, message] of bad) {
    it(`refuses ${name}: ${JSON.stringify(text).slice(0, 60)}`, async () => {
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
    expect(await identity('b.csv', 'a\n1\n')).to.deep.equal(first);
    expect(await identity('a.csv', 'a\n2\n')).not.to.deep.equal(first);
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
