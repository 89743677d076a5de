import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { InstalledPackages, isManaged, versionsOf } from '../../../src/engine/plan/installed-packages.ts';
import { sourcesOfKind } from '../../../src/engine/plan/source-digest.ts';

describe('installed packages', () => {
  let dir: string;
  beforeEach(() => (dir = realpathSync(mkdtempSync(join(tmpdir(), 'assay-spec-')))));
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const put = (path: string, json: object) => {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), JSON.stringify(json));
  };
  const pack = (folder: string, json: object) => put(`${folder}/package.json`, json);
  const closure = (...names: string[]) => {
    const installed = new InstalledPackages();
    const direct = names.flatMap((name) => installed.find(name, join(dir, 'stages')) ?? []);
    return versionsOf(installed.closure(direct));
  };

  it('come with all that they need, in circles too, found as Node finds them', () => {
    pack('node_modules/a', { version: '1.0.0', dependencies: { b: '*', '@x/c': '*' } });
    pack('node_modules/b', { version: '2.0.0', dependencies: { a: '*' }, peerDependencies: { d: '*' } });
    pack('node_modules/@x/c', { version: '3.0.0' });
    pack('node_modules/d', { version: '4.0.0', optionalDependencies: { absent: '*' } });
    pack('node_modules/unrelated', { version: '9.0.0' });
    expect(closure('a')).to.deep.equal({ a: '1.0.0', b: '2.0.0', '@x/c': '3.0.0', d: '4.0.0' });
    expect(closure('absent')).to.deep.equal({});
  });

  it('are all named where one name is installed in several versions', () => {
    pack('node_modules/a', { version: '1.0.0', dependencies: { b: '*', c: '*' } });
    pack('node_modules/b', { version: '2.0.0', dependencies: { c: '*' } });
    pack('node_modules/c', { version: '1.1.0' });
    pack('node_modules/b/node_modules/c', { version: '0.9.0' });
    expect(closure('a')).to.deep.equal({ a: '1.0.0', b: '2.0.0', c: '0.9.0, 1.1.0' });
  });

  it('are followed through the links of a store of packages, as of pnpm', () => {
    const store = 'node_modules/.pnpm/a@1.0.0/node_modules';
    pack(`${store}/a`, { version: '1.0.0', dependencies: { b: '*' } });
    pack(`${store}/b`, { version: '2.0.0' });
    symlinkSync(join(dir, store, 'a'), join(dir, 'node_modules/a'));
    expect(closure('a')).to.deep.equal({ a: '1.0.0', b: '2.0.0' });
    expect(isManaged(new InstalledPackages().find('a', dir)!)).to.equal(true);
  });

  it('are told from links to folders of the user’s', () => {
    pack('packages/mine', { version: '1.0.0' });
    mkdirSync(join(dir, 'node_modules'));
    symlinkSync(join(dir, 'packages/mine'), join(dir, 'node_modules/mine'));
    const found = new InstalledPackages().find('mine', dir)!;
    expect(found.folder).to.equal(join(dir, 'packages/mine'));
    expect(isManaged(found)).to.equal(false);
  });

  it('are the same on all platforms: prebuilt binaries and types do not count', () => {
    pack('node_modules/a', {
      version: '1.0.0',
      optionalDependencies: { 'a-linux': '*', 'a-any': '*' },
      dependencies: { '@types/b': '*' },
    });
    pack('node_modules/a-linux', { version: '1.0.0', os: ['linux'], cpu: ['x64'] });
    pack('node_modules/a-any', { version: '5.0.0' });
    pack('node_modules/@types/b', { version: '7.0.0' });
    expect(closure('a')).to.deep.equal({ a: '1.0.0', 'a-any': '5.0.0' });
  });

  it('do no harm when one is damaged', () => {
    pack('node_modules/a', { version: '1.0.0', dependencies: { b: '*', c: '*' } });
    put('node_modules/b/package.json', []);
    writeFileSync(join(dir, 'node_modules/b/package.json'), '{');
    pack('node_modules/c', { version: 7 });
    expect(closure('a')).to.deep.equal({ a: '1.0.0' });
  });

  it('that nobody imports directly are in the sources of the kinds that ship', async () => {
    put('package.json', {});
    pack('node_modules/outer', { version: '1.0.0', dependencies: { inner: '*' } });
    pack('node_modules/inner', { version: '2.0.0' });
    writeFileSync(join(dir, 'kind.js'), `import 'outer';`);
    const { packages } = await sourcesOfKind({ module: pathToFileURL(join(dir, 'kind.js')).href });
    expect(packages).to.deep.equal({ inner: '2.0.0', outer: '1.0.0' });
  });
});
