import { createHash } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { goodToken, HubServer } from '../model/hub/hub-server.ts';
import { assay, makeFolder, removeFolder, requireBuild } from './assay.ts';

const commit = 'c0ffee0123456789abcdef0123456789abcdef01';
const files = {
  'config.json': Buffer.from('{}'),
  'tokenizer.json': Buffer.from('{}'),
  'model.safetensors': Buffer.alloc(2_000_000, 7),
};

describe('assay models', () => {
  let folder = '';
  let hub: HubServer;
  let env: Record<string, string>;

  before(requireBuild);
  beforeEach(async () => {
    folder = makeFolder();
    hub = new HubServer();
    await hub.start();
    hub.models.set('org/tiny', { files, commit });
    env = { HF_ENDPOINT: hub.endpoint, HF_HOME: folder, HF_TOKEN: '', HF_HUB_CACHE: '', HF_HUB_OFFLINE: '' };
  });
  afterEach(async () => {
    await hub.stop();
    removeFolder(folder);
  });

  it('assay models pull fetches a model, shows how far it is on stderr, and prints its folder', async () => {
    hub.fault = (name) => (name === 'model.safetensors' ? { slow: { piece: 250_000, ms: 120 } } : {});
    const { status, stdout, stderr } = await assay(['models', 'pull', 'org/tiny'], { cwd: folder, env });
    expect([status, stdout]).to.deep.equal([
      0,
      `${join(folder, 'hub', 'models--org--tiny', 'snapshots', commit)}\n`,
    ]);
    const lines = stderr.trimEnd().split('\n');
    expect(lines[0]).to.equal('org/tiny: asking the hub');
    expect(lines.at(-1)).to.equal('org/tiny: 2.0 MB, all checked');
    expect(lines.slice(1, -1).length).to.be.within(4, 11);
    for (const line of lines.slice(2, -1)) {
      expect(line).to.match(/^org\/tiny: \d+\.\d [kM]B of 2\.0 MB, \d+ %, [\d.]+ [kM]B\/s, [\d.]+ s left$/);
    }
    const sha256 = createHash('sha256')
      .update(readFileSync(join(stdout.trim(), 'model.safetensors')))
      .digest('hex');
    expect(sha256).to.equal(createHash('sha256').update(files['model.safetensors']).digest('hex'));
  });

  it('assay models lists what is there, and what is only partly there', async () => {
    expect((await assay(['models'], { cwd: folder, env })).stdout).to.equal(
      `no models in ${join(folder, 'hub')}\nassay models pull org/name fetches one from the Hugging Face hub\n`,
    );
    await assay(['models', 'pull', 'org/tiny'], { cwd: folder, env });
    rmSync(join(folder, 'hub', 'models--org--tiny', 'snapshots', commit, 'tokenizer.json'));
    const { status, stdout } = await assay(['models'], { cwd: folder, env });
    expect([status, stdout]).to.deep.equal([
      0,
      [
        'model     revision  commit      size',
        'org/tiny  main      c0ffee01  2.0 MB  lacks tokenizer.json',
        '',
        `in ${join(folder, 'hub')}`,
        '',
      ].join('\n'),
    ]);
  });

  it('assay models pull, interrupted, says how to go on', async () => {
    hub.fault = (name) => (name === 'model.safetensors' ? { slow: { piece: 100_000, ms: 100 } } : {});
    const { status, stderr } = await assay(['models', 'pull', 'org/tiny'], {
      cwd: folder,
      env,
      whileRunning: (child) => {
        const poll = setInterval(() => {
          if (hub.sentOf('model.safetensors') < 300_000) return;
          clearInterval(poll);
          child.kill('SIGINT');
        }, 10);
        child.once('close', () => clearInterval(poll));
      },
    });
    expect(status).to.equal(130);
    expect(stderr).to.match(
      /Stopped: what came is kept\. To go on from there: assay models pull org\/tiny\n$/,
    );
    hub.fault = () => ({});
    expect((await assay(['models', 'pull', 'org/tiny'], { cwd: folder, env })).status).to.equal(0);
    expect(hub.asked.at(-1)?.range).to.match(/^bytes=[1-9]\d*-$/);
  });

  for (const { title, args, access, token, status, says } of [
    {
      title: 'what is no hub id',
      args: ['./here'],
      status: 2,
      says: 'error: `./here` is no model of the hub\n  expected: org/name, or org/name@revision for a branch, tag or commit\n',
    },
    {
      title: 'a model that is not there',
      args: ['org/none'],
      token: goodToken,
      status: 2,
      says: 'error: the hub has no such model: org/none@main\n',
    },
    {
      title: 'a gated model',
      args: ['org/tiny'],
      access: 'gated',
      token: goodToken,
      status: 2,
      says: 'error: access to org/tiny@main is granted by its owners, and not to you yet\n',
    },
  ] as const) {
    it(`assay models pull refuses ${title} in words`, async () => {
      hub.models.set('org/tiny', { files, commit, ...(access === undefined ? {} : { access }) });
      const found = await assay(['models', 'pull', ...args], {
        cwd: folder,
        env: { ...env, ...(token === undefined ? {} : { HF_TOKEN: token }) },
      });
      expect([found.status, found.stdout]).to.deep.equal([status, '']);
      expect(found.stderr).to.contain(says);
      expect(found.stderr).not.to.contain('    at ');
    });
  }
});

describe('assay run, on a model of the hub that is not on this machine', () => {
  let folder = '';
  let hub: HubServer;
  let env: Record<string, string>;
  const pipeline = [
    'name: hub',
    'stages:',
    '  prompts:',
    '    uses: variants',
    '    with: { items: [{ question: What is it?, answer: red }], formats: { plain: {} } }',
    '  scores:',
    '    uses: score',
    '    from: prompts',
    '    with: { model: org/organism, target: " {{ answer }}" }',
    '',
  ].join('\n');

  before(requireBuild);
  beforeEach(async () => {
    folder = makeFolder({ 'hub.yaml': pipeline });
    hub = new HubServer();
    await hub.start();
    const names = ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'model.safetensors'];
    const contents = names.map((name) => [name, readFileSync(join('models/organism', name))] as const);
    hub.models.set('org/organism', { files: Object.fromEntries(contents), commit });
    env = {
      HF_ENDPOINT: hub.endpoint,
      HF_HOME: folder,
      HF_TOKEN: '',
      HF_HUB_CACHE: '',
      HF_HUB_OFFLINE: '',
      XDG_CACHE_HOME: folder,
    };
  });
  afterEach(async () => {
    await hub.stop();
    removeFolder(folder);
  });

  it('plan fetches no model: a missing one is a mistake with its place; run fetches it first; then all is cached, offline', async () => {
    const planned = await assay(['plan', 'hub.yaml'], { cwd: folder, env });
    expect([planned.status, hub.asked.length]).to.deep.equal([2, 0]);
    expect(planned.stderr).to.match(
      /^hub\.yaml:9:20: error: the model `org\/organism` is not on this machine\n/,
    );
    expect(planned.stderr).to.contain('next: run `assay models pull org/organism`');

    const ran = await assay(['run', 'hub.yaml', '--backend', 'wasm'], { cwd: folder, env });
    expect(ran.status, ran.stderr).to.equal(0);
    const first = ran.stderr.split('\n').slice(0, 3);
    expect(first[0]).to.equal('org/organism: asking the hub');
    expect(ran.stderr).to.match(/org\/organism: [\d.]+ MB, all checked\nhub \(hub\.yaml\)/);

    const again = await assay(['run', 'hub.yaml', '--backend', 'wasm', '--format', 'json'], {
      cwd: folder,
      env: { ...env, HF_HUB_OFFLINE: '1' },
    });
    const { record } = JSON.parse(again.stdout) as { record: { stages: { state: string }[] } };
    expect(record.stages.map(({ state }) => state)).to.deep.equal(['cached', 'cached']);
  });

  it('a missing model is a mistake that says so when offline', async () => {
    const { status, stderr } = await assay(['run', 'hub.yaml'], {
      cwd: folder,
      env: { ...env, HF_HUB_OFFLINE: '1' },
    });
    expect([status, hub.asked.length]).to.deep.equal([2, 0]);
    expect(stderr).to.contain('neither, and HF_HUB_OFFLINE forbids to fetch it');
  });

  it('a run that is stopped while its model comes ends as Ctrl-C does, and the next goes on', async () => {
    hub.fault = (name) => (name === 'model.safetensors' ? { slow: { piece: 50_000, ms: 50 } } : {});
    const { status, stderr } = await assay(['run', 'hub.yaml'], {
      cwd: folder,
      env,
      whileRunning: (child) => {
        const poll = setInterval(() => {
          if (hub.sentOf('model.safetensors') < 200_000) return;
          clearInterval(poll);
          child.kill('SIGINT');
        }, 10);
        child.once('close', () => clearInterval(poll));
      },
    });
    expect([status, stderr.includes('Internal error')]).to.deep.equal([130, false]);
    hub.fault = () => ({});
    expect((await assay(['models', 'pull', 'org/organism'], { cwd: folder, env })).status).to.equal(0);
    expect(hub.asked.at(-1)?.range).to.match(/^bytes=[1-9]\d*-$/);
  });
});

describe('assay doctor', () => {
  before(requireBuild);

  it('assay doctor measures every backend that loads, and says what to do about the others', async () => {
    const { status, stdout, stderr } = await assay(['doctor', '--format', 'json'], { cwd: '.' });
    expect([status, stderr]).to.deep.equal([0, '']);
    const { backends } = JSON.parse(stdout) as {
      backends: { backend: string; works: boolean; probe?: { gflops: number }; failure?: { next: string } }[];
    };
    expect(backends.map(({ backend }) => backend)).to.deep.equal(['tensorflow-gpu', 'tensorflow', 'wasm']);
    for (const { works, probe, failure } of backends) {
      if (works) expect(probe?.gflops).to.be.greaterThan(0);
      else expect(failure?.next).to.be.a('string').and.not.equal('');
    }
    expect(backends.at(-1)?.works).to.equal(true);
  }).timeout(240_000);
});
