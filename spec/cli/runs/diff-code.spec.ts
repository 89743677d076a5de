import { expect } from 'chai';
import { assay, makeFolder, normalise, putFiles, removeFolder, requireBuild } from '../assay.ts';

const STAGE = `import { defineStage } from 'assay';
import { MARK } from './lib/mark.ts';
export default defineStage({
  name: 'loud', summary: 's', description: 'd', example: 'e', options: { type: 'object' },
  inputs: { ports: [{ name: 'rows', type: 'table', description: 'r' }] },
  output: (_, { rows }) => ({ ...rows, columns: [...rows.columns, { name: 'text', type: 'string' }] }),
  run: ({ inputs: { rows } }) => Promise.resolve({ type: 'table', table: { ...rows.table,
    columns: [...rows.table.columns, { name: 'text', type: 'string' }],
    rows: rows.table.rows.map((row) => ({ ...row, text: row.question + MARK })) } }),
});
`;
const PIPELINE = `name: loudly
stages:
  questions: { uses: dataset, with: { items: [{ question: Who }], key: [question] } }
  loud: { uses: ./loud.ts, from: questions }
`;

describe('a diff of runs of a module that was edited', () => {
  let folder = '';
  before(requireBuild);
  before(() => (folder = makeFolder({ 'loudly.yaml': PIPELINE, 'loud.ts': STAGE })));
  after(() => removeFolder(folder));

  const runWith = async (mark: string) => {
    putFiles(folder, { 'lib/mark.ts': mark });
    const { status, stderr } = await assay(['run', 'loudly.yaml', '--trust'], { cwd: folder });
    expect(status, stderr).to.equal(0);
  };
  /** Without its first line, which names the runs. */
  const diff = async () => {
    const { stdout } = await assay(['diff'], { cwd: folder });
    return normalise(stdout, folder).split('\n').slice(1).join('\n');
  };

  it('names the file as the cause, also of a result that was found, and where results are equal', async () => {
    await runWith("export const MARK = '!';\n");
    await runWith("export const MARK = '?';\n");
    await runWith("export const MARK = '!';\n");
    expect(await diff()).to.equal(`
code
  lib/mark.ts changed (loud)

loud: 1 of 1 row changed (cached: the stage's code changed: lib/mark.ts)
  Who  text  "Who?" -> "Who!"

The same in both runs: 1 stage
`);
    await runWith("export const MARK = '!'; // loud\n");
    expect(await diff()).to.equal(`
code
  lib/mark.ts changed (loud)

The same in both runs: 2 stages
`);
  });
});
