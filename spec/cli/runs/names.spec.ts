import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { RunDiff } from '../../../src/engine/diff/run-diff.ts';
import type { RunSummary } from '../../../src/engine/index.ts';
import type { RunRecord } from '../../../src/engine/record.ts';
import { assay, makeFolder, removeFolder, requireBuild } from '../assay.ts';

const PIPELINE = `name: fruit
params: { order: -mean }
stages:
  fruit:
    uses: dataset
    with:
      items: [{ fruit: apple, price: 1.5 }, { fruit: pear, price: 3 }, { fruit: pear, price: 3.5 }]
  prices:
    uses: aggregate
    from: fruit
    with: { by: [fruit], measure: price, statistics: [mean], order: "\${params.order}" }
`;

describe('names and tags of runs', () => {
  let folder = '';
  before(async () => {
    requireBuild();
    folder = makeFolder({ 'fruit.yaml': PIPELINE });
    await done('run', '--name', 'dearest', '--tag', 'fruit', '--tag', 'v1', '--tag', 'fruit');
    await done('run', '--set', 'order=mean', '--tag', 'fruit');
  });
  after(() => removeFolder(folder));

  async function done(...args: string[]): Promise<string> {
    const { status, stdout, stderr } = await assay(args, { cwd: folder });
    expect(status, stderr).to.equal(0);
    return stdout;
  }

  async function refused(...args: string[]): Promise<string> {
    const { status, stdout, stderr } = await assay(args, { cwd: folder });
    expect([status, stdout]).to.deep.equal([2, '']);
    return stderr.split('\n')[0] ?? '';
  }

  async function shown(ref: string) {
    const text = await done('show', ref, '--format', 'json');
    return JSON.parse(text) as { folder: string; name?: string; tags?: string[]; record: RunRecord };
  }

  it('runs shows them beside parameters and the first row of the first ranking', async () => {
    const runs = JSON.parse(await done('runs', '--format', 'json')) as RunSummary[];
    expect(runs.map(({ name, tags, params, models, headline }) => [name, tags, params, models, headline])).to.deep.equal([
      [undefined, ['fruit'], { order: 'mean' }, [], { stage: 'prices', row: 'apple', column: 'mean', value: 1.5 }],
      ['dearest', ['fruit', 'v1'], { order: '-mean' }, [], { stage: 'prices', row: 'pear', column: 'mean', value: 3.25 }],
    ]); // prettier-ignore
    const lines = (await done('runs')).split('\n');
    expect(lines[0]).to.match(/^run +name +tags +started +state +stages +took +params +headline$/);
    expect(lines[1]).to.match(/-fruit-\S+ {2,}fruit {2,}.* {2}order mean +prices: apple 1\.5$/);
    expect(lines[2]).to.match(/-fruit-\S+ {2}dearest {2}fruit, v1 .* {2}order -mean +prices: pear 3\.25$/);
  });

  it('a name, a tag that one run has, and their unambiguous beginnings lead to a run', async () => {
    const { record, name, tags } = await shown('dearest');
    expect([name, tags, record.name, record.tags]).to.deep.equal(['dearest', ['fruit', 'v1'], 'dearest', ['fruit', 'v1']]); // prettier-ignore
    for (const ref of ['dear', 'v1', 'v']) expect((await shown(ref)).record.id, ref).to.equal(record.id);
    expect(await refused('show', 'fruit')).to.equal('error: `fruit` can be 2 runs');
    expect(await refused('show', 'dearst')).to.equal('error: no run `dearst`');
    expect(await done('show', 'dearest')).to.match(/^ {2}name +dearest\n {2}tags +fruit, v1$/m);
  });

  it('diff takes and shows them', async () => {
    expect(await done('diff', 'dearest', 'latest')).to.match(/^\S+ \(dearest, fruit, v1\) -> \S+ \(fruit\)\n/);
    const diff = JSON.parse(await done('diff', 'dearest', 'latest', '--format', 'json')) as RunDiff;
    expect([diff.a.name, diff.a.tags, diff.b.name]).to.deep.equal(['dearest', ['fruit', 'v1'], undefined]);
  });

  it('tag changes them later, beside the record, which stays as it is', async () => {
    const { folder: at } = await shown('latest');
    const before = readFileSync(join(at, 'run.json'), 'utf8');
    expect(await done('tag', 'latest')).to.match(/ {2}no name, tags fruit\n$/);
    expect(existsSync(join(at, 'labels.json'))).to.equal(false);
    expect(await done('tag', 'latest', 'cheap', '--remove', 'fruit', '--name', 'größe')).to.match(
      / {2}name größe, tags cheap\n$/,
    );
    expect(readFileSync(join(at, 'run.json'), 'utf8')).to.equal(before);
    expect((await shown('größe')).folder).to.equal(at);
    expect((await shown('fruit')).name).to.equal('dearest');
    expect((await done('runs')).split('\n')[1]).to.match(/ {2}größe +cheap /);
    writeFileSync(join(at, 'labels.json'), '{"name": "dearest"}');
    expect((await shown('latest')).tags, 'a damaged file says nothing').to.deep.equal(['fruit']);
  });

  it('what can be taken for something else is refused in one message, before anything runs', async () => {
    const cases: readonly (readonly [string, string])[] = [
      ['a/b', 'it is written like a path'],
      ['..\\a', 'it is written like a path'],
      ['latest', 'that is the newest run'],
      ['latest~1', 'that is the newest run'],
      ['-x', 'it is written like an option'],
      ['2026-11-24', 'it looks like the id of a run'],
      ['51e92e', 'it looks like the id of a run'],
      ['a..b', '`..` stands between two runs'],
      ['my.yaml', 'it is written like a pipeline file'],
      ['', 'it is empty'],
      ['two words', 'it has characters that names do not have'],
    ];
    for (const [name, reason] of cases) {
      expect(await refused('run', `--name=${name}`)).to.equal(`error: \`${name}\` can be no name of a run: ${reason}`);
    } // prettier-ignore
    expect(await refused('run', '--tag', 'a b')).to.contain('can be no tag of a run');
    expect(await refused('tag', 'dearest', 'a b')).to.contain('can be no tag of a run');
    expect(await refused('run', '--name', 'dearest')).to.equal('error: another run is called `dearest`');
    expect(await refused('tag', 'latest', '--name', 'dearest')).to.contain('another run is called');
    expect(await refused('tag', 'dearest', '--remove', 'v2')).to.match(/ has no tag `v2`$/);
    expect(await done('tag', 'dearest', '--name', 'dearest')).to.contain('name dearest');
    expect(JSON.parse(await done('runs', '--format', 'json'))).to.have.length(2);
  });
});
