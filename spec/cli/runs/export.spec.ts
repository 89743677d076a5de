import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { assay, makeFolder, removeFolder, requireBuild } from '../assay.ts';

const pipeline = `name: fruit
stages:
  fruit:
    uses: dataset
    with: { key: [name], items: [{ name: 'a "b", c', price: 0.1 }, { name: "x\\ty", price: null }] }
`;

describe('assay export and assay report', () => {
  let folder = '';
  before(async function () {
    this.timeout(60_000);
    requireBuild();
    folder = makeFolder({ 'fruit.yaml': pipeline });
    await assay(['run', 'fruit.yaml'], { cwd: folder });
  });
  after(() => removeFolder(folder));

  it('gives the whole table as CSV, on stdout and as a file', async () => {
    const csv = 'name,price\n"a ""b"", c",0.1\nx\ty,\n';
    expect((await assay(['export', 'latest', 'fruit'], { cwd: folder })).stdout).to.equal(csv);
    await assay(['export', 'latest', 'fruit', '--output', 'fruit.csv'], { cwd: folder });
    expect(readFileSync(join(folder, 'fruit.csv'), 'utf8')).to.equal(csv);
  });

  it('gives it as JSON, and names the stages there are', async () => {
    const { stdout } = await assay(['export', 'latest', 'fruit', '--format', 'json'], { cwd: folder });
    expect(JSON.parse(stdout)).to.deep.equal([
      { name: 'a "b", c', price: 0.1 },
      { name: 'x\ty', price: null },
    ]);
    const wrong = await assay(['export', 'latest', 'friut'], { cwd: folder });
    expect(wrong.status).to.equal(2);
    expect(wrong.stderr).to.contain('fruit');
  });

  it('writes a report after a run that computed, none after one that did not, and one when asked', async () => {
    expect(readFileSync(join(folder, 'runs/latest/report.html'), 'utf8')).to.contain('<title>fruit · ');
    const again = await assay(['run', 'fruit.yaml'], { cwd: folder });
    expect(again.stdout).not.to.contain('report.html');
    const { stdout } = await assay(['report'], { cwd: folder });
    expect(stdout).to.match(/^runs\/\S+\/report\.html\n$/);
  }).timeout(30_000);
});
