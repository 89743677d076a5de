import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { findModel } from '../../../src/model/hub/find-model.ts';
import { modelFailureOf } from '../../support/models/model-failure.ts';
import { thisProcess } from '../../../src/system/processes/process.ts';
import { commit, contents, id, isWhole, PullRig, weights } from './pull-rig.ts';

describe('pulling a model from the hub goes on where it was', () => {
  let rig: PullRig;
  const children: ChildProcess[] = [];
  beforeEach(async () => (rig = await PullRig.open()));
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    return rig.close();
  });

  it('after cut connections, asking for nothing again that was written', async () => {
    let cuts = 0;
    rig.hub.fault = (name) => (name === weights && cuts++ < 3 ? { cutAfter: 500_000 } : {});
    isWhole((await rig.pull()).folder);
    expect(cuts).to.equal(4);
    // What a cut left unread in the socket is lost; what was written is never asked for again.
    const starts = rig.hub.asked
      .filter(({ host }) => host === 'cdn')
      .map(({ range }) => Number(/^bytes=(\d+)-$/.exec(range ?? 'bytes=0-')?.[1]));
    expect(starts[0]).to.equal(0);
    expect(starts.length).to.equal(4);
    starts.slice(1).forEach((start, i) => expect(start).to.be.within(starts[i]! + 1, starts[i]! + 500_000));
    expect(rig.hub.sentOf(weights)).to.equal(3 * 500_000 + contents.length - starts[3]!);
  });

  it('after kill -9 of the process, with exactly the bytes that were missing', async () => {
    rig.hub.fault = (name) => (name === weights ? { slow: { piece: 50_000, ms: 10 } } : {});
    const child = startPull();
    const part = `${rig.blob(weights)}.incomplete`;
    await until(() => existsSync(part) && statSync(part).size > 500_000);
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('close', resolve));
    await until(() => rig.hub.sentOf(weights) > 0);
    expect(existsSync(rig.blob(weights))).to.equal(false);
    expect(
      (await modelFailureOf(findModel(id, { baseDir: rig.home, env: rig.env, download: false }))).code,
    ).to.equal('model-not-downloaded');

    const kept = statSync(part).size;
    rig.hub.fault = () => ({});
    rig.hub.sent.clear();
    isWhole((await rig.pull()).folder);
    expect(rig.hub.sentOf(weights)).to.equal(contents.length - kept);
    expect(existsSync(part)).to.equal(false);
  });

  it('from the start, where a server knows no ranges', async () => {
    let first = true;
    rig.hub.fault = (name) => {
      if (name !== weights) return {};
      const fault = first ? { cutAfter: 1_000_000 } : { ignoreRange: true };
      first = false;
      return fault;
    };
    isWhole((await rig.pull()).folder);
    expect(rig.hub.asked.at(-1)?.range).to.match(/^bytes=\d+-$/);
  });

  it('after a connection that fell silent', async () => {
    let stalls = 0;
    rig.hub.fault = (name) => (name === weights && stalls++ === 0 ? { stall: true } : {});
    isWhole((await rig.pull({ idleMs: 200 })).folder);
    expect(stalls).to.equal(2);
  });

  it('once, when two processes want the same model at once', async () => {
    rig.hub.fault = (name) => (name === weights ? { slow: { piece: 200_000, ms: 20 } } : {});
    const folders = await Promise.all([startPull(), startPull()].map(outputOf));
    expect(folders).to.deep.equal(Array(2).fill(join(rig.repository, 'snapshots', commit)));
    isWhole(folders[0]!);
    expect(rig.hub.sentOf(weights)).to.equal(contents.length);
  });

  it('past the lock of a process that is dead', async () => {
    const dead = spawn(process.execPath, ['-e', '']);
    await new Promise((resolve) => dead.once('close', resolve));
    const { lock } = rig;
    mkdirSync(join(lock, '..'), { recursive: true });
    writeFileSync(lock, JSON.stringify({ ...thisProcess(), pid: dead.pid, token: 'x' }));
    isWhole((await rig.pull()).folder);
    expect(existsSync(lock)).to.equal(false);
  });

  function startPull(): ChildProcess {
    const program = fileURLToPath(new URL('pull-process.ts', import.meta.url));
    const child = spawn(process.execPath, ['--import=tsx', program, id], {
      env: { PATH: process.env['PATH'], ...rig.env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    return child;
  }
});

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
