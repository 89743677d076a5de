import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { loadPipeline, openStore, planPipeline, runPipeline } from '../../src/engine/index.ts';
import type { Diagnostic } from '../../src/engine/diagnostic.ts';
import { services } from '../../src/engine/stage-kind.ts';
import { stageKinds } from '../../stages/index.ts';

/** A stage whose table nobody knows before it runs. */
const OPAQUE = `import { defineStage } from 'assay';
export default defineStage({
  name: 'opaque',
  options: { type: 'object', properties: {} },
  inputs: { ports: [{ name: 'rows', type: 'table' }] },
  output: () => ({ type: 'table', columns: [], key: [], open: true }),
  run: ({ inputs: { rows } }) => Promise.resolve(rows),
});
`;

/** A stage whose schema says which options name columns. */
const ANNOTATED = `import { defineStage } from 'assay';
export default defineStage({
  name: 'annotated',
  options: {
    type: 'object',
    properties: {
      column: { type: 'string', columnOf: 'rows' },
      measures: { type: 'array', items: { type: 'string', columnOf: 'rows', columnType: 'number' } },
    },
  },
  inputs: { ports: [{ name: 'rows', type: 'table' }] },
  output: (_, { rows }) => rows,
  run: ({ inputs: { rows } }) => Promise.resolve(rows),
});
`;

const CSV = 'format,country,score,words\nqa,DE,1,3\nqa,FR,2,2\nplain,DE,3,1\nplain,FR,5,5\n';
const ITEMS =
  '[{ format: qa, country: DE, score: 1, words: 3 }, { format: plain, country: FR, score: 5, words: 5 }]';

/** Where the rows come from: known before the run, or only in it. */
const SOURCES: Readonly<Record<string, string>> = {
  inline: `rows: { uses: dataset, with: { items: ${ITEMS} } }`,
  file: 'rows: { uses: dataset, with: { file: rows.csv, types: { score: number, words: number } } }',
  'a stage of one’s own': `known: { uses: dataset, with: { items: ${ITEMS} } }
  rows: { uses: ./opaque.ts, from: known }`,
};

/** Stages that name a column which is not there, and the one that was meant. */
const MISSPELT: readonly (readonly [title: string, stage: string, meant: string])[] = [
  ['aggregate by', 'uses: aggregate, from: rows, with: { by: [fromat], measure: score }', 'format'],
  ['aggregate measure', 'uses: aggregate, from: rows, with: { by: [format], measure: scor }', 'score'],
  [
    'aggregate cluster',
    'uses: aggregate, from: rows, with: { by: [format], measure: score, cluster: contry }',
    'country',
  ],
  ['correlate x', 'uses: correlate, from: rows, with: { x: scor, y: words }', 'score'],
  ['correlate y', 'uses: correlate, from: rows, with: { x: score, y: wrds }', 'words'],
  [
    'plot field',
    'uses: plot, from: rows, with: { spec: { mark: bar, encoding: { x: { field: contry } } } }',
    'country',
  ],
  [
    'results column',
    'uses: results, from: { rows: rows }, with: { values: { a: { input: rows, index: fromat, column: score } } }',
    'format',
  ],
  ['an annotated option', 'uses: ./annotated.ts, from: rows, with: { column: fromat }', 'format'],
  [
    'an annotated option in a list',
    'uses: ./annotated.ts, from: rows, with: { measures: [score, wrds] }',
    'words',
  ],
];

/** Stages that want numbers of a column of text. */
const WRONG_TYPE: readonly (readonly [title: string, stage: string])[] = [
  ['aggregate measure', 'uses: aggregate, from: rows, with: { by: [format], measure: country }'],
  ['correlate x', 'uses: correlate, from: rows, with: { x: country, y: words }'],
  ['an annotated option', 'uses: ./annotated.ts, from: rows, with: { measures: [country] }'],
];

describe('options that name columns', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'assay-columns-'));
    await Promise.all([
      writeFile(join(folder, 'rows.csv'), CSV),
      writeFile(join(folder, 'opaque.ts'), OPAQUE),
      writeFile(join(folder, 'annotated.ts'), ANNOTATED),
    ]);
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** The problem of a pipeline, and whether it was told before anything ran. */
  async function problemOf(source: string, stage: string): Promise<{ problem: Diagnostic; before: boolean }> {
    const file = join(folder, 'pipeline.yaml');
    await writeFile(file, `stages:\n  ${source}\n  last: { ${stage} }\n`);
    const loaded = await loadPipeline(file, { kinds: stageKinds });
    if (!loaded.ok) return { problem: loaded.problems[0]!, before: true };
    const store = openStore(join(folder, 'store'));
    const options = { store, runsDir: join(folder, 'runs'), services: services() };
    const planned = await planPipeline(loaded.value, options);
    if (!planned.ok) throw new Error(JSON.stringify(planned.problems));
    const { record } = await runPipeline(planned.value, {
      ...options,
      versions: {},
      onEvent: () => undefined,
    });
    const failed = record.stages.find(({ failure }) => failure !== undefined);
    expect(failed?.failure, 'a failure').to.not.equal(undefined);
    return { problem: failed!.failure!, before: false };
  }

  for (const [from, source] of Object.entries(SOURCES)) {
    for (const [title, stage, meant] of MISSPELT) {
      it(`are told when misspelt: ${title}, from ${from}`, async () => {
        const { problem, before } = await problemOf(source, stage);
        expect(before).to.equal(from !== 'a stage of one’s own');
        expect(problem.message).to.match(/^no column `/);
        expect(problem.next).to.contain(`did you mean \`${meant}\`?`);
        expect(problem.place?.line).to.be.above(1);
      });
    }
    for (const [title, stage] of WRONG_TYPE) {
      it(`are told when of the wrong type: ${title}, from ${from}`, async () => {
        const { problem, before } = await problemOf(source, stage);
        expect(before).to.equal(from !== 'a stage of one’s own');
        expect(problem.message).to.equal('column `country` holds no numbers but is of type string');
        expect(problem.place?.line).to.be.above(1);
      });
    }
  }

  it('say of text from a file how it becomes numbers', async () => {
    const source = 'rows: { uses: dataset, with: { file: rows.csv } }';
    const { problem } = await problemOf(
      source,
      'uses: aggregate, from: rows, with: { by: [format], measure: score }',
    );
    expect(problem.next).to.contain('types: { score: number }');
  });
});
