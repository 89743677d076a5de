import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { findModel, locateModel } from '../../../src/model/hub/find-model.ts';
import { hubSettings } from '../../../src/model/hub/settings.ts';
import { Failure } from '../../../src/system/failure.ts';

const commit = 'a'.repeat(40);

describe('what `model:` may name', () => {
  let base: string;
  let env: NodeJS.ProcessEnv;

  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), 'assay-find-'));
    env = { HF_HUB_CACHE: join(base, 'hub') };
  });
  afterEach(() => rmSync(base, { recursive: true, force: true }));

  /** A snapshot as Python leaves it, of empty files. */
  function cached(
    id: string,
    { files, revision = 'main' }: { files: readonly string[]; revision?: string },
  ): string {
    const repository = join(base, 'hub', `models--${id.replace('/', '--')}`);
    const snapshot = join(repository, 'snapshots', commit);
    for (const folder of [snapshot, join(repository, 'refs'), join(repository, 'blobs')]) {
      mkdirSync(folder, { recursive: true });
    }
    writeFileSync(join(repository, 'refs', revision), commit);
    files.forEach((name, i) => {
      writeFileSync(join(repository, 'blobs', String(i)), '{}');
      symlinkSync(`../../blobs/${i}`, join(snapshot, name));
    });
    return snapshot;
  }
  const whole = ['config.json', 'tokenizer.json', 'model.safetensors'];

  const failureOf = (ref: string): Failure['details'] => {
    try {
      locateModel(ref, { baseDir: base, env });
    } catch (error) {
      if (error instanceof Failure) return error.details;
      throw error;
    }
    throw new Error('expected a failure, and it worked');
  };

  it('a folder: absolute, or relative to the pipeline file, also where it reads like a hub id', () => {
    const folder = join(base, 'my', 'model');
    mkdirSync(folder, { recursive: true });
    cached('my/model', { files: whole });
    for (const ref of [folder, './my/model', 'my/model', 'my/../my/model']) {
      expect(locateModel(ref, { baseDir: base, env }), ref).to.deep.equal({ type: 'folder', folder });
    }
  });

  it('a hub id in the cache: by branch, tag, commit, or the start of a commit', () => {
    const folder = cached('org/name', { files: whole, revision: 'v1.0' });
    for (const revision of ['v1.0', commit, 'aaaaaaaa']) {
      const place = locateModel(`org/name@${revision}`, { baseDir: base, env });
      expect(place).to.deep.equal({ type: 'cached', folder, id: 'org/name', revision, commit });
    }
    expect(locateModel('org/name', { baseDir: base, env }).type).to.equal('absent');
  });

  it('not a snapshot that lacks something, and says what', () => {
    const snapshot = cached('org/name', { files: ['config.json', 'model.safetensors.index.json'] });
    const index = join(snapshot, '../../blobs/1');
    writeFileSync(index, JSON.stringify({ weight_map: { a: 'x-1.safetensors', b: 'x-2.safetensors' } }));
    symlinkSync('../../blobs/gone', join(snapshot, 'x-1.safetensors'));
    expect(locateModel('org/name', { baseDir: base, env })).to.deep.equal({
      type: 'absent',
      id: 'org/name',
      revision: 'main',
      lookedAt: `${join(base, 'org/name')} (no such folder), ${snapshot} (lacks tokenizer.json, x-1.safetensors, x-2.safetensors)`,
    });
  });

  it('and when it is not here: what was looked at, and what to do', async () => {
    const error: unknown = await findModel('org/name@v2', { baseDir: base, env, download: false }).catch(
      (e: unknown) => e,
    );
    expect((error as Failure).details).to.deep.equal({
      code: 'model-not-downloaded',
      blame: 'user',
      message: 'the model `org/name@v2` is not on this machine',
      where: `${join(base, 'org/name@v2')} (no such folder), ${join(base, 'hub', 'models--org--name')} (no snapshot of v2)`,
      expected: 'a folder of that name, or a download in the Hugging Face cache',
      found: 'neither',
      remedy: { code: 'pull-model', ref: 'org/name@v2', offline: false },
    });
  });

  it('and when it can be neither', () => {
    writeFileSync(join(base, 'file'), '');
    for (const [ref, found] of [
      ['./nowhere', 'no such folder'],
      ['/nowhere/at/all', 'no such folder'],
      ['gpt2', 'no such folder'],
      ['a/b/c', 'no such folder'],
      ['org/name@../../x', 'no such folder'],
      ['../x/y', 'no such folder'],
      ['file', 'a file, not a folder'],
    ] as const) {
      const failure = failureOf(ref);
      expect([failure.code, failure.message, failure.found], ref).to.deep.equal([
        'model-not-found',
        `there is no model \`${ref}\``,
        found,
      ]);
    }
  });

  it('looks for the cache where Python does', () => {
    const at = (variables: NodeJS.ProcessEnv) => hubSettings(variables).cache;
    expect(at({ HF_HUB_CACHE: '/a', HF_HOME: '/b' })).to.equal('/a');
    expect(at({ HUGGINGFACE_HUB_CACHE: '/c', HF_HOME: '/b' })).to.equal('/c');
    expect(at({ HF_HOME: '/b', XDG_CACHE_HOME: '/d' })).to.equal(join('/b', 'hub'));
    expect(at({ XDG_CACHE_HOME: '/d' })).to.equal(join('/d', 'huggingface', 'hub'));
    expect(at({})).to.match(/[\\/]\.cache[\\/]huggingface[\\/]hub$/);
  });
});
