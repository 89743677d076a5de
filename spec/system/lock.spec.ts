import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { isDeadLock, removeDeadLock, removeDeadLocks, withLock } from '../../src/system/lock.ts';
import { thisProcess, type ProcessStamp } from '../../src/system/processes/process.ts';
import { gate } from '../support/rig.ts';

describe('a lock', () => {
  let dir: string;
  let lock: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'assay-lock-'));
    lock = join(dir, 'folder', 'some.lock');
  });
  afterEach(() => rm(dir, { recursive: true }));

  const heldBy = (stamp: Partial<ProcessStamp>, secondsAgo = 0): void => {
    mkdirSync(join(dir, 'folder'), { recursive: true });
    writeFileSync(lock, JSON.stringify({ ...thisProcess(), token: 'theirs', ...stamp }));
    const then = new Date(Date.now() - 1000 * secondsAgo);
    utimesSync(lock, then, then);
  };
  const taken = () => withLock(lock, {}, () => Promise.resolve('worked'));
  const elsewhere = { host: 'another-machine', bootId: 'other' };

  it('lets one work at a time, and leaves nothing behind', async () => {
    let working = 0;
    const most: number[] = [];
    const work = async () => {
      most.push((working += 1));
      await sleep(3);
      working -= 1;
    };
    await Promise.all(Array.from({ length: 8 }, () => withLock(lock, {}, work)));
    expect(most).to.deep.equal(Array(8).fill(1));
    expect(readdirSync(join(dir, 'folder'))).to.deep.equal([]);
  });

  it('is never seen without its holder', async () => {
    await withLock(lock, {}, () => {
      expect(JSON.parse(readFileSync(lock, 'utf8'))).to.include({ pid: process.pid });
      return Promise.resolve();
    });
  });

  it('says once who holds it, and can be waited for no longer', async () => {
    const { opened, open } = gate();
    const holding = withLock(lock, {}, () => opened);
    const { opened: waits, open: tell } = gate();
    const stop = new AbortController();
    const holders: number[] = [];
    const onWait = ({ pid }: ProcessStamp) => {
      holders.push(pid);
      tell();
    };
    const waiting = withLock(lock, { signal: stop.signal, onWait }, () => Promise.resolve());
    await waits;
    const reason = new Error('enough');
    stop.abort(reason);
    expect(await waiting.catch((error: unknown) => error)).to.equal(reason);
    expect(holders).to.deep.equal([process.pid]);
    expect(existsSync(lock)).to.equal(true);
    open();
    await holding;
    expect(existsSync(lock)).to.equal(false);
  });

  for (const [title, stamp] of [
    ['from before the machine was started', { bootId: 'before' }],
    ['whose process id is that of another process by now', { started: '1' }],
    ['whose process is gone', { pid: 2 ** 22 + 1 }],
  ] as const) {
    it(`${title} is taken over at once`, async function () {
      if (thisProcess().started === '') this.skip();
      heldBy(stamp);
      expect(isDeadLock(lock, Infinity)).to.equal(true);
      expect(await taken()).to.equal('worked');
      expect(readdirSync(join(dir, 'folder'))).to.deep.equal([]);
    });
  }

  it('of another machine is not judged by what this machine’s clock says of its time', async () => {
    heldBy(elsewhere, 3600);
    const stop = AbortSignal.timeout(200);
    const waiting = withLock(lock, { signal: stop }, () => Promise.resolve());
    expect(await waiting.catch((error: unknown) => error)).to.equal(stop.reason);
    expect(existsSync(lock)).to.equal(true);
  });

  it('that nothing can be read from is removed once it is old', async () => {
    heldBy({}, 60);
    writeFileSync(lock, '{"pid":');
    utimesSync(lock, 1, 1);
    expect(await taken()).to.equal('worked');
  });

  it('that is dead is removed by whoever passes, and no other', () => {
    heldBy({});
    removeDeadLocks(join(dir, 'folder'));
    expect(removeDeadLock(lock, 0)).to.equal(false);
    heldBy(elsewhere, 3600);
    removeDeadLocks(join(dir, 'folder'));
    expect(existsSync(lock)).to.equal(true);
    expect([isDeadLock(lock, 7200_000), isDeadLock(lock, 600_000)]).to.deep.equal([false, true]);
    expect(removeDeadLock(lock, 600_000)).to.equal(true);
    heldBy({ bootId: 'before' });
    removeDeadLocks(join(dir, 'folder'));
    expect(existsSync(lock)).to.equal(false);
    removeDeadLocks(join(dir, 'no such folder'));
  });
});
