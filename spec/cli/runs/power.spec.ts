import { expect } from 'chai';
import type { Plan } from '../../../src/engine/record.ts';
import { unitsNeeded } from '../../../src/statistics/comparison/power.ts';
import { assay, makeFolder, removeFolder, requireBuild } from '../assay.ts';

/** Ten items under two formats; the differences are 0 and 2, five of each. */
const items = Array.from({ length: 10 }, (_, item) => [
  `        - { format: plain, item: ${item}, score: ${item} }`,
  `        - { format: chat, item: ${item}, score: ${item + 2 * (item % 2)} }`,
]).flat();

const PIPELINE = `name: power
stages:
  scores:
    uses: dataset
    with:
      key: [format, item]
      items:
${items.join('\n')}
  comparison: { uses: compare, from: scores, with: { by: format, measure: score, baseline: plain, detect: 0.5 } }
`;

describe('the plan of a run that was run before', () => {
  let folder = '';
  before(requireBuild);
  beforeEach(() => (folder = makeFolder({ 'power.yaml': PIPELINE })));
  afterEach(() => removeFolder(folder));

  it('says how many items the difference that matters needs, from the last spread', async () => {
    const before = await assay(['plan'], { cwd: folder });
    expect(before.stdout).not.to.contain('needs');
    await assay(['run'], { cwd: folder });
    const { stdout } = await assay(['plan'], { cwd: folder });
    const needed = unitsNeeded(0.5, 0.8, { deviation: Math.sqrt(10 / 9), alpha: 0.05 }).value!;
    expect(stdout).to.contain(
      `comparison: a difference of 0.5 needs ${needed} of what was sampled, to be found with a chance of 80 %; the last run had 10\n`,
    );
    const json = JSON.parse((await assay(['plan', '--format', 'json'], { cwd: folder })).stdout) as Plan;
    expect(json.stages.at(-1)!.lastFigures).to.deep.equal({ detect: 0.5, power: 0.8, clusters: 10, clusters_needed: needed });
  });
});
