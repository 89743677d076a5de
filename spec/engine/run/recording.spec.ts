import { existsSync, mkdirSync, readlinkSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { expect } from 'chai';
import { listRuns, readArtifact, readRun } from '../../../src/engine/index.ts';
import type { Failure } from '../../../src/system/failure.ts';
import { withDisk } from '../../support/disk.ts';
import { must, Rig } from '../../support/rig.ts';

const PIPELINE = `name: words
stages:
  rows: { uses: rows, with: { rows: [{ word: a, n: 1 }] } }
  scaled: { uses: scale, from: rows, with: { column: n, by: 2 } }
  names: { uses: collect, from: { it: scaled } }
`;

describe('recording a run', () => {
  let rig: Rig;
  beforeEach(async () => (rig = await Rig.open()));
  afterEach(() => rig.close());

  const runId = async () => (await readdir(rig.runsDir)).find((name) => /^\d{4}/.test(name))!;

  describe('that is hindered in mid-run', () => {
    const hindrances: Record<string, { code: string; hinder: (folder: string, runs: string) => void }> = {
      'its folder is removed': { code: 'runs-gone', hinder: (folder) => rmSync(folder, { recursive: true }) },
      'its folder is moved': { code: 'runs-gone', hinder: (folder) => renameSync(folder, `${folder}-kept`) },
      'all runs are removed': { code: 'runs-gone', hinder: (_, runs) => rmSync(runs, { recursive: true }) },
      'another folder is put in its stead': {
        code: 'runs-gone',
        hinder(folder) {
          renameSync(folder, `${folder}-kept`);
          mkdirSync(folder);
        },
      },
      'a file is where a result belongs': {
        code: 'runs-not-a-folder',
        hinder: (folder) => writeFileSync(join(folder, 'scaled'), ''),
      },
      'a folder is called `latest`': {
        code: 'runs-latest',
        hinder: (_, runs) => mkdirSync(join(runs, 'latest')),
      },
    };
    for (const [title, { code, hinder }] of Object.entries(hindrances)) {
      it(`goes on, says so, and has its results in the store: ${title}`, async () => {
        rig.handles.hook = async ({ stage }) => {
          if (stage === 'scaled') hinder(join(rig.runsDir, await runId()), rig.runsDir);
        };
        const { record, folder, unrecorded, events, stage } = await rig.run(PIPELINE);
        expect(record.stages.map(({ state }) => state)).to.deep.equal(['ran', 'ran', 'ran']);
        expect(unrecorded.map((problem) => problem.code)).to.deep.equal([code]);
        expect(unrecorded[0]).to.include.keys('message', 'where', 'blame');
        const told = events.flatMap((event) => (event.type === 'store-warning' ? [event.message] : []));
        expect(told).to.have.lengthOf(1);
        expect(told[0]).to.contain(unrecorded[0]!.message);
        expect(await readArtifact(folder, stage('names'), rig.store)).to.have.property('type', 'text');
        if (code === 'runs-gone') expect(existsSync(join(folder, 'run.json'))).to.equal(false);
        rig.handles.hook = () => undefined;
        rmSync(join(rig.runsDir, 'latest'), { recursive: true, force: true });
        const again = await rig.run();
        expect([again.runs, again.unrecorded]).to.deep.equal([[], []]);
      });
    }

    it('tells once of a disk that is full, and records what the disk has room for again', async () => {
      let run: Awaited<ReturnType<Rig['run']>> | undefined;
      await rig.run(PIPELINE);
      await withDisk({ roomBytes: 600 }, async () => (run = await rig.run()));
      expect(run?.unrecorded.map(({ code, blame }) => [code, blame])).to.deep.equal([
        ['runs-full', 'machine'],
      ]);
      expect(run?.record.state).to.equal('succeeded');
      expect((await readRun(rig.runsDir, 'latest')).ok).to.equal(true);
    });
  });

  describe('that cannot begin', () => {
    const hindrances: Record<string, { code: string; blame: string; runsDir: (dir: string) => string }> = {
      'a file is in the stead of its folder': {
        code: 'runs-not-a-folder',
        blame: 'user',
        runsDir(dir) {
          writeFileSync(join(dir, 'file'), '');
          return join(dir, 'file');
        },
      },
      'a file is above its folder': {
        code: 'runs-not-a-folder',
        blame: 'user',
        runsDir: () => '/dev/null/x',
      },
      'its name is too long': {
        code: 'runs-bad-name',
        blame: 'user',
        runsDir: (dir) => join(dir, 'x'.repeat(300)),
      },
      'links lead in a circle': {
        code: 'runs-bad-name',
        blame: 'user',
        runsDir(dir) {
          symlinkSync(join(dir, 'circle'), join(dir, 'circle'));
          return join(dir, 'circle');
        },
      },
      'the system makes no folder there': {
        code: 'runs-unwritable',
        blame: 'machine',
        runsDir: () => '/proc/assay-runs',
      },
      'a folder is called `latest`': {
        code: 'runs-latest',
        blame: 'user',
        runsDir(dir) {
          mkdirSync(join(dir, 'runs/latest'), { recursive: true });
          return join(dir, 'runs');
        },
      },
    };
    for (const [title, { code, blame, runsDir }] of Object.entries(hindrances)) {
      it(`is refused before anything is computed: ${title}`, async () => {
        await rig.write(PIPELINE);
        const failure: unknown = await rig
          .run(undefined, { runsDir: runsDir(rig.dir) })
          .catch((error: unknown) => error);
        expect((failure as Failure).details).to.include({ code, blame });
        expect((failure as Failure).details).to.include.keys('where', 'remedy');
        expect(rig.handles.runs).to.deep.equal([]);
      });
    }
  });

  describe('beside others, with a clock that goes back', () => {
    const at = (time: string) => rig.run(PIPELINE, { clock: () => Date.parse(time) });
    const newestFirst = async () => (await listRuns(rig.runsDir)).map(({ id }) => id);

    it('is the newest when it started last', async () => {
      const ids: string[] = [];
      for (const time of [
        '2030-01-01T00:00:00Z',
        '2026-05-01T00:00:00Z',
        '2026-05-01T00:00:01Z',
        '2025-01-01T00:00:00Z',
        '2031-01-01T00:00:00Z',
        '2026-05-01T00:00:02Z',
      ]) {
        const { record, folder } = await at(time);
        ids.unshift(record.id);
        expect(await newestFirst()).to.deep.equal(ids);
        expect(readlinkSync(join(rig.runsDir, 'latest'))).to.equal(basename(folder));
        expect(must(await readRun(rig.runsDir, 'latest')).record).to.include({
          id: record.id,
          startedAt: new Date(time).toISOString(),
        });
      }
      expect(ids.map((id) => /Z(\+\d+)?-/.exec(id)?.[1])).to.deep.equal([
        '+3',
        '+2',
        '+2',
        '+1',
        '+1',
        undefined,
      ]);
      expect(must(await readRun(rig.runsDir, 'latest~5')).record.id).to.equal(ids[5]);
    });

    it('is the newest though another folder has a name in the future', async () => {
      const { folder } = await rig.run(PIPELINE);
      renameSync(folder, join(rig.runsDir, '2099-01-01T00-00-00.000Z-words-aaaaaa'));
      const { record } = await rig.run(PIPELINE.replace('by: 2', 'by: 3'));
      expect(must(await readRun(rig.runsDir, 'latest')).record.id).to.equal(record.id);
      // Reasons are told against the run before.
      expect(record.stages[1]?.reasons.map(({ type }) => type)).to.deep.equal(['changed']);
      const after = await rig.run(PIPELINE.replace('by: 2', 'by: 4'));
      expect(after.stage('scaled').reasons).to.deep.equal([
        { type: 'changed', path: ['options', 'by'], before: 3, after: 4 },
      ]);
    });
  });
});
