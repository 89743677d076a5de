import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { assay, makeFolder, putFiles, removeFolder, requireBuild } from './assay.ts';

describe('assay init', () => {
  let cwd: string;

  before(requireBuild);
  beforeEach(() => (cwd = makeFolder()));
  afterEach(() => removeFolder(cwd));

  it('starts a project that runs at once, and whose editor schema is there', async () => {
    const started = await assay(['init', 'first'], { cwd });
    expect(started.status, started.stderr).to.equal(0);
    expect(started.stdout).to.contain('next: cd first && assay run');
    const project = join(cwd, 'first');
    const [, schema = ''] = /\$schema=(\S+)/.exec(readFileSync(join(project, 'pipeline.yaml'), 'utf8')) ?? [];
    expect(existsSync(join(project, schema)), schema).to.equal(true);
    const ran = await assay(['run', '--backend', 'wasm'], { cwd: project });
    expect(ran.status, ran.stderr).to.equal(0);
    expect(ran.stderr).to.not.contain('warning');
    expect(ran.stdout).to.match(/^ +1 {2}chat /m);
    const ignored = readFileSync(join(project, '.gitignore'), 'utf8');
    for (const made of ['runs', '.assay']) expect(ignored).to.contain(`/${made}/`);
  });

  it('writes over nothing', async () => {
    putFiles(cwd, { 'questions.csv': 'mine\n' });
    const { status, stderr } = await assay(['init'], { cwd });
    expect([status, readdirSync(cwd)]).to.deep.equal([2, ['questions.csv']]);
    expect(stderr).to.contain('found: questions.csv');
    expect(readFileSync(join(cwd, 'questions.csv'), 'utf8')).to.equal('mine\n');
  });
});
