import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { findModel } from '../../../src/model/find-model.ts';
import { listCached } from '../../../src/model/hub/cache.ts';
import { pullModel, type PullOptions, type PullProgress } from '../../../src/model/hub/pull.ts';
import { ModelFailure } from '../../../src/model/language-model.ts';
import { etagOf, goodToken, HubServer } from './hub-server.ts';

const id = 'TinyOrg/tiny-model_1.0';
const commit = '0123456789abcdef0123456789abcdef01234567';
const weights = 'model.safetensors';

/** Large enough for several network packets, and for a slow server to be killed amid. */
const contents = randomBytes(3_000_000);
const files: Readonly<Record<string, Buffer>> = {
  'config.json': Buffer.from('{"model_type":"llama"}\n'),
  'generation_config.json': Buffer.from('{}'),
  'tokenizer.json': Buffer.from('{"version":"1.0"}'),
  'tokenizer_config.json': Buffer.from('{"a":1}'),
  'special_tokens_map.json': Buffer.from('{"b":2}'),
  'chat_template.jinja': Buffer.from('{{ messages }}'),
  [weights]: contents,
};
const unneeded: Readonly<Record<string, Buffer>> = {
  'README.md': Buffer.from('# Tiny'),
  'pytorch_model.bin': Buffer.from('bin'),
  'consolidated.safetensors': Buffer.from('the weights once more'),
  'onnx/model.onnx': Buffer.from('onnx'),
  'model-Q4.gguf': Buffer.from('gguf'),
  'original/config.json': Buffer.from('{}'),
};

describe('pulling a model from the hub', () => {
  let hub: HubServer;
  let home: string;
  let env: NodeJS.ProcessEnv;
  const children: ChildProcess[] = [];

  beforeEach(async () => {
    hub = new HubServer();
    await hub.start();
    hub.models.set(id, { files: { ...files, ...unneeded }, commit });
    home = mkdtempSync(join(tmpdir(), 'assay-hub-'));
    env = { HF_ENDPOINT: hub.endpoint, HF_HOME: home };
  });

  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    await hub.stop();
    rmSync(home, { recursive: true, force: true });
  });

  const pull = (options: PullOptions = {}) => pullModel(id, 'main', { env, backoffMs: 5, ...options });
  const repository = () => join(home, 'hub', 'models--TinyOrg--tiny-model_1.0');
  const blob = (name: string) => join(repository(), 'blobs', etagOf(name, files[name]!));
  const isWhole = (folder: string) => {
    for (const [name, bytes] of Object.entries(files)) {
      expect(readFileSync(join(folder, name)).equals(bytes), name).to.equal(true);
    }
  };
  const failureOf = async (work: Promise<unknown>): Promise<ModelFailure['details']> => {
    const error = await work.then(
      () => new Error('expected a failure, and it worked'),
      (reason: unknown) => reason,
    );
    if (!(error instanceof ModelFailure)) throw error;
    return error.details;
  };

  describe('leaves the cache as Python would', () => {
    it('blobs by digest, a snapshot of relative links, a ref; only the files that are needed', async () => {
      const pulled = await pull();
      expect(pulled.folder).to.equal(join(repository(), 'snapshots', commit));
      isWhole(pulled.folder);
      expect(readdirSync(pulled.folder).sort()).to.deep.equal(Object.keys(files).sort());
      expect(readdirSync(join(repository(), 'blobs')).sort()).to.deep.equal(
        Object.entries(files)
          .map(([name, bytes]) => etagOf(name, bytes))
          .sort(),
      );
      expect(readlinkSync(join(pulled.folder, weights))).to.equal(`../../blobs/${etagOf(weights, contents)}`);
      expect(readFileSync(join(repository(), 'refs', 'main'), 'utf8')).to.equal(commit);
      expect([...hub.sent.keys()].sort()).to.deep.equal(Object.keys(files).sort());
    });

    it('and findModel, listCached see it, without network', async () => {
      await pull();
      await hub.stop();
      const found = await findModel(id, { baseDir: home, env: { ...env, HF_HUB_OFFLINE: '1' } });
      expect(found).to.deep.equal({ folder: join(repository(), 'snapshots', commit), id, commit });
      const bytes = Object.values(files).reduce((sum, file) => sum + file.length, 0);
      expect(listCached(join(home, 'hub'))).to.deep.equal([
        { id, folder: found.folder, commit, revisions: ['main'], missing: [], bytes },
      ]);
      await hub.start();
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
      hub.models.set(id, { files: sharded, commit });
      const { folder } = await pull();
      expect(readdirSync(folder).sort()).to.deep.equal(
        Object.keys(without(sharded, 'part-3.safetensors')).sort(),
      );
    });

    it('files of the same contents share one blob, which comes once', async () => {
      const same = {
        'generation_config.json': files['config.json']!,
        'tokenizer_config.json': files['config.json']!,
      };
      hub.models.set(id, { files: { ...files, ...same }, commit });
      const { folder } = await pull();
      const target = readlinkSync(join(folder, 'config.json'));
      for (const name of Object.keys(same)) expect(readlinkSync(join(folder, name))).to.equal(target);
      expect([...hub.sent.keys()].filter((name) => name in same || name === 'config.json')).to.have.length(1);
    });

    it('asks for headers where a mirror describes files without digests', async () => {
      hub.models.set(id, { files, commit, bare: true });
      isWhole((await pull()).folder);
      expect(hub.asked.filter(({ method }) => method === 'HEAD')).to.have.length(Object.keys(files).length);
      expect(lstatSync(blob(weights)).isFile()).to.equal(true);
    });
  });

  describe('goes on where it was', () => {
    it('after cut connections, asking for nothing again that was written', async () => {
      let cuts = 0;
      hub.fault = (name) => (name === weights && cuts++ < 3 ? { cutAfter: 500_000 } : {});
      isWhole((await pull()).folder);
      expect(cuts).to.equal(4);
      // What a cut left unread in the socket is lost; what was written is never asked for again.
      const starts = hub.asked
        .filter(({ host }) => host === 'cdn')
        .map(({ range }) => Number(/^bytes=(\d+)-$/.exec(range ?? 'bytes=0-')?.[1]));
      expect(starts[0]).to.equal(0);
      expect(starts.length).to.equal(4);
      starts.slice(1).forEach((start, i) => expect(start).to.be.within(starts[i]! + 1, starts[i]! + 500_000));
      expect(hub.sentOf(weights)).to.equal(3 * 500_000 + contents.length - starts[3]!);
    });

    it('after kill -9 of the process, with exactly the bytes that were missing', async () => {
      hub.fault = (name) => (name === weights ? { slow: { piece: 50_000, ms: 10 } } : {});
      const child = startPull();
      const part = `${blob(weights)}.incomplete`;
      await until(() => existsSync(part) && statSync(part).size > 500_000);
      child.kill('SIGKILL');
      await new Promise((resolve) => child.once('close', resolve));
      await until(() => hub.sentOf(weights) > 0);
      expect(existsSync(blob(weights))).to.equal(false);
      expect((await failureOf(findModel(id, { baseDir: home, env, download: false }))).code).to.equal(
        'model-not-downloaded',
      );

      const kept = statSync(part).size;
      hub.fault = () => ({});
      hub.sent.clear();
      isWhole((await pull()).folder);
      expect(hub.sentOf(weights)).to.equal(contents.length - kept);
      expect(existsSync(part)).to.equal(false);
    });

    it('from the start, where a server knows no ranges', async () => {
      let first = true;
      hub.fault = (name) => {
        if (name !== weights) return {};
        const fault = first ? { cutAfter: 1_000_000 } : { ignoreRange: true };
        first = false;
        return fault;
      };
      isWhole((await pull()).folder);
      expect(hub.asked.at(-1)?.range).to.match(/^bytes=\d+-$/);
    });

    it('after a connection that fell silent', async () => {
      let stalls = 0;
      hub.fault = (name) => (name === weights && stalls++ === 0 ? { stall: true } : {});
      isWhole((await pull({ idleMs: 200 })).folder);
      expect(stalls).to.equal(2);
    });

    it('once, when two processes want the same model at once', async () => {
      hub.fault = (name) => (name === weights ? { slow: { piece: 200_000, ms: 20 } } : {});
      const folders = await Promise.all([startPull(), startPull()].map(outputOf));
      expect(folders).to.deep.equal(Array(2).fill(join(repository(), 'snapshots', commit)));
      isWhole(folders[0]!);
      expect(hub.sentOf(weights)).to.equal(contents.length);
    });

    it('past the lock of a process that is dead', async () => {
      const dead = spawn(process.execPath, ['-e', '']);
      await new Promise((resolve) => dead.once('close', resolve));
      const lock = join(home, 'hub', '.locks', 'models--TinyOrg--tiny-model_1.0', 'assay.lock');
      mkdirSync(join(lock, '..'), { recursive: true });
      writeFileSync(lock, JSON.stringify({ pid: dead.pid, host: hostname(), nonce: 'x' }));
      isWhole((await pull()).folder);
      expect(existsSync(lock)).to.equal(false);
    });
  });

  describe('uses nothing that is not what the hub announced', () => {
    it('a byte flipped on the way: thrown away, with both digests', async () => {
      hub.fault = (name) => (name === weights ? { flip: 1_234_567 } : {});
      const failure = await failureOf(pull());
      expect(failure.code).to.equal('hub-wrong-digest');
      expect(failure.expected).to.equal(`sha256 ${etagOf(weights, contents)}`);
      expect(failure.found)
        .to.match(/^[0-9a-f]{64}$/)
        .and.not.equal(etagOf(weights, contents));
      expect(
        readdirSync(join(repository(), 'blobs')).filter((name) => name.startsWith(etagOf(weights, contents))),
      ).to.deep.equal([]);
      expect(existsSync(join(repository(), 'snapshots', commit, weights))).to.equal(false);
    });

    it('a byte flipped in a small file, which git’s SHA-1 tells', async () => {
      hub.fault = (name) => (name === 'config.json' ? { flip: 3 } : {});
      expect((await failureOf(pull())).expected).to.equal(
        `git-sha1 ${etagOf('config.json', files['config.json']!)}`,
      );
    });

    it('a byte flipped on the disk in the part of an earlier download: fetched anew', async () => {
      mkdirSync(join(repository(), 'blobs'), { recursive: true });
      const part = Buffer.from(contents.subarray(0, 1_000_000));
      part[77]! ^= 1;
      writeFileSync(`${blob(weights)}.incomplete`, part);
      isWhole((await pull()).folder);
      expect(hub.sentOf(weights)).to.equal(2 * contents.length - part.length);
    });

    it('a byte flipped on the disk in a finished file: found when pulled again, and fetched anew', async () => {
      await pull();
      const spoilt = Buffer.from(contents);
      spoilt[2_000_000]! ^= 1;
      writeFileSync(blob(weights), spoilt);
      hub.sent.clear();
      isWhole((await pull()).folder);
      expect(Object.fromEntries(hub.sent)).to.deep.equal({ [weights]: contents.length });
    });

    it('more bytes than announced', async () => {
      hub.models.set(id, { files, commit });
      const liar: typeof globalThis.fetch = async (input, init) => {
        const answer = await fetch(input, init);
        if (!String(input).includes('/api/')) return answer;
        const described = (await answer.json()) as {
          siblings: { rfilename: string; lfs?: { size: number } }[];
        };
        for (const { lfs } of described.siblings) if (lfs) lfs.size -= 10;
        return Response.json(described);
      };
      expect((await failureOf(pull({ fetch: liar }))).code).to.equal('hub-unreachable');
      expect(existsSync(blob(weights))).to.equal(false);
    });
  });

  describe('tokens', () => {
    it('go to the endpoint alone, never to where it redirects', async () => {
      hub.models.set(id, { files, commit, access: 'private' });
      await pull({ env: { ...env, HF_TOKEN: goodToken } });
      const byHost = (host: string) =>
        hub.asked.filter((asked) => asked.host === host).map(({ authorization }) => authorization);
      expect(new Set(byHost('hub'))).to.deep.equal(new Set([`Bearer ${goodToken}`]));
      expect(new Set(byHost('cdn'))).to.deep.equal(new Set([undefined]));
    });

    it('are read from $HF_HOME/token', async () => {
      hub.models.set(id, { files, commit, access: 'private' });
      writeFileSync(join(home, 'token'), `${goodToken}\n`);
      isWhole((await pull()).folder);
    });
  });

  describe('says what is wrong', () => {
    it('401 without a token', async () => {
      hub.models.set(id, { files, commit, access: 'private' });
      expect(await failureOf(pull())).to.deep.equal({
        code: 'hub-needs-token',
        blame: 'user',
        message: `the hub does not show ${id}@main to strangers: it is private, or there is no such model`,
        where: `${hub.endpoint}/${id}`,
        expected: `a model that is public, or a token in HF_TOKEN or ${join(home, 'token')}`,
        found: 'no token; 401 Unauthorized, said the hub (401)',
        next: 'check the spelling; for a private model set HF_TOKEN',
      });
    });

    it('401 with a token that is no good', async () => {
      const failure = await failureOf(pull({ env: { ...env, HF_TOKEN: 'hf_bad' } }));
      expect(failure.message).to.equal(`the hub refuses the token for ${id}@main`);
      expect(JSON.stringify(failure)).not.to.contain('hf_bad');
    });

    it('403: gated, with the page where access is asked for', async () => {
      hub.models.set(id, { files, commit, access: 'gated' });
      const failure = await failureOf(pull({ env: { ...env, HF_TOKEN: goodToken } }));
      expect(failure.code).to.equal('hub-gated');
      expect(failure.next).to.contain(`accept the terms at ${hub.endpoint}/${id}`);
    });

    it('404: no such model, no such revision', async () => {
      const tokened = { ...env, HF_TOKEN: goodToken };
      const noModel = await failureOf(pullModel('no/such', 'main', { env: tokened }));
      expect([noModel.code, noModel.message]).to.deep.equal([
        'hub-not-found',
        'the hub has no such model: no/such@main',
      ]);
      const noRevision = await failureOf(pullModel(id, 'dev', { env: tokened }));
      expect(noRevision.message).to.equal(`the hub has no such revision: ${id}@dev`);
      expect(hub.asked).to.have.length(2);
    });

    it('503: tried again, five times at most', async () => {
      let answers = 0;
      hub.describeStatus = () => (answers++ < 3 ? 503 : 200);
      isWhole((await pull()).folder);
      expect(answers).to.equal(4);
      hub.describeStatus = () => (answers++, 503);
      answers = 0;
      const failure = await failureOf(pull());
      expect([failure.code, failure.blame, answers]).to.deep.equal(['hub-unreachable', 'machine', 5]);
      expect(failure.found).to.equal('the hub answered 503 Service Unavailable, said the hub (503)');
    });

    it('a hub that is not there: at once', async () => {
      await hub.stop();
      const failure = await failureOf(pull({ backoffMs: 60_000 }));
      expect([failure.code, failure.found]).to.satisfy(
        ([code, found]: string[]) => code === 'hub-unreachable' && found!.includes('ECONNREFUSED'),
      );
      await hub.start();
    });

    it('HF_HUB_OFFLINE: nothing is asked', async () => {
      expect((await failureOf(pull({ env: { ...env, HF_HUB_OFFLINE: 'yes' } }))).code).to.equal(
        'hub-offline',
      );
      expect(hub.asked).to.deep.equal([]);
    });

    it('a connection that is always cut', async () => {
      hub.fault = (name) => (name === weights ? { cutAfter: 0 } : {});
      expect((await failureOf(pull())).code).to.equal('hub-unreachable');
    });

    it('a disk too small, before anything large is fetched', async () => {
      const huge: typeof globalThis.fetch = async (input, init) => {
        const answer = await fetch(input, init);
        if (!String(input).includes('/api/')) return answer;
        const described = (await answer.json()) as { siblings: { lfs?: { size: number } }[] };
        for (const { lfs } of described.siblings) if (lfs) lfs.size = 1e15;
        return Response.json(described);
      };
      const failure = await failureOf(pull({ fetch: huge }));
      expect([failure.code, failure.expected]).to.deep.equal(['hub-no-disk', '1000000.00 GB free']);
      expect(hub.sentOf(weights)).to.equal(0);
    });

    it('a model without safetensors, or without tokenizer.json', async () => {
      hub.models.set(id, {
        files: { ...without(files, weights), 'pytorch_model.bin': Buffer.from('x') },
        commit,
      });
      const noWeights = await failureOf(pull());
      expect([noWeights.code, noWeights.found]).to.deep.equal(['hub-no-safetensors', 'pytorch_model.bin']);
      hub.models.set(id, { files: without(files, 'tokenizer.json'), commit });
      expect((await failureOf(pull())).code).to.equal('hub-no-tokenizer');
      expect(hub.sent.size).to.equal(0);
    });
  });

  it('tells bytes that only grow, up to the total', async () => {
    hub.fault = (name) => (name === weights ? { slow: { piece: 300_000, ms: 60 } } : {});
    const told: PullProgress[] = [];
    await pull({ onProgress: (progress) => told.push(progress) });
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
    hub.fault = (name) => (name === weights ? { slow: { piece: 100_000, ms: 20 } } : {});
    const stop = new AbortController();
    const reason = new Error('enough');
    const pulling = pull({
      signal: stop.signal,
      onProgress: ({ bytesDone }) => bytesDone > 500_000 && stop.abort(reason),
    });
    expect(await pulling.catch((error: unknown) => error)).to.equal(reason);
    expect(statSync(`${blob(weights)}.incomplete`).size).to.be.greaterThan(400_000);
    expect(existsSync(join(home, 'hub', '.locks', 'models--TinyOrg--tiny-model_1.0', 'assay.lock'))).to.equal(
      false,
    );
  });

  function startPull(): ChildProcess {
    const program = fileURLToPath(new URL('pull-process.ts', import.meta.url));
    const child = spawn(process.execPath, ['--import=tsx', program, id], {
      env: { PATH: process.env['PATH'], ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    return child;
  }
});

function without(all: Readonly<Record<string, Buffer>>, name: string): Record<string, Buffer> {
  return Object.fromEntries(Object.entries(all).filter(([key]) => key !== name));
}

function outputOf(child: ChildProcess): Promise<string> {
  let output = '';
  child.stdout!.on('data', (chunk: Buffer) => void (output += chunk.toString()));
  return new Promise((resolve) => child.once('close', () => resolve(output)));
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error('waited for 20 s in vain');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
