/**
 * Runs the experiment, whole sentences and multiple choice on a real model, SmolLM2-135M-Instruct, whose numbers are known: models/README.md says how to
 * make its folder. Needs a build.
 *
 *   node dist/bench/real.js FOLDER [--backend tensorflow|wasm] [--only REGEXP]
 *
 * Prints, for the notebook, for sentences word by word and for each recorded run of multiple choice, the greatest difference of a log-probability to float64 and to
 * lm-evaluation-harness in nats, decisions and prompts that differ, tokens asked and prefixes computed per second; then the speed against
 * that of the matrix product alone, and peak memory. Writes the figures as JSON to bench/out/, and ends with exit code 1 where a
 * number is further off than it may be. Without a folder it says that it is skipped.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import {
  loadPipeline,
  openStore,
  packageRoot,
  planPipeline,
  readArtifact,
  runPipeline,
} from '../src/engine/index.ts';
import { services } from '../src/engine/stage-kind.ts';
import { modelHost } from '../src/hosting/model-host.ts';
import { openModelHost } from '../src/hosting/open-host.ts';
import { chooseBackend } from '../src/model/index.ts';
import { InternalError, must } from '../src/system/internal-error.ts';
import type { Row } from '../src/table/table.ts';
import { stageKinds } from '../stages/index.ts';
import { compareChoices, float64Items, goldenItems, writeGoldenPipeline } from './golden/choices.ts';
import { cpuMs, ProductSpeed } from './model/product-speed.ts';

/** Nats, of a sum over a target's tokens. */
const tolerances = { float64: 5e-5, harness: 5e-4 };

const { values: options, positionals } = parseArgs({
  options: { backend: { type: 'string' }, only: { type: 'string', default: '' } },
  allowPositionals: true,
});
const folder = resolve(positionals[0] ?? '');
if (positionals[0] === undefined || !existsSync(join(folder, 'config.json'))) {
  console.log(
    'real: SKIPPED, no model folder: node dist/bench/real.js FOLDER (SmolLM2-135M-Instruct in float32)',
  );
  process.exit(0);
}

const backend = chooseBackend(options.backend);
const config = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')) as Record<string, number>;
const product = new ProductSpeed(
  backend,
  {
    rows: 256,
    inner: must(config['hidden_size'], 'hidden_size'),
    columns: must(config['intermediate_size'], 'intermediate_size'),
  },
  availableParallelism(),
);
await product.measure();

const work = mkdtempSync(join(tmpdir(), 'assay-real-'));
const host = openModelHost({ backend });
const wanted = new RegExp(options.only);
const totals = { prefixes: 0, seconds: 0, cpuSeconds: 0 };
const figures: Record<string, string | number>[] = [];

if (wanted.test('notebook')) await notebook();
if (wanted.test('sentences')) await sentences();
for (const name of readdirSync(join(packageRoot, 'spec/fixtures/choices/smol'))) {
  const set = `smol/${name.replace('.jsonl', '')}`;
  if (wanted.test(set)) await choices(set);
}
await host.dispose();
await product.measure();
rmSync(work, { recursive: true });

// Two operations per weight of the decoder and prefix, the head's, which is tied to the embedding, counted with them.
const weights = readdirSync(folder)
  .filter((name) => name.endsWith('.safetensors'))
  .reduce((sum, name) => sum + statSync(join(folder, name)).size / 4, 0);
const gflops = (2 * weights * totals.prefixes) / totals.seconds / 1e9;
const summary = {
  backend,
  prefixesPerSecond: round(totals.prefixes / totals.seconds),
  gflopsPerSecond: round(gflops),
  productGflopsPerSecond: round(product.figures.perSecond),
  shareOfProductSpeed: round(gflops / product.figures.perSecond),
  shareByCpuTime: round((gflops * totals.seconds) / totals.cpuSeconds / product.figures.perCpuSecond),
  peakGigabytes: round((process.resourceUsage().maxRSS * 1024) / 1e9),
};
console.table(figures);
console.table(summary);
const out = join(packageRoot, 'bench/out');
mkdirSync(out, { recursive: true });
writeFileSync(join(out, `real-${backend}.json`), JSON.stringify({ figures, summary }, null, 2));
if (figures.some(({ isFar }) => isFar === 'yes')) {
  console.log(
    `a number is further off than ${tolerances.float64} from float64 or ${tolerances.harness} from lm-evaluation-harness`,
  );
  process.exitCode = 1;
}

/** The notebook's 36 answers, in float64. */
async function notebook(): Promise<void> {
  const expected = JSON.parse(
    readFileSync(join(packageRoot, 'spec/fixtures/smollm2/notebook.json'), 'utf8'),
  ) as readonly Row[];
  const { rows, speed } = await tableOf(join(packageRoot, 'pipelines/training-distribution.yaml'), 'scores', {
    model: folder,
  });
  const key = (row: Row): string => JSON.stringify([row['format'], row['question']]);
  const found = new Map(rows.map((row) => [key(row), row]));
  const off = (name: string): number =>
    Math.max(...expected.map((row) => Math.abs(Number(found.get(key(row))?.[name]) - Number(row[name]))));
  tell('notebook', { float64: off('target_log_prob'), decisions: 0, prompts: 0, ...speed });
}

/** Each token of the garden-path sentences but the first, in float64. */
async function sentences(): Promise<void> {
  const expected = JSON.parse(
    readFileSync(join(packageRoot, 'spec/fixtures/smollm2/sentences.json'), 'utf8'),
  ) as readonly {
    readonly text: string;
    readonly ids: readonly number[];
    readonly log_probs: readonly number[];
  }[];
  const file = join(packageRoot, 'pipelines/garden-path.yaml');
  const { rows, speed } = await tableOf(file, 'words', { model: folder });
  const sentence = (row: Row): string => JSON.stringify([row['item'], row['condition']]);
  const texts = [...new Set(rows.map(sentence))].map((name) => rows.filter((row) => sentence(row) === name));
  const off = expected.map(({ text, ids, log_probs }, index) => {
    const words = must(texts[index], `the words of ${text}`);
    const found = words.flatMap((row) => row['token_ids'] as readonly number[]);
    if (found.join() !== ids.join()) console.log(`sentences: other tokens in ${JSON.stringify(text)}`);
    const bits = words.flatMap((row) => row['token_surprisals'] as readonly (number | null)[]).slice(1);
    return {
      largest: Math.max(...log_probs.map((value, at) => Math.abs((bits[at] ?? NaN) * Math.LN2 + value))),
      isOther: found.join() !== ids.join(),
    };
  });
  tell('sentences', {
    float64: Math.max(...off.map(({ largest }) => largest)),
    decisions: 0,
    prompts: off.filter(({ isOther }) => isOther).length,
    ...speed,
  });
}

async function choices(set: string): Promise<void> {
  const file = await writeGoldenPipeline(set, folder, work);
  const { rows, speed } = await tableOf(file, 'choices', {});
  const { largest, candidates, decisions, prompts } = compareChoices(rows, goldenItems(set));
  const exact = float64Items().filter((item) => item.set === set);
  for (const line of [...decisions, ...prompts.map((id) => `${id}: prompt`)]) console.log(`${set}: ${line}`);
  const float64 = exact.flatMap(({ id, log_probs }) => {
    const row = must(
      rows.find((each) => each['id'] === id),
      `a row of the item ${id}`,
    );
    const own = row['candidate_log_probs'] as readonly number[];
    return log_probs.map((value, index) => Math.abs((own[index] ?? NaN) - value));
  });
  tell(set, {
    ...(float64.length > 0 && { float64: Math.max(...float64) }),
    harness: largest,
    candidates,
    decisions: decisions.length,
    prompts: prompts.length,
    ...speed,
  });
}

interface Told {
  readonly float64?: number;
  readonly harness?: number;
  readonly candidates?: number;
  readonly decisions: number;
  readonly prompts: number;
  readonly tokensAsked: number;
  readonly prefixes: number;
  readonly seconds: number;
}

function tell(name: string, { float64, harness, seconds, ...told }: Told): void {
  const isNear = (value: number | undefined, limit: number): boolean => value === undefined || value <= limit;
  const near = isNear(float64, tolerances.float64) && isNear(harness, tolerances.harness);
  const figure = {
    name,
    ...(float64 !== undefined && { float64: float64.toExponential(1) }),
    ...(harness !== undefined && { harness: harness.toExponential(1) }),
    ...told,
    seconds: round(seconds),
    isFar: near && told.decisions === 0 && told.prompts === 0 ? 'no' : 'yes',
  };
  figures.push(figure);
  console.log(JSON.stringify(figure));
}

/** The table of one stage, computed afresh. */
async function tableOf(
  file: string,
  stage: string,
  set: Readonly<Record<string, string>>,
): Promise<{
  readonly rows: readonly Row[];
  readonly speed: Pick<Told, 'tokensAsked' | 'prefixes' | 'seconds'>;
}> {
  const loaded = await loadPipeline(file, { kinds: stageKinds, set });
  if (!loaded.ok) throw new Error(loaded.problems.map(({ message }) => message).join('\n'));
  const place = {
    store: openStore(join(work, 'store')),
    runsDir: join(work, 'runs'),
    services: services([modelHost, host]),
  };
  const planned = await planPipeline(loaded.value, place);
  if (!planned.ok) throw new Error(planned.problems.map(({ message }) => message).join('\n'));
  const [started, cpuStarted] = [performance.now(), cpuMs()];
  const run = await runPipeline(planned.value, { ...place, versions: {}, onEvent: () => undefined });
  const seconds = (performance.now() - started) / 1000;
  const failed = run.record.stages.find(({ failure }) => failure !== undefined);
  if (failed !== undefined) throw new Error(`${failed.name}: ${JSON.stringify(failed.failure)}`);
  const found = must(
    run.record.stages.find(({ name }) => name === stage),
    `the stage ${stage}`,
  );
  const artifact = await readArtifact(run.folder, found);
  if (artifact.type !== 'table') throw new InternalError(`expected a table, was a ${artifact.type}`);
  const { tokens_asked: tokensAsked = 0, prefixes_computed: prefixesComputed = 0 } = found.figures ?? {};
  totals.prefixes += prefixesComputed;
  totals.seconds += seconds;
  totals.cpuSeconds += (cpuMs() - cpuStarted) / 1000;
  return { rows: artifact.table.rows, speed: { tokensAsked, prefixes: prefixesComputed, seconds } };
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}
