import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { collectGarbage, listRuns, type GcOptions, type GcReport } from '../../../src/engine/index.ts';
import { seal } from '../../../src/engine/store/sealed.ts';
import { openReadingLog } from '../../../src/engine/store/reading-log.ts';
import type { Failure } from '../../../src/system/failure.ts';
import { sha256 } from '../../../src/system/hash.ts';
import { thisProcess } from '../../../src/system/processes/process.ts';
import { Rig, gate } from '../../support/rig.ts';

const PIPELINE = `name: words
stages:
  rows: { uses: rows, with: { rows: [{ word: a, n: 1 }] } }
  scaled: { uses: scale, from: rows, with: { column: n, by: 2 } }
  names: { uses: collect, from: { it: scaled } }
`;
const by = (n: number) => PIPELINE.replace('by: 2', `by: ${n}`);

describe('collecting garbage', () => {
  let rig: Rig;
  beforeEach(async () => {
    rig = await Rig.open();
  });
  afterEach(() => rig.close());

  const collect = (options: Partial<GcOptions> = {}): Promise<GcReport> =>
    collectGarbage({ store: rig.store.dir, runsDir: rig.runsDir, ...options });
  const files = async () => Object.keys(await rig.tree(rig.store.dir));
  const kinds = ({ garbage }: GcReport) => garbage.map(({ kind, because }) => `${kind} ${because}`);
  /** As if everything had last been used that many minutes ago. */
  const age = async (minutes = 60, under = ''): Promise<void> => {
    const then = new Date(Date.now() - minutes * 60_000);
    for (const file of await files()) {
      if (file.includes(under)) await utimes(join(rig.store.dir, file), then, then);
    }
  };

  it('of a store that is not there finds nothing and makes nothing', async () => {
    expect(await collect()).to.deep.include({ garbage: [], freedBytes: 0, keptBytes: 0 });
    expect(await files()).to.deep.equal([]);
  });

  it('keeps what any run has', async () => {
    await rig.run(by(2));
    await rig.run(by(3));
    await age();
    const before = await files();
    expect((await collect()).garbage).to.deep.equal([]);
    expect(await files()).to.deep.equal(before);
  });

  it('removes what the newest runs do not have, and nothing that they share; a dry run says the same', async () => {
    await rig.run(by(2));
    const { record } = await rig.run(by(3));
    await age();
    const before = await rig.tree(rig.store.dir);
    const dry = await collect({ keepRuns: 1, dryRun: true });
    expect(await rig.tree(rig.store.dir)).to.deep.equal(before);
    const report = await collect({ keepRuns: 1 });
    expect(report).to.deep.equal({ ...dry, dryRun: false });
    expect(kinds(report)).to.deep.equal([
      'result unreferenced',
      'result unreferenced',
      'object unreferenced',
    ]);
    const bytes = report.garbage.map(({ kind, name }) => {
      const file = kind === 'result' ? `actions/${name}.json` : `objects/${name.slice(0, 2)}/${name}`;
      return before[file]!.length;
    });
    expect(report.freedBytes).to.equal(bytes.reduce((a, b) => a + b));
    expect(await files()).to.have.members(Object.keys(before).filter((file) => !report.garbage.some(({ name }) => file.includes(name)))); // prettier-ignore
    for (const stage of record.stages) expect(rig.store.lookup(stage.keyDigest!).state).to.equal('hit');
    expect((await rig.run()).runs).to.deep.equal([]);
    expect((await rig.run(by(2))).runs).to.deep.equal(['scaled', 'names']);
    expect((await readdir(rig.runsDir)).filter((name) => name !== 'latest')).to.have.lengthOf(4);
  });

  it('keeps what was used a moment ago, though no run has it', async () => {
    await rig.run(by(2));
    await age();
    const all = { keepRuns: 0 };
    // Planning alone uses nothing; running does.
    await rig.plan();
    expect(kinds(await collect({ ...all, dryRun: true }))).to.include('result unreferenced');
    await rig.run();
    const { garbage } = await collect(all);
    expect(garbage.filter(({ kind }) => kind === 'result')).to.deep.equal([]);
    expect((await rig.run()).runs).to.deep.equal([]);
  });

  it('knows every folder of runs that has used the store, and keeps results of those it cannot see', async () => {
    await rig.run(by(2));
    const elsewhere = join(rig.dir, 'elsewhere');
    await age();
    const report = await collect({ runsDir: elsewhere });
    expect(report.garbage).to.deep.equal([]);
    expect(report.runs.map(({ folder }) => folder)).to.deep.equal([elsewhere, rig.runsDir]);
    const user = { folder: '/nowhere/runs', host: 'other' };
    await writeFile(join(rig.store.dir, 'users', 'other.json'), `${seal(user).text}\n`);
    const shared = await collect({ keepRuns: 0 });
    expect(shared).to.deep.include({ garbage: [], unseen: [{ ...user, because: 'other-host' }] });
    await rm(join(rig.store.dir, 'users', 'other.json'));
    expect((await collect({ keepRuns: 0 })).garbage).to.have.length.greaterThan(3);
  });

  describe('with a folder of runs that is not there now', () => {
    let away: string;
    let other: string;
    beforeEach(async () => {
      away = join(rig.dir, 'away');
      other = join(rig.dir, 'other');
      await rig.run(by(2));
      await rename(rig.runsDir, away);
      await age();
    });
    const absent = () => [{ folder: rig.runsDir, host: hostname(), because: 'absent' }];

    it('keeps its results and names it, however often, whoever asks, and in a dry run', async () => {
      for (const options of [{ runsDir: other, dryRun: true }, { runsDir: other, keepRuns: 0 }, {}]) {
        expect(await collect(options)).to.deep.include({ garbage: [], unseen: absent() });
      }
      await rename(away, rig.runsDir);
      expect(await collect({ runsDir: other })).to.deep.include({ garbage: [], unseen: [] });
      expect((await rig.run()).runs).to.deep.equal([]);
    });

    it('keeps them too where a link leads to it, or a file is in its stead', async () => {
      await symlink(join(rig.dir, 'nowhere'), rig.runsDir);
      expect(await collect({ runsDir: other })).to.deep.include({ garbage: [], unseen: absent() });
      await rm(rig.runsDir);
      await writeFile(rig.runsDir, '');
      expect(await collect({ runsDir: other })).to.deep.include({ garbage: [], unseen: absent() });
    });

    it('lets its results go for size all the same', async () => {
      const { garbage, keptBytes } = await collect({ runsDir: other, maxBytes: 0 });
      expect([garbage.length > 0, keptBytes]).to.deep.equal([true, 0]);
    });

    it('lets its results go once it is forgotten, and knows it again when a run uses the store', async () => {
      const dry = await collect({ runsDir: other, forget: [rig.runsDir], dryRun: true });
      expect(kinds(dry)).to.include.members(['result unreferenced', 'user forgotten']);
      const report = await collect({ runsDir: other, forget: [rig.runsDir] });
      expect(kinds(report)).to.deep.equal(kinds(dry));
      expect(report.unseen).to.deep.equal([]);
      expect((await rig.run()).runs).to.have.lengthOf(3);
      await age();
      expect((await collect({ runsDir: other })).garbage).to.deep.equal([]);
    });

    it('refuses to forget a folder that is there, and one that nobody knows', async () => {
      const codeOf = async (folder: string) =>
        collect({ runsDir: other, forget: [folder] }).then(
          () => undefined,
          (error: unknown) => (error as Failure).details,
        );
      expect(await codeOf(away)).to.deep.include({ code: 'runs-unknown', expected: rig.runsDir });
      await rename(away, rig.runsDir);
      expect(await codeOf(rig.runsDir)).to.deep.include({ code: 'runs-there', where: rig.runsDir });
    });
  });

  it('lets results go down to a size, those used longest ago first, and no more than needed', async () => {
    const first = await rig.run(by(2));
    const second = await rig.run(by(3));
    await age();
    await age(90, first.stage('scaled').keyDigest);
    const all = (await collect({ dryRun: true })).keptBytes;
    const report = await collect({ maxBytes: all - 1 });
    expect(kinds(report)).to.deep.equal(['result size', 'object size']);
    expect(report.garbage[0]!.name).to.equal(first.stage('scaled').keyDigest);
    expect(report).to.include({ keptBytes: all - report.freedBytes, overBytes: 0 });
    for (const { keyDigest } of second.record.stages) {
      expect(rig.store.lookup(keyDigest!).state).to.equal('hit');
    }
    expect((await collect({ maxBytes: 0 })).keptBytes).to.equal(0);
    expect((await rig.run()).runs).to.have.lengthOf(3);
    // What is fresh stays, and it is said that this is too much.
    expect((await collect({ maxBytes: 1 })).overBytes).to.be.greaterThan(0);
  });

  it('lets rows go for size alone, and whoever adds some goes on', async () => {
    const space = openReadingLog(join(rig.store.dir, 'rows')).space('reading');
    await space.add([[sha256('a'), Buffer.from('value')]], { model: 'm' });
    await age();
    expect((await collect({ keepRuns: 0 })).garbage).to.deep.equal([]);
    expect(kinds(await collect({ maxBytes: 0 }))).to.deep.equal(['rows size']);
    expect(space.read([sha256('a')]).size).to.equal(0);
    await space.add([[sha256('b'), Buffer.from('value')]], { model: 'm' });
    expect(openReadingLog(join(rig.store.dir, 'rows')).space('reading').readAll().size).to.equal(1);
  });

  it('removes what was damaged, left half-written or locked by the dead, and no lock of the living', async () => {
    const { stage } = await rig.run(by(2));
    const { dir } = rig.store;
    await mkdir(join(dir, 'quarantine'));
    await mkdir(join(dir, 'locks'), { recursive: true });
    await writeFile(join(dir, 'quarantine', 'a'), 'damaged');
    await writeFile(join(dir, 'actions', 'x.json.0123.tmp'), 'half');
    await writeFile(join(dir, 'actions', `${stage('names').keyDigest}.json`), 'damaged');
    await writeFile(join(dir, 'actions', 'notes.txt'), 'not ours');
    const lock = (pid: object) => JSON.stringify({ ...thisProcess(), token: 't', ...pid });
    await writeFile(join(dir, 'locks', 'dead.lock'), lock({ bootId: 'before' }));
    await writeFile(join(dir, 'locks', 'alive.lock'), lock({}));
    expect(kinds(await collect())).to.deep.equal(['lock left-behind']);
    await age();
    expect(kinds(await collect())).to.deep.equal([
      'result damaged',
      'quarantine damaged',
      'temporary left-behind',
    ]);
    expect(await readdir(join(dir, 'locks'))).to.deep.equal(['alive.lock']);
    expect(existsSync(join(dir, 'actions', 'notes.txt'))).to.equal(true);
    expect((await rig.run()).runs).to.deep.equal(['names']);
  });

  it('deletes older run folders when it is told to, and none of other folders', async () => {
    const { runsDir } = rig;
    for (const n of [2, 3, 4]) await rig.run(by(n));
    const ids = (await listRuns(runsDir)).map(({ id }) => id);
    await age();
    const report = await collect({ keepRuns: 1, deleteRuns: true });
    expect(report.garbage.flatMap(({ kind, name }) => (kind === 'run' ? name : []))).to.deep.equal(
      ids.slice(1),
    );
    expect((await listRuns(runsDir)).map(({ id }) => id)).to.deep.equal(ids.slice(0, 1));
    await collect({ runsDir: join(rig.dir, 'elsewhere'), keepRuns: 0, deleteRuns: true });
    expect(await listRuns(runsDir)).to.have.lengthOf(1);
    await collect({ keepRuns: 0, deleteRuns: true });
    expect(await readdir(runsDir)).to.deep.equal([]);
  });

  it('leaves a run that goes on what it has', async () => {
    const { opened, open } = gate();
    const { opened: begun, open: begin } = gate();
    rig.handles.hook = async ({ stage }) => {
      if (stage !== 'scaled') return;
      begin();
      await opened;
    };
    const running = rig.run(by(2));
    await begun;
    await age();
    const { garbage } = await collect({ keepRuns: 0, maxBytes: 0, deleteRuns: true });
    expect(garbage).to.deep.equal([]);
    open();
    const { record, folder } = await running;
    expect(record.state).to.equal('succeeded');
    expect((await stat(folder)).isDirectory()).to.equal(true);
  });

  it('disturbs no run, though another process collects all the time and nothing counts as fresh', async function () {
    this.timeout(30_000);
    const undisturbed = await Rig.open();
    const collector = fork(fileURLToPath(new URL('../../support/collector.ts', import.meta.url)), [rig.dir], {
      execArgv: ['--import', 'tsx'],
    });
    try {
      await once(collector, 'message');
      for (let n = 0; n < 12; n++) {
        const { record, stage } = await rig.run(by(n % 5));
        expect(record.state, JSON.stringify(record.stages.map(({ failure }) => failure))).to.equal(
          'succeeded',
        );
        const expected = await undisturbed.run(by(n % 5));
        for (const { name, artifact } of expected.record.stages) {
          expect(stage(name).artifact).to.deep.equal(artifact);
        }
      }
      const told = once(collector, 'message');
      collector.send('stop');
      const [{ rounds, removed }] = (await told) as [{ rounds: number; removed: number }];
      expect(rounds).to.be.greaterThan(10);
      expect(removed).to.be.greaterThan(30);
    } finally {
      collector.kill();
      await undisturbed.close();
    }
    // And what it left is whole.
    await rig.run();
    expect((await rig.run()).runs).to.deep.equal([]);
  });
});
