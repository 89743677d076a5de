import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { appendFile, chmod, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { listRuns, openStore } from '../../../src/engine/index.ts';
import { digestOf } from '../../../src/system/json.ts';
import { withLock } from '../../../src/system/lock.ts';
import { thisProcess } from '../../../src/system/processes/process.ts';
import { flat, gate, Rig } from '../../support/rig.ts';

const PIPELINE = `name: words
stages:
  rows: { uses: rows, with: { rows: [{ word: a, n: 1 }] } }
  scaled: { uses: scale, from: rows, with: { column: n } }
  names: { uses: collect, from: { it: scaled } }
`;

describe('the store', () => {
  let rig: Rig;
  beforeEach(async () => {
    rig = await Rig.open();
    await rig.write(PIPELINE);
  });
  afterEach(() => rig.close());

  const blobOf = (digest: string) => join(rig.store.dir, 'objects', digest.slice(0, 2), digest);

  it('holds results by key and blobs by content, and nothing half-written', async () => {
    const { record } = await rig.run();
    const tree = await rig.tree(rig.store.dir);
    // Who uses it, so that whoever collects its garbage knows.
    const users = Object.keys(tree).filter((file) => file.startsWith('users/'));
    expect(users.map((file) => tree[file])).to.have.lengthOf(1);
    expect(JSON.parse(tree[users[0]!]!)).to.deep.include({ folder: rig.runsDir });
    const expected = record.stages.flatMap(({ keyDigest, artifact }) => [
      `actions/${keyDigest}.json`,
      ...artifact!.files.map(({ sha256 }) => `objects/${sha256.slice(0, 2)}/${sha256}`),
    ]);
    expect(Object.keys(tree)).to.deep.equal([...new Set([...expected, ...users])].sort());
    for (const { keyDigest, key } of record.stages) {
      const action = JSON.parse(tree[`actions/${keyDigest}.json`]!) as { key: object };
      expect(action.key).to.deep.equal(key);
      expect(digestOf({ ...key! })).to.equal(keyDigest);
    }
  });

  for (const [damage, how, detail] of [
    [
      'changed',
      (file: string) => writeFile(file, '{"word":"a","n":3}\n'),
      'table.jsonl is damaged in the store',
    ],
    ['cut short', (file: string) => writeFile(file, '{"wo'), 'table.jsonl is damaged in the store'],
    ['removed', (file: string) => rm(file), 'table.jsonl is missing from the store'],
  ] as const) {
    it(`heals a blob that was ${damage}`, async () => {
      const first = await rig.run();
      const { sha256 } = first.stage('scaled').artifact!.files.find(({ path }) => path.endsWith('.jsonl'))!;
      await how(blobOf(sha256));
      const { runs, stage, events } = await rig.run();
      expect(runs).to.deep.equal(['scaled']);
      expect(stage('scaled').reasons).to.deep.equal([{ type: 'result-lost', detail }]);
      expect(events.filter(({ type }) => type === 'store-warning').map((event) => 'message' in event && event.message)).to.deep.equal([`the result of \`scaled\` is lost: ${detail}`]); // prettier-ignore
      expect(stage('names').state).to.equal('cached');
      expect(stage('scaled').artifact).to.deep.equal(first.stage('scaled').artifact);
      if (damage === 'changed') {
        expect(await readdir(join(rig.store.dir, 'quarantine'))).to.deep.equal([sha256]);
      }
      expect((await rig.run()).runs).to.deep.equal([]);
    });
  }

  it('heals an entry that cannot be read, and the plan says so before', async () => {
    const { stage } = await rig.run();
    await writeFile(join(rig.store.dir, 'actions', `${stage('scaled').keyDigest}.json`), '{"format":"ass');
    const planned = (await rig.plan()).stages.find(({ name }) => name === 'scaled')!;
    expect([planned.state, planned.reasons]).to.deep.equal([
      'run',
      [{ type: 'result-lost', detail: 'its entry in the store cannot be read' }],
    ]);
    expect((await rig.run()).runs).to.deep.equal(['scaled']);
    expect((await rig.run()).runs).to.deep.equal([]);
  });

  it('does not serve an entry that names other files than its digest says', async () => {
    const { stage } = await rig.run();
    const file = join(rig.store.dir, 'actions', `${stage('scaled').keyDigest}.json`);
    const other = stage('rows').artifact!.files[0]!.sha256;
    const own = stage('scaled').artifact!.files[0]!.sha256;
    await writeFile(file, (await readFile(file, 'utf8')).replace(own, other));
    expect((await rig.run()).runs).to.deep.equal(['scaled']);
  });

  it('that was emptied is filled again, and the reason is that results are lost', async () => {
    await rig.run();
    await rm(rig.store.dir, { recursive: true });
    const { runs, stage } = await rig.run();
    expect(runs).to.deep.equal(['rows', 'scaled', 'names']);
    expect(stage('names').reasons).to.deep.equal([{ type: 'result-lost', detail: 'it is not in the store' }]);
  });

  it('that is a file gives one clear failure', async () => {
    await writeFile(join(rig.dir, 'file'), '');
    rig.store = openStore(join(rig.dir, 'file'));
    const result = await rig.tryPlan();
    expect(!result.ok && result.problems.map(flat)).to.deep.equal([
      {
        at: null,
        code: 'store-invalid',
        message: 'the store is not a folder',
        blame: 'machine',
        where: rig.store.dir,
        found: 'ENOTDIR',
        next: 'name a folder with --store, or one that does not exist yet',
      },
    ]);
  });

  // They hold one resource, so the second can only begin after the first has failed.
  const IN_TURN = `stages:
  rows: { uses: rows, with: { rows: [{ n: 1 }] } }
  first: { uses: scale, from: rows, with: { column: n, tag: a } }
  second: { uses: scale, from: rows, with: { column: n, tag: b } }
`;
  const breaks = [
    { folder: 'locks', when: 'rows is done', began: ['rows'], found: 'EEXIST' },
    { folder: 'objects', when: 'first runs', began: ['rows', 'first'], found: 'ENOTDIR' },
  ];
  for (const { folder, when, began, found } of breaks) {
    it(`whose ${folder} are no folder any more when ${when} gives one failure, even when asked to keep going`, async () => {
      Object.assign(rig.handles.externals, { a: 'digest a', b: 'digest b' });
      const spoil = () => {
        rmSync(join(rig.store.dir, folder), { recursive: true });
        writeFileSync(join(rig.store.dir, folder), 'no folder');
      };
      rig.handles.hook = ({ stage }) => {
        if (when === `${stage} runs`) spoil();
      };
      const { record, runs } = await rig.run(IN_TURN, {
        keepGoing: true,
        onEvent: (event) => {
          if (event.type === 'stage-finished' && when === `${event.stage} is done`) spoil();
        },
      });
      expect(runs).to.deep.equal(began);
      expect(record.stages.flatMap(({ failure }) => failure ?? []).map(flat)).to.deep.equal([
        {
          at: null,
          code: 'store-invalid',
          message: 'the store is not a folder',
          blame: 'machine',
          where: rig.store.dir,
          found,
          next: 'name a folder with --store, or one that does not exist yet',
        },
      ]);
    });
  }

  it('that is read-only serves what it has', async function () {
    if (process.getuid?.() === 0) this.skip();
    await rig.run();
    await chmod(rig.store.dir, 0o500);
    expect((await rig.run()).runs).to.deep.equal([]);
    await chmod(rig.store.dir, 0o700);
  });

  describe('between processes', () => {
    const script = fileURLToPath(new URL('../../support/second-process.ts', import.meta.url));
    const start = (mode?: string): ChildProcess =>
      fork(script, [rig.dir, ...(mode ? [mode] : [])], { execArgv: ['--import', 'tsx'], silent: true });

    it('computes each result once', async () => {
      const children = [start(), start(), start()];
      await Promise.all(children.map((child) => once(child, 'message')));
      const results = children.map((child) => once(child, 'message'));
      children.forEach((child) => child.send('go'));
      const ended = await Promise.all(results);
      const log = (await readFile(join(rig.dir, 'runs.log'), 'utf8')).trim().split('\n');
      expect(log.sort()).to.deep.equal(['names', 'rows', 'scaled']);
      const states = ended.flatMap(([stages]) => stages as [string, string][]);
      expect(states.filter(([, state]) => state === 'ran').map(([name]) => name).sort()).to.deep.equal(['names', 'rows', 'scaled']); // prettier-ignore
      expect(await readdir(join(rig.store.dir, 'locks'))).to.deep.equal([]);
    });

    it('goes on where a killed run left off, whose lock is no hindrance and whose record stays', async () => {
      const child = start('hang');
      const message = async () => ((await once(child, 'message')) as unknown[])[0];
      while ((await message()) !== 'hanging');
      child.kill('SIGKILL');
      await once(child, 'exit');
      expect(await readdir(join(rig.store.dir, 'locks'))).to.have.lengthOf(1);
      expect((await listRuns(rig.runsDir))[0]).to.deep.include({ state: 'interrupted', stages: { ran: 1 } });
      const { runs, record } = await rig.run();
      expect(runs).to.deep.equal(['scaled', 'names']);
      expect(record.state).to.equal('succeeded');
      expect(await readdir(join(rig.store.dir, 'locks'))).to.deep.equal([]);
    });
  });

  describe('a lock', () => {
    const lock = () => join(rig.dir, 'locks/one.lock');
    const held = async (holder: object) => {
      await mkdir(join(rig.dir, 'locks'), { recursive: true });
      await writeFile(lock(), JSON.stringify({ ...thisProcess(), token: 'theirs', ...holder }));
    };

    for (const [title, holder] of [
      ['a process that is gone', { pid: 2 ** 22 + 1 }],
      ['a process whose id another one has now', { started: '1' }],
      ['a machine that was started anew since', { bootId: 'before' }],
    ] as const) {
      it(`of ${title} is taken over`, async () => {
        await held(holder);
        expect(await withLock(lock(), {}, () => Promise.resolve('done'))).to.equal('done');
        expect(await readdir(join(rig.dir, 'locks'))).to.deep.equal([]);
      });
    }

    it('of a process that was killed after it published does not stay', async () => {
      const { stage } = await rig.run();
      const left = join(rig.store.dir, 'locks', `${stage('scaled').keyDigest}.lock`);
      await writeFile(left, JSON.stringify({ ...thisProcess(), started: '1', token: 'theirs' }));
      expect((await rig.run()).runs).to.deep.equal([]);
      expect(await readdir(join(rig.store.dir, 'locks'))).to.deep.equal([]);
    });

    it('of a living process is waited for, and can be waited for no more', async () => {
      await held({});
      const stop = new AbortController();
      const told = gate();
      const waiting = withLock(lock(), { signal: stop.signal, onWait: told.open }, () => Promise.resolve());
      await told.opened;
      stop.abort(new Error('enough'));
      let thrown: unknown;
      await waiting.catch((error: unknown) => (thrown = error));
      expect(String(thrown)).to.match(/enough|abort/);
      expect(await readdir(join(rig.dir, 'locks'))).to.deep.equal(['one.lock']);
    });

    it('lets one at a time work', async () => {
      let inside = 0;
      let most = 0;
      const work = async () => {
        most = Math.max(most, ++inside);
        await appendFile(join(rig.dir, 'log'), 'x');
        inside--;
      };
      await Promise.all(Array.from({ length: 8 }, () => withLock(lock(), {}, work)));
      expect([most, await readFile(join(rig.dir, 'log'), 'utf8')]).to.deep.equal([1, 'xxxxxxxx']);
    });

    it('is released when the work fails, and is not taken from who came after', async () => {
      await withLock(lock(), {}, () => Promise.reject(new Error('no'))).catch(() => undefined);
      expect(await readdir(join(rig.dir, 'locks'))).to.deep.equal([]);
      await withLock(lock(), {}, async () => {
        await rename(lock(), `${lock()}.old`);
        await held({});
      });
      expect((await readdir(join(rig.dir, 'locks'))).sort()).to.deep.equal(['one.lock', 'one.lock.old']);
    });
  });
});
