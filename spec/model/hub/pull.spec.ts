import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { findModel } from '../../../src/model/hub/find-model.ts';
import { listCached } from '../../../src/model/hub/cache.ts';
import type { PullProgress } from '../../../src/model/hub/pull.ts';
import { etagOf } from './hub-server.ts';
import { commit, contents, files, id, isWhole, PullRig, weights, without } from './pull-rig.ts';

describe('pulling a model from the hub', () => {
  let rig: PullRig;
  beforeEach(async () => (rig = await PullRig.open()));
  afterEach(() => rig.close());

  describe('leaves the cache as Python would', () => {
    it('blobs by digest, a snapshot of relative links, a ref; only the files that are needed', async () => {
      const pulled = await rig.pull();
      expect(pulled.folder).to.equal(join(rig.repository, 'snapshots', commit));
      isWhole(pulled.folder);
      expect(readdirSync(pulled.folder).sort()).to.deep.equal(Object.keys(files).sort());
      expect(readdirSync(join(rig.repository, 'blobs')).sort()).to.deep.equal(
        Object.entries(files)
          .map(([name, bytes]) => etagOf(name, bytes))
          .sort(),
      );
      expect(readlinkSync(join(pulled.folder, weights))).to.equal(`../../blobs/${etagOf(weights, contents)}`);
      expect(readFileSync(join(rig.repository, 'refs', 'main'), 'utf8')).to.equal(commit);
      expect([...rig.hub.sent.keys()].sort()).to.deep.equal(Object.keys(files).sort());
    });

    it('and findModel, listCached see it, without network', async () => {
      await rig.pull();
      await rig.hub.stop();
      const found = await findModel(id, { baseDir: rig.home, env: { ...rig.env, HF_HUB_OFFLINE: '1' } });
      expect(found).to.deep.equal({ folder: join(rig.repository, 'snapshots', commit), id, commit });
      const bytes = Object.values(files).reduce((sum, file) => sum + file.length, 0);
      expect(listCached(join(rig.home, 'hub'))).to.deep.equal([
        { id, folder: found.folder, commit, revisions: ['main'], missing: [], bytes },
      ]);
      await rig.hub.start();
    });

    it('takes the shards that the index lists', async () => {
      const index = {
        weight_map: { a: 'part-1.safetensors', b: 'part-2.safetensors', c: 'part-1.safetensors' },
      };
      const sharded = {
        ...without(files, weights),
        'model.safetensors.index.json': Buffer.from(JSON.stringify(index)),
        'part-1.safetensors': Buffer.from('one'),
        'part-2.safetensors': Buffer.from('two'),
        'part-3.safetensors': Buffer.from('not listed'),
      };
      rig.hub.models.set(id, { files: sharded, commit });
      const { folder } = await rig.pull();
      expect(readdirSync(folder).sort()).to.deep.equal(
        Object.keys(without(sharded, 'part-3.safetensors')).sort(),
      );
    });

    it('files of the same contents share one blob, which comes once', async () => {
      const same = {
        'generation_config.json': files['config.json']!,
        'tokenizer_config.json': files['config.json']!,
      };
      rig.hub.models.set(id, { files: { ...files, ...same }, commit });
      const { folder } = await rig.pull();
      const target = readlinkSync(join(folder, 'config.json'));
      for (const name of Object.keys(same)) expect(readlinkSync(join(folder, name))).to.equal(target);
      expect(
        [...rig.hub.sent.keys()].filter((name) => name in same || name === 'config.json'),
      ).to.have.length(1);
    });

    it('asks for headers where a mirror describes files without digests', async () => {
      rig.hub.models.set(id, { files, commit, bare: true });
      isWhole((await rig.pull()).folder);
      expect(rig.hub.asked.filter(({ method }) => method === 'HEAD')).to.have.length(
        Object.keys(files).length,
      );
      expect(lstatSync(rig.blob(weights)).isFile()).to.equal(true);
    });
  });

  it('tells bytes that only grow, up to the total', async () => {
    rig.hub.fault = (name) => (name === weights ? { slow: { piece: 300_000, ms: 60 } } : {});
    const told: PullProgress[] = [];
    await rig.pull({ onProgress: (progress) => told.push(progress) });
    const total = Object.values(files).reduce((sum, file) => sum + file.length, 0);
    const downloading = told.filter(({ phase }) => phase === 'downloading');
    expect(downloading.length).to.be.greaterThan(3);
    downloading
      .slice(1)
      .forEach(({ bytesDone }, i) => expect(bytesDone).to.be.at.least(downloading[i]!.bytesDone));
    expect(downloading.every(({ bytesTotal }) => bytesTotal === total)).to.equal(true);
    expect(told.at(-1)).to.include({ phase: 'done', bytesDone: total, bytesTotal: total });
    expect(told.at(-1)!.bytesPerSecond).to.be.greaterThan(100_000);
  });

  it('stops when told to, and keeps what it has', async () => {
    rig.hub.fault = (name) => (name === weights ? { slow: { piece: 100_000, ms: 20 } } : {});
    const stop = new AbortController();
    const reason = new Error('enough');
    const pulling = rig.pull({
      signal: stop.signal,
      onProgress: ({ bytesDone }) => bytesDone > 500_000 && stop.abort(reason),
    });
    expect(await pulling.catch((error: unknown) => error)).to.equal(reason);
    expect(statSync(`${rig.blob(weights)}.incomplete`).size).to.be.greaterThan(400_000);
    expect(existsSync(rig.lock)).to.equal(false);
  });
});
