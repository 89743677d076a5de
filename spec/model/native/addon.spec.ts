import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import {
  addonFolder,
  addonInFolder,
  checkFiles,
  findNative,
  nativeGpuLikely,
  readManifest,
} from '../../../src/model/native/addon.ts';
import { sha256OfFile } from '../../../src/system/hash.ts';
import { withDisk } from '../../support/disk.ts';
import { modelFailureOf } from '../../support/models/model-failure.ts';
import { bareNpmPackage } from './native-rig.ts';

describe('native TensorFlow', () => {
  let home: string;
  beforeEach(() => (home = mkdtempSync(join(tmpdir(), 'assay-native-'))));
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  describe('finds', () => {
    function putCached(flavour: 'cpu' | 'gpu', { finished = true } = {}): string {
      const folder = addonFolder('4.22.0', flavour, { XDG_CACHE_HOME: join(home, 'cache') });
      mkdirSync(dirname(join(folder, addonInFolder)), { recursive: true });
      writeFileSync(join(folder, addonInFolder), '');
      if (finished) writeFileSync(join(folder, 'manifest.json'), '{}');
      return folder;
    }
    const find = () => findNative({ XDG_CACHE_HOME: join(home, 'cache') }, bareNpmPackage(home))?.flavour;

    it('nothing where there is nothing, or nothing finished', () => {
      expect(find()).to.equal(undefined);
      putCached('cpu', { finished: false });
      expect(find()).to.equal(undefined);
    });

    it('CUDA, then what was set up, then what the package’s installer left', () => {
      const own = join(bareNpmPackage(home), addonInFolder);
      mkdirSync(dirname(own), { recursive: true });
      writeFileSync(own, '');
      expect(find()).to.equal('package');
      putCached('cpu');
      expect(find()).to.equal('cpu');
      putCached('gpu');
      expect(find()).to.equal('gpu');
    });

    it('no GPU where it is hidden', () => {
      expect(nativeGpuLikely({ ...process.env, CUDA_VISIBLE_DEVICES: '-1' })).to.equal(false);
    });
  });

  describe('is checked when it is used', () => {
    const name = 'tensorflow/libtensorflow_cc.so.2';
    let folder: string;

    beforeEach(async () => {
      folder = join(home, 'folder');
      const files: Record<string, unknown> = {};
      for (const [path, text] of [
        [addonInFolder, 'the addon'],
        [name, 'a large library'],
      ] as const) {
        const file = join(folder, path);
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, text);
        const { size, mtimeMs } = statSync(file);
        files[path] = { sha256: await sha256OfFile(file), bytes: size, modifiedMs: mtimeMs };
      }
      const manifest = {
        format: 1,
        source: 'a spec',
        packageVersion: '4.22.0',
        flavour: 'cpu',
        tensorflow: '2',
        files,
      };
      writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest));
    });
    const check = (thorough = false) => checkFiles(folder, { thorough });

    it('and is right as it was made', async () => {
      await check();
      await check(true);
    });

    it('a changed addon is refused, even if its time is as before', async () => {
      const file = join(folder, addonInFolder);
      const { atime, mtime } = statSync(file);
      writeFileSync(file, 'the adder');
      utimesSync(file, atime, mtime);
      const failure = await modelFailureOf(check());
      expect([failure.code, failure.where]).to.deep.equal(['native-damaged', file]);
      expect(failure.found).to.equal(await sha256OfFile(file));
      expect(failure.remedy).to.deep.equal({ code: 'set-up-native', again: true });
    });

    it('a changed library is refused', async () => {
      writeFileSync(join(folder, name), 'a larger library');
      expect((await modelFailureOf(check())).found).to.equal('16 bytes');
      writeFileSync(join(folder, name), 'a lorge library');
      expect((await modelFailureOf(check())).expected).to.match(/^SHA-256 /);
    });

    it('a missing library is refused', async () => {
      rmSync(join(folder, name));
      expect((await modelFailureOf(check())).found).to.equal('no such file');
    });

    it('a touched library is hashed once, and remembered', async () => {
      utimesSync(join(folder, name), 1, 1);
      await check();
      expect(readManifest(folder).files[name]?.modifiedMs).to.equal(1000);
    });

    it('a manifest is written anew beside the old one, which a full disk leaves as it is', async () => {
      const manifest = join(folder, 'manifest.json');
      const before = readFileSync(manifest, 'utf8');
      utimesSync(join(folder, name), 1, 1);
      await withDisk({ roomBytes: 10 }, () => check());
      expect(readFileSync(manifest, 'utf8')).to.equal(before);
      const calls = await withDisk({}, () => check());
      expect(calls).to.include(`rename ${manifest}.*.tmp ${manifest}`);
    });

    it('a manifest that can not be read is refused', async () => {
      writeFileSync(join(folder, 'manifest.json'), '{');
      expect((await modelFailureOf(check())).code).to.equal('native-damaged');
    });
  });
});
