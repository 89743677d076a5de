import { readdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { assay, makeFolder, putFiles, removeFolder, requireBuild } from './assay.ts';

const PIPELINE = `name: fruit
stages:
  fruit:
    uses: dataset
    with: { items: [{ name: pear, price: 3 }, { name: apple, price: 2 }] }
  prices: { uses: aggregate, from: fruit, with: { by: [name], measure: price, statistics: [mean], order: -mean } }
`;

describe('assay gc', () => {
  let folder: string;
  before(requireBuild);
  beforeEach(() => {
    folder = makeFolder({ 'fruit.yaml': PIPELINE });
  });
  afterEach(() => removeFolder(folder));

  const gc = (...args: string[]) => assay(['gc', ...args], { cwd: folder });
  const age = () => {
    const then = new Date(Date.now() - 3_600_000);
    const store = join(folder, '.assay');
    for (const entry of readdirSync(store, { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) utimesSync(join(entry.parentPath, entry.name), then, then);
    }
  };

  it('assay gc on a store that is no store says so, and not that this is a bug', async () => {
    putFiles(folder, { file: '' });
    const { status, stderr } = await gc('--store', 'file');
    expect(status).to.equal(1);
    expect(stderr).to.match(/^error: the store is not a folder\n {2}where: .*file\n/);
    expect(stderr).to.contain('next: name a folder with --store, or one that does not exist yet\n');
  });

  it('assay gc says what would go, removes it when told to, and keeps what the newest run has', async () => {
    await assay(['run'], { cwd: folder });
    putFiles(folder, { 'fruit.yaml': PIPELINE.replace('order: -mean', 'order: mean') });
    await assay(['run'], { cwd: folder });
    age();
    expect((await gc()).stdout).to.match(/^\.assay: nothing to remove\n3 results kept, .* for 2 runs\n$/);
    const dry = await gc('--keep-runs', '1', '--dry-run');
    expect(dry.stdout).to.match(
      /^\.assay: would free .*\n +1 +result +\S+ kB +no kept run has it\n +1 +file of results /,
    );
    const json = await gc('--keep-runs', '1', '--dry-run', '--format', 'json');
    const report = JSON.parse(json.stdout) as { dryRun: boolean; garbage: { kind: string }[] };
    expect(report.dryRun).to.equal(true);
    expect(report.garbage.map(({ kind }) => kind)).to.deep.equal(['result', 'object']);
    const { stdout, status } = await gc('--keep-runs', '1', '--delete-runs', '--list');
    expect(status).to.equal(0);
    expect(stdout).to.match(
      /^\.assay: freed .*\n {2}run folder +\S+-fruit-\S+ +\S+ kB +older than those to keep\n {2}result /,
    );
    const run = await assay(['run', '--format', 'json'], { cwd: folder });
    const { record } = JSON.parse(run.stdout) as { record: { stages: { state: string }[] } };
    expect(record.stages.map(({ state }) => state)).to.deep.equal(['cached', 'cached']);
  });

  for (const [args, says] of [
    [['--keep-runs', 'some'], 'error: --keep-runs: expected a whole number of at least 0\n  found: `some`\n'],
    [['--max-size', '2 much'], 'error: --max-size: expected a size such as 500MB, 2GB or 1GiB\n'],
    [['--delete-runs'], 'error: --delete-runs needs --keep-runs\n'],
  ] as const) {
    it(`assay gc refuses ${args.join(' ')}`, async () => {
      const { stderr, status } = await gc(...args);
      expect(stderr.slice(0, says.length)).to.equal(says);
      expect(status).to.equal(2);
    });
  }
});
