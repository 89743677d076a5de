import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { loadPipeline } from '../../../src/engine/index.ts';
import { tableOf } from '../../support/kinds.ts';
import { flat, Rig } from '../../support/rig.ts';

const STAGE = `import { defineStage, type Row } from 'assay';
import { loud } from './lib/loud.ts';

interface Options {
  readonly column: string;
  readonly times: number;
}

export default defineStage<Options>({
  name: 'shout',
  summary: 'Texts in capitals',
  description: 'Writes a column in capitals.',
  example: 'with: { column: word }',
  options: {
    type: 'object',
    additionalProperties: false,
    required: ['column'],
    properties: { column: { type: 'string' }, times: { type: 'integer', minimum: 1, default: 1 } },
  },
  inputs: { ports: [{ name: 'rows', type: 'table', description: 'the texts' }] },
  output: (_, { rows }) => rows!,
  check({ column }, { rows }) {
    if (rows?.type !== 'table' || rows.columns.some(({ name }) => name === column)) return [];
    return [{ path: ['column'], message: 'no such column', found: column, candidates: rows.columns.map(({ name }) => name) }];
  },
  run({ options: { column, times }, inputs: { rows } }) {
    if (rows?.type !== 'table') throw new Error('no table');
    const { table } = rows;
    const shouted = table.rows.map((row): Row => ({ ...row, [column]: loud(String(row[column]), times) }));
    return Promise.resolve({ type: 'table', table: { ...table, rows: shouted } });
  },
});
`;
const HELPER = `export const loud = (text: string, times: number): string => text.toUpperCase() + '!'.repeat(times);\n`;
const PIPELINE = `stages:
  words: { uses: rows, with: { rows: [{ word: a }, { word: b }] } }
  loud: { uses: ./stages/shout.ts, from: words, with: { column: word } }
`;

describe("a stage of the user's own", () => {
  let rig: Rig;
  beforeEach(async () => {
    rig = await Rig.open();
    await put('stages/shout.ts', STAGE);
    await put('stages/lib/loud.ts', HELPER);
    await rig.write(PIPELINE);
  });
  afterEach(() => rig.close());

  const put = async (path: string, text: string) => {
    await mkdir(dirname(join(rig.dir, path)), { recursive: true });
    await writeFile(join(rig.dir, path), text);
  };
  const problems = async () => {
    const result = await loadPipeline(rig.file, { kinds: rig.kinds });
    const all = result.ok ? [] : result.problems.map(flat);
    const text = JSON.stringify(all).replaceAll(new RegExp(`[^" ]*${rig.dir}/`, 'g'), '');
    return JSON.parse(text) as Record<string, unknown>[];
  };

  it('runs like any other, is cached, and is recorded by the path in the file', async () => {
    const ran = await rig.run();
    expect(tableOf(await ran.artifact('loud')).rows).to.deep.equal([{ word: 'A!' }, { word: 'B!' }]);
    expect(ran.stage('loud')).to.include({ uses: './stages/shout.ts', state: 'ran' });
    const again = await rig.run();
    expect(again.stage('loud').state).to.equal('cached');
    const { source, options } = again.stage('loud').key!;
    expect(Object.keys(source)).to.deep.equal(['stages/lib/loud.ts', 'stages/shout.ts']);
    expect(options).to.deep.equal({ column: 'word', times: 1 });
  });

  it('reruns when a file that it imports is edited, and the reason names the file', async () => {
    await rig.run();
    await put('stages/lib/loud.ts', HELPER.replace(`'!'`, `'?'`));
    const { stages } = await rig.plan();
    const [reason, ...others] = stages[1]!.reasons;
    expect(others).to.deep.equal([]);
    expect(reason).to.deep.include({ type: 'changed', path: ['source', 'stages/lib/loud.ts'] });
    expect(tableOf(await (await rig.run()).artifact('loud')).rows[0]).to.deep.equal({ word: 'A?' });
  });

  it('has its options, columns and defaults checked at their places', async () => {
    await rig.write(PIPELINE.replace('column: word', 'column: wrd, times: 0'));
    expect(await problems()).to.deep.equal([
      {
        at: '3:65+3',
        code: 'bad-option',
        message: 'no such column',
        expected: 'word',
        found: 'wrd',
        next: 'did you mean `word`?',
      },
      {
        at: '3:77+1',
        code: 'wrong-value',
        message: '`times` is not right',
        expected: 'a number >= 1',
        found: '0',
      },
    ]);
  });

  it('may be JavaScript, read its own URL, import packages, JSON and built-in modules', async () => {
    await put(
      'stages/shout.mjs',
      `import { readFileSync } from 'node:fs';
import { defineStage } from 'assay';
import { greet } from 'greeter';
import extra from './extra.json' with { type: 'json' };
export default defineStage({
  name: 'greet', summary: '', description: '', example: '',
  options: { type: 'object' },
  inputs: { ports: [] },
  output: () => ({ type: 'text' }),
  run: async () => ({ type: 'text', text: greet(readFileSync(new URL('./name.txt', import.meta.url), 'utf8')) + extra.end }),
});
`,
    );
    await put('stages/name.txt', 'world');
    await put('stages/extra.json', '{ "end": "." }');
    await put(
      'node_modules/greeter/package.json',
      '{ "name": "greeter", "version": "1.2.3", "exports": "./main.cjs" }',
    );
    await put('node_modules/greeter/main.cjs', 'exports.greet = (name) => `hello ${name}`;');
    const ran = await rig.run('stages: { it: { uses: ./stages/shout.mjs } }\n');
    expect(ran.stage('it').failure).to.equal(undefined);
    expect(await ran.artifact('it')).to.deep.equal({ type: 'text', text: 'hello world.' });
    const { source, packages } = ran.stage('it').key!;
    expect(Object.keys(source)).to.deep.equal(['stages/extra.json', 'stages/name.txt', 'stages/shout.mjs']);
    expect(packages).to.have.all.keys('greeter');
    expect(packages.greeter).to.match(/^1\.2\.3 [0-9a-f]{64}$/);
  });

  it('has the files of a package without a version, and of an import of its own package, in its key', async () => {
    await put('package.json', '{ "imports": { "#loud": "./stages/lib/loud.ts" } }');
    await put('node_modules/local/package.json', '{ "name": "local", "main": "./main.js" }');
    await put('node_modules/local/main.js', 'export const end = ".";');
    await put(
      'stages/shout.ts',
      `import { end } from 'local';\n${STAGE.replace('./lib/loud.ts', '#loud').replace('loud(String', 'end + loud(String')}`,
    );
    const ran = await rig.run();
    expect(tableOf(await ran.artifact('loud')).rows[0]).to.deep.equal({ word: '.A!' });
    const { source, packages } = ran.stage('loud').key!;
    expect(Object.keys(source)).to.deep.equal([
      'node_modules/local/main.js',
      'stages/lib/loud.ts',
      'stages/shout.ts',
    ]);
    expect(packages).to.deep.equal({});
  });

  it('has modules in its key that compute for it although it does not import them', async () => {
    const computedBy = `computedBy: [new URL('./' + 'work.ts', import.meta.url).href],\n  name: 'shout'`;
    await put('stages/shout.ts', STAGE.replace("name: 'shout'", computedBy));
    await put('stages/work.ts', `import './lib/deep.ts';`);
    await put('stages/lib/deep.ts', '');
    const sourceOf = async () => (await rig.run()).stage('loud').key!.source;
    const before = await sourceOf();
    expect(Object.keys(before)).to.deep.equal([
      'stages/lib/deep.ts',
      'stages/lib/loud.ts',
      'stages/shout.ts',
      'stages/work.ts',
    ]);
    await put('stages/lib/deep.ts', '// edited');
    expect((await sourceOf())['stages/lib/deep.ts']).not.to.equal(before['stages/lib/deep.ts']);
  });

  const broken: [string, string, Record<string, unknown>][] = [
    [
      'that does not parse',
      STAGE.replace("name: 'shout'", "name 'shout'"),
      {
        code: 'module-broken',
        message: './stages/shout.ts cannot be loaded: expected "}" but found "\'shout\'"',
        related: ['10:8+7 here'],
      },
    ],
    [
      'that throws',
      `${STAGE}\nthrow new RangeError('too much');\n`,
      {
        code: 'module-broken',
        message: './stages/shout.ts cannot be loaded: it throws when it is loaded: RangeError: too much',
        related: ['34:7+1 here'],
      },
    ],
    [
      'that ends the program',
      `${STAGE}\nprocess.exit(0);\n`,
      {
        code: 'module-broken',
        message:
          './stages/shout.ts cannot be loaded: it throws when it is loaded: Error: it calls process.exit, which would end the program',
        related: ['34:9+1 here'],
      },
    ],
    [
      'that imports what is not there',
      STAGE.replace('./lib/loud.ts', './lib/laud.ts'),
      {
        code: 'module-broken',
        message: './stages/shout.ts cannot be loaded: could not resolve "./lib/laud.ts"',
        related: ['2:22+15 here'],
      },
    ],
    [
      'that imports a package that is not there',
      `import 'no-such-package';\n${STAGE}`,
      { code: 'module-broken', related: ['1:8+17 here'] },
    ],
    [
      'without a default export',
      STAGE.replace('export default', 'export const it ='),
      {
        code: 'bad-stage',
        message: './stages/shout.ts: the module has no default export',
        expected: 'export default defineStage({ ... })',
        found: 'nothing',
      },
    ],
    [
      'without what runs it',
      STAGE.replace('  run({', '  walk({'),
      {
        code: 'bad-stage',
        message: './stages/shout.ts: `run` of the stage is not right',
        expected: 'a function',
      },
    ],
    [
      'with options that are no schema',
      STAGE.replace("type: 'integer'", "type: 'hole'"),
      { code: 'bad-stage' },
    ],
    [
      'with modules that are not there',
      STAGE.replace(
        "name: 'shout'",
        `computedBy: [new URL('./' + 'no.ts', import.meta.url).href], name: 'shout'`,
      ),
      {
        code: 'bad-stage',
        message: './stages/shout.ts: `computedBy` of the stage is not right',
        found: 'a list',
      },
    ],
    [
      'whose output throws a failure of another copy of the class',
      STAGE.replace(
        '=> rows!,',
        `=> { throw Object.assign(new Error(''), { details: { code: 'odd', blame: 'user', message: 'odd rows' } }); },`,
      ),
      { code: 'odd', message: 'odd rows' },
    ],
    [
      'whose check throws',
      STAGE.replace('check({ column }, { rows }) {', 'check({ column }, { rows }) { column.no.such();'),
      {
        code: 'stage-code-failed',
        message:
          "`check` of ./stages/shout.ts threw TypeError: Cannot read properties of undefined (reading 'such')",
      },
    ],
    [
      'whose check ends the program',
      STAGE.replace('check({ column }, { rows }) {', 'check({ column }, { rows }) { process.exit(0);'),
      {
        code: 'stage-code-failed',
        message:
          '`check` of ./stages/shout.ts threw Error: it calls process.exit, which would end the program',
      },
    ],
    [
      'whose output is no shape',
      STAGE.replace('rows!,', '(3 as never),'),
      { code: 'stage-code-failed', message: '`output` of ./stages/shout.ts gave a number' },
    ],
  ];
  for (const [title, text, problem] of broken) {
    it(`is refused when it is one ${title}`, async () => {
      await put('stages/shout.ts', text);
      const [first, ...others] = await problems();
      expect(others).to.deep.equal([]);
      expect(first).to.deep.include(problem);
      expect(String(first?.['at'])).to.match(title.startsWith('whose') ? /^3:/ : /^3:17\+17$/);
    });
  }

  for (const [where, text] of [
    ['it is loaded', `${STAGE}\nfor (;;);\n`],
    ['it is loaded and waits', `${STAGE}\nawait new Promise(() => undefined);\n`],
    ['it checks', STAGE.replace('check({ column }, { rows }) {', 'check({ column }, { rows }) { for (;;);')],
    ['it says its shape', STAGE.replace('=> rows!,', '=> { for (;;); },')],
  ] as const) {
    it(`is ended in its thread when it has no end while ${where}`, async () => {
      await put('stages/shout.ts', text);
      const thread = new URL('../../../src/cli/pipeline/threads/module-thread.ts', import.meta.url);
      const apart = { thread, print: () => undefined, limitMs: 2500 };
      const result = await loadPipeline(rig.file, { kinds: rig.kinds, apart });
      expect(result.ok ? [] : result.problems.map(({ message }) => message)).to.have.lengthOf(1);
      expect(result.ok ? '' : result.problems[0]?.message).to.match(
        /gave no answer within 2\.5 s, and was ended$/,
      );
    });
  }

  it('is missed with a did-you-mean, once, and nobody else is blamed', async () => {
    await rig.write(
      `${PIPELINE.replace('shout.ts', 'shut.ts')}  more: { uses: ./stages/shut.ts, from: loud, with: { no: 1 } }\n`,
    );
    expect(await problems()).to.deep.equal([
      {
        at: '3:17+16',
        code: 'module-not-found',
        message: 'no module ./stages/shut.ts',
        expected: 'a file, relative to the folder of the pipeline file',
        found: 'stages/shut.ts',
        next: 'did you mean `shout.ts`?',
      },
    ]);
    await rig.write(PIPELINE.replace('./stages', 'stages'));
    expect((await problems())[0]).to.include({
      code: 'unknown-kind',
      next: 'write `./stages/shout.ts` for a module beside the pipeline file',
    });
  });

  it('fails a run by its own fault, with the stack in the events', async () => {
    await put(
      'stages/lib/loud.ts',
      HELPER.replace('text.toUpperCase()', '(text as never as { up(): string }).up()'),
    );
    const ran = await rig.run();
    expect(ran.stage('loud').failure).to.include({
      code: 'stage-code-failed',
      blame: 'user',
      message: './stages/shout.ts failed: text.up is not a function',
    });
    const events = await readFile(join(ran.folder, 'events.jsonl'), 'utf8');
    expect(events).to.match(/stages\/lib\/loud\.ts:1:\d+/);
  });

  it('works with a matrix', async () => {
    const ran = await rig.run(
      PIPELINE.replace(
        'with: { column: word }',
        'matrix: { times: [1, 2] }, with: { column: word, times: "${matrix.times}" }',
      ),
    );
    expect(tableOf(await ran.artifact('loud')).rows.map(({ word }) => word)).to.deep.equal([
      'A!',
      'B!',
      'A!!',
      'B!!',
    ]);
  });
});
