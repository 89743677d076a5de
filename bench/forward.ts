/**
 * Times the forward pass on a generated checkpoint. Needs a build: from source Node holds 0.1 GB more.
 *
 *   node dist/bench/forward.js [--tinyllama] [--backend tensorflow|wasm] [--threads N] [--weights resident|streamed]
 *     [--workload seed|few-shot|growth] [--times N]
 *
 * seed: the experiment's prompts. few-shot: 64 questions behind one prefix of 200 tokens, against the cost of their own tokens
 * alone. growth: the seed's prompts 1, 10 and so on to N times (100), and the exponent by which time grows with distinct prefixes.
 *
 * Prints tokens asked, prefixes computed, tokens per second, the share of the matrix-product speed that the same process
 * reaches before and after, load time and peak memory; writes the figures as JSON to bench/out/.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot } from '../src/engine/index.ts';
import { chooseBackend, openModel, type ReadingRequest } from '../src/model/index.ts';
import { expectedTensors } from '../src/model/decoder/weight-tensors.ts';
import { generatedCheckpoint } from './model/generated-checkpoint.ts';
import { cpuMs, ProductSpeed } from './model/product-speed.ts';
import { ownTokens, request, workload } from './model/workload.ts';

const { values: options } = parseArgs({
  options: {
    tinyllama: { type: 'boolean', default: false },
    backend: { type: 'string' },
    threads: { type: 'string' },
    weights: { type: 'string' },
    workload: { type: 'string', default: 'seed' },
    times: { type: 'string' },
    prefixes: { type: 'string' },
    block: { type: 'string' },
  },
});

const shapeName = options.tinyllama ? 'tinyllama' : 'small';
const backend = chooseBackend(options.backend);
const { folder, config } = await generatedCheckpoint(shapeName);
const threads = Number(options.threads ?? availableParallelism());

// [256, 2048] x [2048, 5632]; narrower for a narrower model.
const product = new ProductSpeed(
  backend,
  { rows: 256, inner: config.hidden_size, columns: config.intermediate_size },
  threads,
);
await product.measure();

const started = performance.now();
const model = await openModel(folder, {
  backend,
  identified: { identity: { digest: 'generated', files: {} } },
  ...(backend === 'wasm' && { threads }),
  ...((options.weights === 'resident' || options.weights === 'streamed') && { weights: options.weights }),
  limits: {
    ...(options.prefixes !== undefined && { prefixes: Number(options.prefixes) }),
    ...(options.block !== undefined && { block: Number(options.block) }),
  },
});
const loadMs = performance.now() - started;
const loadedRss = process.memoryUsage.rss();

const growing = options.workload === 'growth';
const requests = workload(options.workload, growing ? 1 : Number(options.times ?? 1), config.vocab_size);
const { tokensAsked, prefixesComputed, readMs, readCpuMs } = await timed(requests);
const more =
  options.workload === 'few-shot'
    ? await againstOwnTokens(requests, readCpuMs)
    : growing
      ? await growth([{ prefixes: prefixesComputed, cpuMs: readCpuMs }], Number(options.times ?? 100))
      : {};
const memory = model.memoryUse?.();
await model.dispose();
await product.measure();

const speed = product.figures;
// Two operations per weight of the decoder and position; the head's by the prefixes that are read, about all of them here.
const weights = [...expectedTensors(config)].reduce((sum, [name, shape]) => {
  return name === 'model.embed_tokens.weight'
    ? sum
    : sum + shape.reduce((product, side) => product * side, 1);
}, 0);
const gflops = (2 * weights * prefixesComputed) / readMs / 1e6;
const figures = {
  shape: shapeName,
  backend,
  workload: options.workload,
  weights: memory?.weights,
  texts: requests.length,
  tokensAsked,
  prefixesComputed,
  loadSeconds: round(loadMs / 1000),
  readSeconds: round(readMs / 1000),
  prefixesPerSecond: round((1000 * prefixesComputed) / readMs),
  tokensAskedPerSecond: round((1000 * tokensAsked) / readMs),
  gflopsPerSecond: round(gflops),
  productGflopsPerSecond: round(speed.perSecond),
  shareOfProductSpeed: round(gflops / speed.perSecond),
  bestProductGflopsPerSecond: round(speed.best),
  // On a machine that others use too, processor time is the fair measure: operations per second of it, against the product's.
  readCpuSeconds: round(readCpuMs / 1000),
  shareByCpuTime: round((gflops * readMs) / readCpuMs / speed.perCpuSecond),
  loadedGigabytes: round(loadedRss / 1e9),
  peakGigabytes: round((memory?.peakBytes ?? NaN) / 1e9),
  ...more,
};
console.table(figures);
const out = join(packageRoot, 'bench/out');
mkdirSync(out, { recursive: true });
writeFileSync(
  join(out, `forward-${shapeName}-${backend}-${options.workload}-${memory?.weights}.json`),
  JSON.stringify(figures, null, 2),
);

/** One read, by the wall and by processor time, which is the fair measure on a machine that others use too. */
async function timed(asked: readonly ReadingRequest[]): Promise<{
  tokensAsked: number;
  prefixesComputed: number;
  readMs: number;
  readCpuMs: number;
}> {
  const [started, cpuStarted] = [performance.now(), cpuMs()];
  const { tokensAsked, prefixesComputed } = await model.read(asked);
  return {
    tokensAsked,
    prefixesComputed,
    readMs: performance.now() - started,
    readCpuMs: cpuMs() - cpuStarted,
  };
}

/** What the shared prefix adds: the cost of all, over that of the questions alone. */
async function againstOwnTokens(asked: readonly ReadingRequest[], cpuOfAll: number): Promise<object> {
  const alone = await timed(asked.map(({ ids }) => request([...ids.slice(-ownTokens)])));
  return {
    ownPrefixes: alone.prefixesComputed,
    ownCpuSeconds: round(alone.readCpuMs / 1000),
    costOverOwnTokens: round(cpuOfAll / alone.readCpuMs),
  };
}

/** Ten times the work, a hundred times and so on, and the slope of log time over log prefixes. */
async function growth(points: { prefixes: number; cpuMs: number }[], most: number): Promise<object> {
  for (let times = 10; times <= most; times *= 10) {
    const { prefixesComputed: prefixes, readCpuMs } = await timed(workload('seed', times, config.vocab_size));
    points.push({ prefixes, cpuMs: readCpuMs });
  }
  const logs = points.map((point) => [Math.log(point.prefixes), Math.log(point.cpuMs)] as const);
  const mean = (axis: 0 | 1): number => logs.reduce((sum, log) => sum + log[axis], 0) / logs.length;
  const [mx, my] = [mean(0), mean(1)];
  const slope =
    logs.reduce((sum, [x, y]) => sum + (x - mx) * (y - my), 0) /
    logs.reduce((sum, [x]) => sum + (x - mx) ** 2, 0);
  const table = points.map(({ prefixes, cpuMs: ms }) => `${prefixes} in ${(ms / 1000).toFixed(1)} s`);
  return { growth: table.join(', '), exponent: round(slope) };
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}
