import { appendFileSync, mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { loadPipeline } from '../../../src/engine/index.ts';
import { ModulePackages } from '../../../src/engine/user-stages/module-packages.ts';
import { Rig } from '../../support/rig.ts';

const stage = (imports: string, text: string) => `import { defineStage } from 'assay';
${imports}
export default defineStage({
  name: 'it', summary: '', description: '', example: '',
  options: { type: 'object' },
  inputs: { ports: [] },
  output: () => ({ type: 'text' }),
  run: async () => ({ type: 'text', text: ${text} }),
});
`;
const PIPELINE = 'stages: { it: { uses: ./it.mjs } }\n';

describe('packages that a stage of the user’s own uses', () => {
  let rig: Rig;
  beforeEach(async () => {
    rig = await Rig.open();
    await rig.write(PIPELINE);
  });
  afterEach(() => rig.close());

  const put = (path: string, text: string) => {
    mkdirSync(dirname(join(rig.dir, path)), { recursive: true });
    writeFileSync(join(rig.dir, path), text);
  };
  const pack = (name: string, version: string, files: Record<string, string>, more: object = {}) => {
    put(`node_modules/${name}/package.json`, JSON.stringify({ name, version, main: './main.js', ...more }));
    for (const [file, text] of Object.entries(files)) put(`node_modules/${name}/${file}`, text);
  };
  /** What is in the key, asked of a process that has loaded nothing yet. */
  const keyOf = async (...names: string[]) => {
    const packages = new ModulePackages(join(rig.dir, 'memo.json'));
    for (const name of names) packages.add(packages.installed.find(name, rig.dir)!);
    return packages.forKey();
  };
  const versions = (key: Record<string, string>) =>
    Object.fromEntries(Object.entries(key).map(([name, value]) => [name, value.split(' ')[0]]));

  it('are in its key with all that they need', async () => {
    pack(
      'outer',
      '1.0.0',
      { 'main.js': `exports.tail = require('inner').tail;` },
      { dependencies: { inner: '*' } },
    );
    pack('inner', '1.0.0', { 'main.js': `exports.tail = (text) => text + '!';` });
    put('it.mjs', stage(`import { tail } from 'outer';`, `tail('Who')`));
    const ran = await rig.run();
    expect(await ran.artifact('it')).to.deep.equal({ type: 'text', text: 'Who!' });
    const { packages } = ran.stage('it').key!;
    expect(versions(packages)).to.deep.equal({ inner: '1.0.0', outer: '1.0.0' });
    expect(packages).to.deep.equal(await keyOf('outer'));
  });

  it('are in its key when one imports another without saying so, unless it says that for its makers alone', async () => {
    pack(
      'outer',
      '1.0.0',
      {
        'main.js': `exports.tail = require('inner').tail;`,
        'more.mjs': `export { all } from "@some/where/deep.js";\nexport * from './main.js';`,
        'spec.js': `import test from 'a-test-runner';\nimport self from 'outer';\nimport fs from 'fs';`,
      },
      { devDependencies: { 'a-test-runner': '*' } },
    );
    for (const name of ['inner', '@some/where', 'a-test-runner', 'stranger']) pack(name, '1.0.0', {});
    pack('inner', '1.0.0', { 'main.js': `const deeper = await import('deepest');` });
    pack('deepest', '1.0.0', { 'main.js': '' });
    expect(Object.keys(await keyOf('outer'))).to.have.members(['@some/where', 'deepest', 'inner', 'outer']);
    const before = await keyOf('outer');
    pack('deepest', '1.0.1', {});
    expect(await keyOf('outer')).not.to.deep.equal(before);
  });

  const edits: Record<string, () => void> = {
    'its code': () => appendFileSync(join(rig.dir, 'node_modules/inner/main.js'), ' '),
    'its code, with the size and time of before': () => {
      put('node_modules/inner/main.js', `exports.tail = '?';`);
      utimesSync(join(rig.dir, 'node_modules/inner/main.js'), 1, 1);
    },
    'a file that its code reads': () => put('node_modules/inner/data/words.txt', 'other'),
    'a file that is new': () => put('node_modules/inner/lib/more.js', ''),
    'a file that is gone': () => rmSync(join(rig.dir, 'node_modules/inner/data/words.txt')),
    'its name of the file to load': () => pack('inner', '1.0.0', {}, { main: './other.js' }),
  };
  for (const [what, edit] of Object.entries(edits)) {
    it(`are noticed when one is patched in place: ${what}`, async () => {
      pack('inner', '1.0.0', { 'main.js': `exports.tail = '!';`, 'data/words.txt': 'words' });
      utimesSync(join(rig.dir, 'node_modules/inner/main.js'), 1, 1);
      const before = await keyOf('inner');
      expect(await keyOf('inner')).to.deep.equal(before);
      edit();
      const after = await keyOf('inner');
      expect(versions(after)).to.deep.equal(versions(before));
      expect(after).to.not.deep.equal(before);
    });
  }

  it('are the same for what only people read, and for packages of its own', async () => {
    pack('inner', '1.0.0', { 'main.js': '' });
    const before = await keyOf('inner');
    put('node_modules/inner/README.md', 'words');
    put('node_modules/inner/main.d.ts', '');
    put('node_modules/inner/main.js.map', '{}');
    put('node_modules/inner/.cache/x', '');
    put('node_modules/inner/node_modules/unrelated/package.json', '{ "version": "1.0.0" }');
    expect(await keyOf('inner')).to.deep.equal(before);
  });

  it('are the source of the stage where they are links to folders of the user’s', async () => {
    put('packages/mine/package.json', '{ "name": "mine", "version": "1.0.0", "main": "./main.js" }');
    put(
      'packages/mine/main.js',
      `const { greet } = require('./lib/greet.js');\nexports.hello = () => greet() + require('node:path').basename(__dirname);`,
    );
    put('packages/mine/lib/greet.js', `exports.greet = () => require('inner').text;`);
    pack('inner', '1.0.0', { 'main.js': `exports.text = 'hello ';` });
    symlinkSync(join(rig.dir, 'packages/mine'), join(rig.dir, 'node_modules/mine'));
    put('it.mjs', stage(`import { hello } from 'mine';`, `hello()`));

    const first = await rig.run();
    expect(first.stage('it').failure).to.equal(undefined);
    expect(await first.artifact('it')).to.deep.equal({ type: 'text', text: 'hello mine' });
    const { source, packages } = first.stage('it').key!;
    expect(Object.keys(source)).to.deep.equal([
      'it.mjs',
      'packages/mine/lib/greet.js',
      'packages/mine/main.js',
    ]);
    expect(versions(packages)).to.deep.equal({ inner: '1.0.0' });

    // Edited, it is loaded anew in the same process.
    put('packages/mine/lib/greet.js', `exports.greet = () => 'bye ';`);
    const second = await rig.run();
    expect(await second.artifact('it')).to.deep.equal({ type: 'text', text: 'bye mine' });
    expect(second.stage('it').reasons).to.deep.include.members([
      {
        type: 'changed',
        path: ['source', 'packages/mine/lib/greet.js'],
        before: source['packages/mine/lib/greet.js'],
        after: second.stage('it').key!.source['packages/mine/lib/greet.js'],
      },
    ]);
  });

  it('are refused by a process that has loaded what one was before', async () => {
    pack(
      'outer',
      '1.0.0',
      { 'main.js': `exports.tail = require('inner').tail;` },
      { dependencies: { inner: '*' } },
    );
    pack('inner', '1.0.0', { 'main.js': `exports.tail = '!';` });
    put('it.mjs', stage(`import { tail } from 'outer';`, `'Who' + tail`));
    expect(await (await rig.run()).artifact('it')).to.deep.equal({ type: 'text', text: 'Who!' });
    pack('inner', '2.0.0', { 'main.js': `exports.tail = '?';` });
    const loaded = await loadPipeline(rig.file, { kinds: rig.kinds });
    expect(loaded.ok ? [] : loaded.problems.map(({ message }) => message)).to.deep.equal([
      './it.mjs cannot be loaded: the package inner was changed since it was loaded, and stays loaded until the program ends',
    ]);
  });

  it('are watched', async () => {
    pack('outer', '1.0.0', { 'main.js': `` }, { dependencies: { inner: '*' } });
    pack('inner', '1.0.0', { 'main.js': `` });
    put('it.mjs', stage(`import 'outer';`, `''`));
    const [found] = (await rig.planned()).stages;
    expect(found?.sources?.watched).to.have.members(
      ['outer', 'inner'].flatMap((name) =>
        ['main.js', 'package.json'].map((file) => join(rig.dir, 'node_modules', name, file)),
      ),
    );
  });
});
