import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { openReadingLog } from '../../src/engine/store/reading-log.ts';
import { decodeReading, encodeReading } from '../../src/hosting/readings/reading-codec.ts';
import { assay, makeFolder, removeFolder, requireBuild } from './assay.ts';

const PIPELINE = `name: cached
stages:
  prompts: { uses: variants, with: { items: [{ question: What is the capital of Germany?, answer: Berlin }], formats: { plain: {} } } }
  scores: { uses: score, from: prompts, with: { target: " {{ answer }}" } }
`;

describe('assay cache', () => {
  let folder = '';
  before(requireBuild);
  beforeEach(async () => {
    folder = makeFolder({ 'cached.yaml': PIPELINE });
    expect((await assay(['run'], { cwd: folder })).status).to.equal(0);
  });
  afterEach(() => removeFolder(folder));

  const verify = (...args: string[]) =>
    assay(['cache', 'verify', '--sample', '100%', ...args], { cwd: folder });

  it('assay cache shows what is in the store', async () => {
    const { status, stdout } = await assay(['cache'], { cwd: folder });
    expect(status).to.equal(0);
    expect(stdout).to.match(/^results of stages\s+2 .*\ntheir files\s+\d+ .*\nrows of organism\s+1 /);
    const json = JSON.parse((await assay(['cache', '--format', 'json'], { cwd: folder })).stdout) as object;
    expect(json).to.have.nested.property('rows[0].rows', 1);
  });

  it('assay cache verify computes rows again and finds them as they were', async () => {
    const { status, stdout } = await verify();
    expect(stdout).to.match(/^organism \w{12}: 1 of 1 row computed again, all as they were/);
    expect(status).to.equal(0);
  });

  it('assay cache verify finds a row that says something else', async () => {
    const rows = openReadingLog(join(folder, '.assay/rows'));
    const space = rows.space(rows.spaces()[0]!);
    const [[key, value]] = [...space.readAll()] as [[string, Uint8Array]];
    const { request, reading } = decodeReading(value);
    const logProbs = reading.logProbs.map((logProb, index) => (index === 0 ? logProb - 0.01 : logProb));
    await space.add([[key, encodeReading(request, { ...reading, logProbs })]]);
    const { status, stdout } = await verify();
    expect(stdout).to.match(
      /1 of 1 row computed again, 1 differ, by up to 1\.0e-2 nats: remove .*\/rows\/\w{64} /,
    );
    expect(status).to.equal(1);
  });

  it('assay cache verify tells damage, and what it cannot check', async () => {
    const space = join(folder, '.assay/rows', readdirSync(join(folder, '.assay/rows'))[0]!);
    writeFileSync(join(space, '00000002.rows'), Buffer.alloc(200, 7));
    expect(await verify()).to.deep.include({ status: 1 });
    writeFileSync(join(space, 'about.json'), '{}');
    const { stdout } = await verify();
    expect(stdout).to.match(
      /^unknown model \w{12}: not checked: it is not known which model these rows are of/,
    );
    expect(stdout).to.match(/00000002\.rows is damaged/);
  });

  it('assay cache verify refuses a sample that is no share of the rows', async () => {
    const { status, stderr } = await assay(['cache', 'verify', '--sample', '0'], { cwd: folder });
    expect(status).to.equal(2);
    expect(stderr).to.match(/--sample 0 is no share of the rows/);
  });
});
