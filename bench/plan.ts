/**
 * How long it takes to find that there is nothing to do: load, check and plan a pipeline whose results are all in the
 * store, for 100 to 10,000 stages, and the exponent of the growth (1 is linear). Also a run in which all is cached.
 *
 *   node --import tsx bench/plan.ts [--stages 100,1000] [--repeat 5]
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  loadPipeline,
  openStore,
  packageRoot,
  planPipeline,
  runPipeline,
  type CheckedPipeline,
  type PlannedPipeline,
} from '../src/engine/index.ts';
import type { Result } from '../src/engine/diagnostic.ts';
import { defineStage, services } from '../src/engine/stage-kind.ts';

const { values } = parseArgs({
  options: {
    stages: { type: 'string', default: '100,300,500,1000,3000,10000' },
    repeat: { type: 'string', default: '5' },
  },
});

const step = defineStage<{ n: number }>({
  name: 'step',
  module: new URL('../src/engine/run/run.ts', import.meta.url).href,
  summary: 'A small table',
  description: 'Gives a row with its number.',
  example: 'with: { n: 1 }',
  options: {
    type: 'object',
    additionalProperties: false,
    required: ['n'],
    properties: { n: { type: 'integer' } },
  },
  inputs: { ports: [], open: true },
  output: () => ({ type: 'table', columns: [{ name: 'n', type: 'integer' }], key: ['n'] }),
  run: ({ options: { n } }) =>
    Promise.resolve({
      type: 'table',
      table: { columns: [{ name: 'n', type: 'integer' }], key: ['n'], rows: [{ n }] },
    }),
});
const kinds = new Map([[step.name, step]]);

/** Each stage reads two before it: a graph as deep as half its size. */
function pipelineOf(stages: number): string {
  const lines = Array.from({ length: stages }, (_, n) => {
    const from = n < 2 ? '' : `from: { a: stage-${n - 1}, b: stage-${n >> 1} }, `;
    return `  stage-${n}: { uses: step, ${from}with: { n: ${n} } }`;
  });
  return `name: bench\nstages:\n${lines.join('\n')}\n`;
}

async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
  const began = performance.now();
  const result = await work();
  return [result, performance.now() - began];
}

function must<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(JSON.stringify(result.problems.slice(0, 3)));
  return result.value;
}

interface Figures {
  readonly stages: number;
  /** Medians, in milliseconds. */
  readonly loadMs: number;
  readonly planMs: number;
  readonly cachedRunMs: number;
}

async function measure(stages: number, repeat: number): Promise<Figures> {
  const dir = await mkdtemp(join(tmpdir(), 'assay-bench-'));
  try {
    const file = join(dir, 'bench.yaml');
    await writeFile(file, pipelineOf(stages));
    const lent = { store: openStore(join(dir, 'store')), runsDir: join(dir, 'runs'), services: services() };
    const run = (planned: PlannedPipeline) =>
      runPipeline(planned, { ...lent, onEvent: () => undefined, versions: {} });
    const load = async (): Promise<CheckedPipeline> => must(await loadPipeline(file, { kinds }));
    const plan = async (checked: CheckedPipeline) => must(await planPipeline(checked, lent));
    await run(await plan(await load()));

    const loads: number[] = [];
    const plans: number[] = [];
    const runs: number[] = [];
    for (let round = 0; round < repeat; round++) {
      const [checked, loadMs] = await timed(load);
      const [planned, planMs] = await timed(() => plan(checked));
      if (planned.plan.stages.some(({ state }) => state !== 'cached')) throw new Error('not all is cached');
      const [, runMs] = await timed(() => run(planned));
      loads.push(loadMs);
      plans.push(planMs);
      runs.push(runMs);
    }
    return { stages, loadMs: median(loads), planMs: median(plans), cachedRunMs: median(runs) };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? NaN;
}

/** Least-squares slope of log time over log size. */
function exponent(points: readonly (readonly [number, number])[]): number {
  const logs = points.map(([x, y]) => [Math.log(x), Math.log(y)] as const);
  const mean = (axis: 0 | 1) => logs.reduce((sum, point) => sum + point[axis], 0) / logs.length;
  const [mx, my] = [mean(0), mean(1)];
  const over = logs.reduce((sum, [x, y]) => sum + (x - mx) * (y - my), 0);
  return over / logs.reduce((sum, [x]) => sum + (x - mx) ** 2, 0);
}

const figures: Figures[] = [];
console.log('stages    load ms    plan ms    all-cached run ms');
for (const stages of values.stages.split(',').map(Number)) {
  const found = await measure(stages, Number(values.repeat));
  figures.push(found);
  const columns = [found.loadMs, found.planMs, found.cachedRunMs].map((ms) => ms.toFixed(1).padStart(10));
  console.log(`${String(stages).padStart(6)} ${columns.join(' ')}`);
}
const exponents = {
  load: exponent(figures.map(({ stages, loadMs }) => [stages, loadMs])),
  plan: exponent(figures.map(({ stages, planMs }) => [stages, planMs])),
  cachedRun: exponent(figures.map(({ stages, cachedRunMs }) => [stages, cachedRunMs])),
};
console.log(
  `time grows as stages to the power of: load ${exponents.load.toFixed(2)}, plan ${exponents.plan.toFixed(2)}, ` +
    `all-cached run ${exponents.cachedRun.toFixed(2)}`,
);
const out = join(packageRoot, 'bench/out');
await mkdir(out, { recursive: true });
await writeFile(
  join(out, 'plan.json'),
  `${JSON.stringify({ figures, exponents, node: process.version }, null, 2)}\n`,
);
console.log(`written to bench/out/plan.json`);
