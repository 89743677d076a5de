import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { estimateRun } from '../../../src/cli/pipeline/estimate.ts';
import { wordPlanCount } from '../../../src/cli/wording/plan.ts';
import { loadPipeline, openStore, planPipeline, runPipeline } from '../../../src/engine/index.ts';
import { services } from '../../../src/engine/stage-kind.ts';
import { openReadingLog, readingLog } from '../../../src/engine/store/reading-log.ts';
import { PassSpeeds } from '../../../src/hosting/estimate/pass-speeds.ts';
import { modelHost } from '../../../src/hosting/model-host.ts';
import { modelKey } from '../../../src/hosting/readings/model-key.ts';
import { stageKinds } from '../../../stages/index.ts';
import { bigramHost, tokenizer } from '../../support/models/bigram-model.ts';

/** Distinct prefixes of texts that begin with BOS; the last token of each is not fed. */
function prefixesOf(texts: readonly string[]): number {
  const prefixes = texts.flatMap((text) => {
    const ids = [0, ...tokenizer.encode(text)];
    return ids.slice(0, -1).map((_, index) => ids.slice(0, index + 1).join());
  });
  return new Set(prefixes).size;
}

describe('the estimate of a plan', () => {
  let folder = '';
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'assay-estimate-'))));
  afterEach(() => rm(folder, { recursive: true }));

  const speedsFile = () => join(folder, 'speeds.json');

  const prepare = async (texts: readonly string[], remember?: string) => {
    const file = join(folder, 'p.yaml');
    const items = JSON.stringify(texts.map((text) => ({ text })));
    await writeFile(
      file,
      `stages:
  texts: { uses: dataset, with: { items: ${items} } }
  whole: { uses: perplexity, from: texts, with: { text: '{{ text }}' } }
  words: { uses: surprisal, from: texts }
  means: { uses: aggregate, from: whole, with: { by: [], measure: log_perplexity, statistics: [mean] } }
`,
    );
    const loaded = await loadPipeline(file, { kinds: stageKinds });
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
    const rows = openReadingLog(join(folder, 'rows'));
    const { host } = bigramHost({ rows, ...(remember !== undefined && { speedsFile: remember }) });
    const store = openStore(join(folder, 'store'));
    const lent = services([modelHost, host], [readingLog, rows]);
    const planned = await planPipeline(loaded.value, {
      store,
      runsDir: join(folder, 'runs'),
      services: lent,
    });
    if (!planned.ok) throw new Error(JSON.stringify(planned.problems));
    const run = () =>
      runPipeline(planned.value, {
        store,
        runsDir: join(folder, 'runs'),
        services: lent,
        versions: {},
        onEvent: () => undefined,
      });
    const found = await host.identify('organism', { baseDir: folder });
    return { prepared: { planned: planned.value, store, services: lent }, run, key: modelKey(found) };
  };

  it('counts readings that are new, those of several stages once, by the speed that was measured', async () => {
    const first = await prepare(['one text', 'one more']);
    new PassSpeeds(speedsFile()).note(first.key, { prefixes: 100, seconds: 10, openSeconds: 3 });
    const estimate = await estimateRun(first.prepared, speedsFile());
    expect(estimate?.from).to.equal('work');
    expect(estimate?.ms).to.be.closeTo(3000 + 100 * prefixesOf(['one text', 'one more']), 1e-6);
    await first.run();

    const again = await prepare(['one text', 'one more']);
    expect(await estimateRun(again.prepared, speedsFile())).to.equal(undefined);

    const more = await prepare(['one text', 'one more', 'quite another']);
    const news = await estimateRun(more.prepared, speedsFile());
    const { stages } = more.prepared.planned.plan;
    const means = stages.find(({ name }) => name === 'means')?.lastDurationMs ?? NaN;
    const texts = stages.find(({ name }) => name === 'texts')?.lastDurationMs ?? NaN;
    expect(news?.ms).to.be.closeTo(3000 + 100 * prefixesOf(['quite another']) + means + texts, 1e-6);
    expect(wordPlanCount(more.prepared.planned.plan, { ms: 9900, from: 'work' })).to.match(/; about 9\.9 s$/);

    // What was read before is not read again: another order of the same rows takes no pass.
    const turned = await prepare(['one more', 'one text']);
    expect((await estimateRun(turned.prepared, speedsFile()))?.ms).to.be.below(3000);
  });

  it('goes by the last time where no speed is known: stages that share a pass count once', async () => {
    const first = await prepare(['one text']);
    expect(await estimateRun(first.prepared, speedsFile())).to.equal(undefined);
    await first.run();
    const more = await prepare(['one text', 'two']);
    const last = new Map(
      more.prepared.planned.plan.stages.map(({ name, lastDurationMs = NaN }) => [name, lastDurationMs]),
    );
    const of = (name: string): number => last.get(name) ?? NaN;
    const estimate = await estimateRun(more.prepared, speedsFile());
    expect(estimate?.from).to.equal('last');
    expect(estimate?.ms).to.be.closeTo(of('texts') + Math.max(of('whole') + of('means'), of('words')), 1e-6);
    expect(wordPlanCount(more.prepared.planned.plan, { ms: 9900, from: 'last' })).to.match(
      /; at most about 9\.9 s, going by the last time$/,
    );
  });

  it('remembers the speed of a pass, and does not take a small one for a large one', async () => {
    const { run, key } = await prepare(['one text'], speedsFile());
    await run();
    const speeds = new PassSpeeds(speedsFile());
    expect(speeds.of(key)).to.include({ prefixes: 9 });
    const large = { prefixes: 1000, seconds: 20, openSeconds: 1 };
    speeds.note(key, large);
    speeds.note(key, { ...large, prefixes: 499, seconds: 1 });
    expect(speeds.of(key)).to.deep.equal(large);
    speeds.note(key, { ...large, prefixes: 500, seconds: 1 });
    expect(speeds.of(key)).to.deep.equal({ ...large, prefixes: 500, seconds: 1 });
    await writeFile(speedsFile(), `${await readFile(speedsFile(), 'utf8')}x`);
    expect(speeds.of(key)).to.equal(undefined);
  });
});
