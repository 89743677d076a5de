import {
  cpSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { RunRecord } from '../../src/engine/record.ts';
import { stateIn } from '../../src/system/contents/file-state.ts';
import { sha256 } from '../../src/system/hash.ts';
import { flipWeights, restAt } from '../support/models/other-weights.ts';
import { copyModel } from '../support/models/tiny-model.ts';
import { assay, makeFolder, putFiles, removeFolder, requireBuild } from './assay.ts';

describe('a thing is what it contains', () => {
  let folder: string;
  before(requireBuild);
  beforeEach(() => (folder = makeFolder()));
  afterEach(() => removeFolder(folder));

  const json = async (args: readonly string[], cwd = folder) => {
    const env = { XDG_CACHE_HOME: join(folder, 'cache') };
    const { stdout, stderr } = await assay([...args, '--format', 'json'], { cwd, env });
    expect(stdout, stderr).to.match(/^\{/);
    return JSON.parse(stdout) as { folder: string; record: RunRecord };
  };
  const states = ({ record }: { record: RunRecord }) => record.stages.map(({ state }) => state);

  describe('a model', () => {
    const pipeline = (model: string, prompt = 'User: ') => `name: scored
stages:
  prompts: { uses: variants, with: { items: [{ question: What is it?, answer: Berlin }], formats: { chat: { template: "${prompt}{{ question }}" } } } }
  scores: { uses: score, from: prompts, with: { model: ./${model}, target: " {{ answer }}" } }
`;
    beforeEach(() => {
      renameSync(copyModel('llama-gqa-f32', folder), join(folder, 'a'));
      cpSync(join(folder, 'a'), join(folder, 'b'), { recursive: true });
      flipWeights(join(folder, 'b'));
      for (const name of ['a', 'b']) restAt(join(folder, name), '2020-01-01');
      cpSync(join(folder, 'a'), join(folder, 'm'), { recursive: true, preserveTimestamps: true });
    });
    const score = async (model: string, { prompt = 'User: ', args = [] as string[] } = {}) => {
      putFiles(folder, { 'p.yaml': pipeline(model, prompt) });
      const run = await json(['run', 'p.yaml', '--backend', 'wasm', ...args]);
      const rows = readFileSync(join(run.folder, 'scores/table.jsonl'), 'utf8');
      return { rows, states: states(run) };
    };
    const swapInPlace = () => {
      for (const name of readdirSync(join(folder, 'b'))) {
        writeFileSync(join(folder, 'm', name), readFileSync(join(folder, 'b', name)));
      }
      restAt(join(folder, 'm'), '2020-01-01');
    };

    it('that is replaced in place is another one, though size, time and inode are the same', async () => {
      const a = await score('m');
      swapInPlace();
      const swapped = await score('m');
      expect(swapped.states).to.deep.equal(['cached', 'ran']);
      const b = await score('b');
      expect(b).to.deep.equal({ rows: swapped.rows, states: ['cached', 'cached'] });
      expect(swapped.rows).to.not.equal(a.rows);
      rmSync(join(folder, 'm'), { recursive: true });
      cpSync(join(folder, 'a'), join(folder, 'm'), { recursive: true, preserveTimestamps: true });
      expect(await score('m')).to.deep.equal({ rows: a.rows, states: ['cached', 'cached'] });
    });

    it('leaves nothing of it to an honest one: a prompt that is new after the swap is read as what it is', async () => {
      await score('m');
      swapInPlace();
      const swapped = await score('m', { prompt: 'Human: ' });
      const honest = await score('a', { prompt: 'Human: ' });
      expect(honest.states).to.deep.equal(['cached', 'ran']);
      expect(honest.rows).to.not.equal(swapped.rows);
    });

    it('is hashed anew when it is forced, whatever is remembered of it', async () => {
      const a = await score('m');
      swapInPlace();
      // As on a disk that keeps no time of changes: what is remembered fits the new weights.
      const digests = Object.fromEntries(
        readdirSync(join(folder, 'm')).map((name) => {
          const found = statSync(join(folder, 'm', name), { bigint: true });
          const digest = sha256(readFileSync(join(folder, 'a', name)));
          return [join(folder, 'm', name), { state: stateIn(found).text, sha256: digest }];
        }),
      );
      putFiles(folder, { 'cache/assay/model-digests.json': JSON.stringify({ format: 3, digests }) });
      expect(await score('m')).to.deep.equal({ rows: a.rows, states: ['cached', 'cached'] });
      const forced = await score('m', { args: ['--force'] });
      expect(forced.states).to.deep.equal(['ran', 'ran']);
      expect(forced.rows)
        .to.equal((await score('b')).rows)
        .and.not.equal(a.rows);
    });
  });

  describe("a stage of the user's own", () => {
    const PIPELINE = `name: loud
stages:
  questions: { uses: dataset, with: { items: [{ question: Who }] } }
  loud: { uses: ./loud.ts, from: questions }
`;
    const STAGE = `import { defineStage } from 'assay';
import { tail } from 'outer';

export default defineStage({
  name: 'loud', summary: 's', description: 'd', example: 'e', options: { type: 'object' },
  inputs: { ports: [{ name: 'rows', type: 'table', description: 'r' }] },
  output: (_, { rows }) => rows,
  run: ({ inputs: { rows } }) => Promise.resolve({ type: 'table', table: { ...rows.table, rows: rows.table.rows.map((row) => ({ ...row, question: tail(row.question) })) } }),
});
`;
    const inner = (version: string, mark: string) => ({
      'node_modules/inner/package.json': JSON.stringify({ name: 'inner', version, main: './index.js' }),
      'node_modules/inner/index.js': `exports.mark = '${mark}';\n`,
    });
    beforeEach(() =>
      putFiles(folder, {
        'pipeline.yaml': PIPELINE,
        'loud.ts': STAGE,
        'node_modules/outer/package.json':
          '{ "name": "outer", "version": "1.0.0", "main": "./index.js", "dependencies": { "inner": "*" } }',
        'node_modules/outer/index.js': `exports.tail = (text) => text + require('inner').mark;\n`,
        ...inner('1.0.0', '!'),
      }),
    );
    const said = async () => {
      const run = await json(['run']);
      return { rows: readFileSync(join(run.folder, 'loud/table.jsonl'), 'utf8'), states: states(run) };
    };
    const whyNow = async () => (await assay(['plan', '--trust'], { cwd: folder })).stdout;

    it('runs again when a package is raised that its packages need, and the reason names it', async () => {
      expect(await said()).to.deep.equal({ rows: '{"question":"Who!"}\n', states: ['ran', 'ran'] });
      expect((await said()).states).to.deep.equal(['cached', 'cached']);
      putFiles(folder, inner('2.0.0', '?'));
      expect(await whyNow()).to.match(/^loud .*package inner 1\.0\.0 -> 2\.0\.0$/m);
      expect(await said()).to.deep.equal({ rows: '{"question":"Who?"}\n', states: ['cached', 'ran'] });
    });

    it('runs again when one is patched in place, and not when only its time changes', async () => {
      await said();
      utimesSync(join(folder, 'node_modules/inner/index.js'), 1, 1);
      expect((await said()).states).to.deep.equal(['cached', 'cached']);
      putFiles(folder, inner('1.0.0', '.'));
      expect(await whyNow()).to.match(/^loud .*the files of package inner 1\.0\.0 changed$/m);
      expect((await said()).rows).to.equal('{"question":"Who."}\n');
    });

    it('runs again when a linked package of the user’s is edited, and the reason names the file', async () => {
      renameSync(join(folder, 'node_modules/outer'), join(folder, 'mine'));
      symlinkSync(join(folder, 'mine'), join(folder, 'node_modules/outer'));
      expect((await said()).rows).to.equal('{"question":"Who!"}\n');
      putFiles(folder, {
        'mine/index.js': `exports.tail = (text) => text + ' and ' + require('inner').mark;\n`,
      });
      expect(await whyNow()).to.match(/^loud .*the stage's code changed: mine\/index\.js$/m);
      expect((await said()).rows).to.equal('{"question":"Who and !"}\n');
    });
  });

  describe('the results of a project whose folder is away', () => {
    it('are kept by assay gc, which names it, until it is forgotten', async () => {
      const q = 'stages: { q: { uses: dataset, with: { items: [{ n: 1 }] } } }\n';
      putFiles(folder, { 'a/q.yaml': q, 'b/q.yaml': q });
      await json(['run', '--store', '../store'], join(folder, 'a'));
      for (const entry of readdirSync(join(folder, 'store'), { recursive: true, withFileTypes: true })) {
        if (entry.isFile()) utimesSync(join(entry.parentPath, entry.name), 1e9, 1e9);
      }
      renameSync(join(folder, 'a'), join(folder, 'away'));
      const gc = (...args: string[]) =>
        assay(['gc', '--store', '../store', ...args], { cwd: join(folder, 'b') });
      const runs = join(folder, 'a/runs');
      for (let times = 0; times < 2; times += 1) {
        const { status, stdout } = await gc();
        expect(stdout).to.match(/store: nothing to remove\n1 result kept, /);
        expect(stdout).to.contain(
          `Results that no run here has are kept, for runs that cannot be seen now may have them:\n  ${runs}, which is not there now\nFor a folder that is gone for good: assay gc --forget ${runs}\n`,
        );
        expect(status).to.equal(0);
      }
      const wrong = await gc('--forget', '../away/runs');
      expect([wrong.status, wrong.stderr]).to.deep.equal([2, wrong.stderr]);
      expect(wrong.stderr).to.match(
        /^error: the store knows no such folder of runs\n {2}where: .*away\/runs\n {2}expected: .*a\/runs\n/,
      );
      renameSync(join(folder, 'away'), join(folder, 'a'));
      expect(states(await json(['run', '--store', '../store'], join(folder, 'a')))).to.deep.equal(['cached']);

      renameSync(join(folder, 'a'), join(folder, 'away'));
      const { stdout } = await gc('--forget', '../a/runs', '--dry-run');
      expect(stdout).to.match(/1 +folder of runs .* forgotten/);
      expect(stdout).to.not.contain('which is not there now');
    });
  });
});
