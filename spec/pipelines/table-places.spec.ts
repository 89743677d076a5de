import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { loadPipeline, openStore, planPipeline, runPipeline } from '../../src/engine/index.ts';
import type { Diagnostic } from '../../src/engine/diagnostic.ts';
import { services } from '../../src/engine/stage-kind.ts';
import { stageKinds } from '../../stages/index.ts';

describe('a pipeline with an expression', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'assay-table-places-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const load = async (step: string, more = '') => {
    const file = join(folder, 'pipeline.yaml');
    const text = `name: places
stages:
  rows: { uses: dataset, with: { items: [{ größe: 1, word: a }, { größe: 2, word: b1 }] } }
  made:
    uses: table
    from: rows
    with:
      verbs:
        - ${step}
${more}`;
    await writeFile(file, text);
    return loadPipeline(file, { kinds: stageKinds });
  };
  const run = async (step: string, more?: string) => {
    const loaded = await load(step, more);
    if (!loaded.ok) throw new Error(loaded.problems.map(({ message }) => message).join('; '));
    const options = {
      store: openStore(join(folder, 'store')),
      runsDir: join(folder, 'runs'),
      services: services(),
    };
    const planned = await planPipeline(loaded.value, options);
    if (!planned.ok) throw new Error(JSON.stringify(planned.problems));
    return runPipeline(planned.value, { ...options, versions: {}, onEvent: () => undefined });
  };
  /** The part of the line that is pointed at. */
  const pointed = ({ place }: Diagnostic): string =>
    place === undefined ? 'nothing' : place.text.slice(place.column - 1, place.column - 1 + place.length);

  const refused: readonly (readonly [step: string, pointed: string, found: string, next: RegExp])[] = [
    ['filter: d.größe > 0 && d.wrod == "a"', 'd.wrod', 'wrod, at character 16', /did you mean `word`/],
    ['filter: "d.größe > 0 && d.wrod == 1"', 'd.wrod', 'wrod, at character 16', /did you mean `word`/],
    ["filter: 'meen(d.größe) > 0'", 'meen', 'meen, at character 1', /did you mean `mean`/],
    ['derive: { x: d.größe + (1 }', 'd.größe + (1', 'the end, at character 13', /in quotes/],
    ['filter: d.größe > "1"', 'd.größe > "1"', 'a number and text, at character 1', /parse_float/],
    [
      'filter: "d.größe > \\"1\\""',
      '"d.größe > \\"1\\""',
      'a number and text, at character 1',
      /parse_float/,
    ],
  ];
  for (const [step, part, found, next] of refused) {
    it(`is pointed at where it is wrong: ${step}`, async () => {
      const loaded = await load(step);
      if (loaded.ok) throw new Error('expected problems, was none');
      const [problem] = loaded.problems;
      // At the very end there is nothing to point at but what stands there.
      if (!found.startsWith('the end')) expect(pointed(problem!)).to.equal(part);
      expect(problem?.place?.line).to.equal(9);
      expect(problem?.found).to.equal(found);
      expect(problem?.next ?? '').to.match(next);
    });
  }

  it('is pointed at in the row at fault, too', async () => {
    const { record } = await run('derive: { x: "1 + parse_float(d.word, 2) + parse_float(d.word)" }');
    const made = record.stages.find(({ name }) => name === 'made')!;
    expect(pointed(made.failure!)).to.equal('parse_float(d.word)');
    expect(made.failure).to.include({
      code: 'expression-failed',
      where: 'row 1',
      message: 'the text is no number',
    });
  });

  it('says once where the rows went, and nothing where that is meant', async () => {
    const warnings = async (more?: string): Promise<readonly string[]> => {
      const { record } = await run('filter: d.größe > 5', more);
      return record.stages.flatMap((stage) => stage.warnings ?? []);
    };
    expect(await warnings()).to.deep.equal([
      'verbs[0].filter: no row is left of 2; if that can be so, say `allow: empty`',
    ]);
    expect(await warnings('      allow: empty\n')).to.deep.equal([]);
  });
});
