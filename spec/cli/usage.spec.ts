import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { wantsColor } from '../../src/cli/terminal/terminal.ts';
import { assay, expectOutput, makeFolder, removeFolder, requireBuild } from './assay.ts';

describe('assay, as a command', () => {
  let folder = '';
  before(() => {
    requireBuild();
    folder = makeFolder();
  });
  after(() => removeFolder(folder));

  it('assay --version prints the version, having loaded next to nothing', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    const times: number[] = [];
    for (let i = 0; i < 3; i += 1) {
      const { status, stdout, stderr, cpuMs } = await assay(['--version'], { cwd: folder });
      expect({ status, stdout, stderr }).to.deep.equal({ status: 0, stdout: `${version}\n`, stderr: '' });
      times.push(cpuMs);
    }
    // 0.07 s on an idle machine, most of it Node's own start; tfjs or vega would add several times the bound.
    expect(Math.min(...times)).to.be.within(1, 250);
  });

  it('assay alone prints help', async () => {
    const { status, stdout } = await assay([], { cwd: folder });
    expect(status).to.equal(0);
    expectOutput('help.txt', stdout);
  });

  const mistakes: { args: string[]; says: string }[] = [
    { args: ['rnu'], says: "error: unknown command 'rnu'\n(Did you mean run?)\n" },
    { args: ['run', '--modle', 'x'], says: "error: unknown option '--modle'\n(Did you mean --model?)\n" },
    {
      args: ['plan', '--format', 'xml'],
      says: "error: option '--format <form>' argument 'xml' is invalid. Allowed choices are text, json, github, sarif.\n",
    },
    {
      args: ['run', 'a', 'b'],
      says: "error: too many arguments for 'run'. Expected 1 argument but got 2.\n",
    },
    { args: ['explain'], says: "error: missing required argument 'stage'\n" },
    {
      args: ['stages', 'scroe'],
      says: 'error: there is no stage kind `scroe`\n',
    },
    {
      args: ['diff', '--tolerance', 'some'],
      says: 'error: --tolerance: expected a number of at least 0\n  found: `some`\n',
    },
    {
      args: ['show', 'nothing-like-it'],
      says: 'error: no run `nothing-like-it`\n',
    },
  ];
  for (const { args, says } of mistakes) {
    it(`assay ${args.join(' ')} says what is wrong and ends with exit code 2`, async () => {
      const { status, stdout, stderr } = await assay(args, { cwd: folder });
      expect(stderr.slice(0, says.length)).to.equal(says);
      expect(stderr).not.to.match(/^ {4}at /m);
      expect({ status, stdout }).to.deep.equal({ status: 2, stdout: '' });
    });
  }

  it('colours are used where they are asked for, and only there', async () => {
    const colored = await assay(['rnu', '--color'], { cwd: folder });
    expect(colored.stderr).to.contain('\x1b[31merror');
    expect((await assay(['rnu'], { cwd: folder, env: { FORCE_COLOR: '1' } })).stderr).to.contain('\x1b[');
    expect(
      (await assay(['rnu', '--no-color'], { cwd: folder, env: { FORCE_COLOR: '1' } })).stderr,
    ).not.to.contain('\x1b[');
  });

  it('NO_COLOR and FORCE_COLOR are followed', () => {
    const terminal = { isTTY: true };
    expect(wantsColor(terminal, 'auto', {})).to.equal(true);
    expect(wantsColor(terminal, 'auto', { TERM: 'dumb' })).to.equal(false);
    expect(wantsColor(terminal, 'auto', { NO_COLOR: '1' })).to.equal(false);
    expect(wantsColor(terminal, 'auto', { NO_COLOR: '' })).to.equal(true);
    expect(wantsColor({}, 'auto', { FORCE_COLOR: '1' })).to.equal(true);
    expect(wantsColor({}, 'auto', { FORCE_COLOR: '0' })).to.equal(false);
    expect(wantsColor({}, 'auto', {})).to.equal(false);
    expect(wantsColor({}, 'always', { NO_COLOR: '1' })).to.equal(true);
  });

  it('a reader of the output who stops reading is no mistake', async () => {
    const { status, stderr } = await assay(['schema'], {
      cwd: folder,
      whileRunning: (child) => child.stdout?.destroy(),
    });
    expect(stderr).to.equal('');
    expect(status).to.equal(0);
  });

  it('assay schema prints the schema that is in the tree for editors', async () => {
    const { stdout } = await assay(['schema'], { cwd: folder });
    const written = readFileSync('schemas/pipeline.schema.json', 'utf8');
    expect(stdout === written, 'schemas/pipeline.schema.json is old: assay schema --write').to.equal(true);
  });

  it('assay stages documents every stage kind from its descriptor', async () => {
    const list = await assay(['stages', '--format', 'json'], { cwd: folder });
    const kinds = JSON.parse(list.stdout) as { name: string; summary: string }[];
    expect(kinds.map(({ name }) => name)).to.include.members(['dataset', 'variants', 'score', 'aggregate']);
    const text = (await assay(['stages'], { cwd: folder })).stdout;
    for (const { name, summary } of kinds) {
      expect(text).to.contain(name).and.to.contain(summary);
      const one = await assay(['stages', name], { cwd: folder });
      expect(one.status, one.stderr).to.equal(0);
      expect(one.stdout).to.contain('Example').and.to.contain('Options');
      const options = /\nOptions\n([^]*?)\n\n/.exec(one.stdout)?.[1]?.split('\n') ?? [];
      expect(options.filter((line) => line.length > 120)).to.deep.equal([]);
    }
  });
});
