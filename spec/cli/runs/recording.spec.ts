import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  assay,
  type Invocation,
  makeFolder,
  PROGRAM,
  putFiles,
  removeFolder,
  requireBuild,
} from '../assay.ts';

const STAGE = `import { defineStage } from 'assay';
import { existsSync } from 'node:fs';

export default defineStage({
  name: 'slow', summary: 's', description: 'd', example: 'e', options: { type: 'object' },
  inputs: { ports: [{ name: 'rows', type: 'table', description: 'r' }] },
  output: (_, { rows }) => rows,
  async run({ inputs: { rows } }) {
    while (!existsSync(new URL('./' + 'go', import.meta.url))) await new Promise((resolve) => setTimeout(resolve, 20));
    return rows;
  },
});
`;
const PIPELINE = `name: fruit
stages:
  fruit: { uses: dataset, with: { items: [{ name: pear, price: 3 }, { name: apple, price: 2 }] } }
  slow: { uses: ./slow.ts, from: fruit }
  prices: { uses: aggregate, from: slow, with: { by: [name], measure: price, statistics: [mean], order: -mean } }
`;
const TABLE = /pear +3\n.*apple +2\n/;

describe('assay run, where it cannot be recorded or heard', () => {
  let folder: string;
  before(requireBuild);
  beforeEach(() => (folder = makeFolder({ 'fruit.yaml': PIPELINE, 'slow.ts': STAGE })));
  afterEach(() => removeFolder(folder));

  const run = (args: readonly string[] = [], more: Partial<Invocation> = {}) =>
    assay(['run', ...args], { cwd: folder, ...more });
  const go = () => putFiles(folder, { go: '' });
  /** Does something once the slow stage runs, and lets that end. */
  const meanwhile = (act: (child: Parameters<NonNullable<Invocation['whileRunning']>>[0]) => void) => ({
    whileRunning(child: Parameters<NonNullable<Invocation['whileRunning']>>[0]) {
      let said = '';
      let isDone = false;
      child.stderr?.on('data', (text: string) => {
        said += text;
        if (isDone || !/slow +starts/.test(said)) return;
        isDone = true;
        act(child);
        go();
      });
    },
  });
  const runs = () => readdirSync(join(folder, 'runs')).filter((name) => name.startsWith('2'));
  const stateOf = async () => {
    const { stdout } = await assay(['runs', '--format', 'json'], { cwd: folder });
    return (JSON.parse(stdout) as { state: string }[]).map(({ state }) => state);
  };

  it('refuses as a mistake a folder of runs that is a file, and a folder called `latest`', async () => {
    putFiles(folder, { file: '' });
    mkdirSync(join(folder, 'taken/latest'), { recursive: true });
    for (const [runsDir, says] of [
      [
        'file',
        /^error: the folder of runs is not a folder\n {2}where: .*file\n.*\n {2}found: ENOTDIR\n {2}next: name another folder with --runs\n/,
      ],
      ['/dev/null/x', /^error: the folder of runs is not a folder\n {2}where: \/dev\/null\/x\n/],
      [
        'taken',
        /^error: the newest run cannot be named: .*\n {2}where: .*latest\n.*\n.*\n {2}next: remove it, or give it another name, or name another folder with --runs\n/m,
      ],
    ] as const) {
      const { status, stderr } = await run(['--runs', runsDir]);
      expect(stderr.replace(/^fruit .*\n/, ''), stderr).to.match(says);
      expect(status, runsDir).to.equal(2);
    }
    for (const command of ['runs', 'show', 'diff', 'gc', 'plan']) {
      const { status, stderr } = await assay([command, '--runs', 'file'], { cwd: folder });
      expect([status, stderr], command).to.deep.equal([2, stderr]);
      expect(stderr, command).to.match(/^error: the folder of runs is not a folder\n/);
    }
  });

  it('shows the results, and fails, when its folder is removed in mid-run', async () => {
    const { status, stdout, stderr } = await run(
      [],
      meanwhile(() => rmSync(join(folder, 'runs', runs()[0]!), { recursive: true })),
    );
    expect(stdout).to.match(TABLE);
    expect(stderr).to.match(
      /warning: the run cannot be recorded: its folder was removed while it went on, .*It goes on; its results are kept in the store\n/,
    );
    expect(stderr).to.match(
      /error: the run cannot be recorded: its folder was removed while it went on\n {2}where: .*runs.*\n {2}next: run the pipeline again/,
    );
    expect(status).to.equal(1);
    const again = await run();
    expect([again.status, again.stdout]).to.deep.equal([0, again.stdout]);
    expect(again.stdout).to.contain('3 stages: 3 cached');
  });

  it('says in JSON too what is not recorded', async () => {
    const { status, stdout } = await run(
      ['--format', 'json'],
      meanwhile(() => rmSync(join(folder, 'runs'), { recursive: true })),
    );
    const { unrecorded } = JSON.parse(stdout) as { unrecorded: { code: string }[] };
    expect([status, unrecorded.map(({ code }) => code)]).to.deep.equal([1, ['runs-gone']]);
  });

  it('goes on when nobody hears it any more: assay run 2>&1 | head -1', async () => {
    const { status } = await run(
      [],
      meanwhile((child) => {
        child.stdout?.destroy();
        child.stderr?.destroy();
      }),
    );
    expect([status, await stateOf()]).to.deep.equal([0, ['succeeded']]);
  });

  it('goes on when its results are not heard, and what fails still fails', async () => {
    putFiles(folder, { 'slow.ts': STAGE.replace('return rows;', `throw new Error('no');`) });
    const { status } = await run(
      [],
      meanwhile((child) => child.stdout?.destroy()),
    );
    expect([status, await stateOf()]).to.deep.equal([2, ['failed']]);
  });

  it('fails, and says so, when its results cannot be written', async function () {
    let full: number;
    try {
      full = openSync('/dev/full', 'w');
    } catch {
      return this.skip();
    }
    go();
    const { status, stderr } = spawnSync(process.execPath, [PROGRAM, 'run'], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, NODE_OPTIONS: '' },
      stdio: ['ignore', full, 'pipe'],
    });
    closeSync(full);
    expect(stderr).to.match(/^error: the output cannot be written: ENOSPC/m);
    expect([status, await stateOf()]).to.deep.equal([1, ['succeeded']]);
  });

  it('is the newest run after the clock was set back', async () => {
    go();
    await run();
    await run();
    renameSync(join(folder, 'runs', runs().at(-1)!), join(folder, 'runs/2099-01-01T00-00-00.000Z-q-aaaaaa'));
    writeFileSync(join(folder, 'fruit.yaml'), PIPELINE.replace('order: -mean', 'order: mean'));
    await run();
    const latest = readlinkSync(join(folder, 'runs/latest'));
    expect(latest).to.match(/Z\+1-fruit-/);
    expect((await assay(['show'], { cwd: folder })).stdout).to.contain(latest);
    expect((await assay(['runs'], { cwd: folder })).stdout).to.match(
      new RegExp(`^(.*\\n)?${latest.replaceAll('+', '\\+')}`),
    );
    const { stdout } = await assay(['diff'], { cwd: folder });
    expect(stdout).to.match(/-mean.*->.*mean/);
  });
});
