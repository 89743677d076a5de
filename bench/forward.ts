/**
 * Times the forward pass on a generated checkpoint:
 *
 *   npx tsx bench/forward.ts [--tinyllama] [--backend tensorflow|wasm] [--threads N] [--weights resident|streamed]
 *     [--workload seed|few-shot|growth] [--times N]
 *
 * seed: the experiment's prompts. few-shot: 64 questions behind one prefix of 200 tokens, against the cost of their own tokens
 * alone. growth: the seed's prompts 1, 10 and 100 times, and the exponent by which time grows with distinct prefixes.
 *
 * Prints tokens asked, prefixes computed, tokens per second, the share of the matrix-product speed that the same process
 * reaches, load time and peak memory; writes the figures as JSON to runs/bench/.
 */
import { createWriteStream, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chooseBackend, openModel, type ReadingRequest } from '../src/model/index.ts';
import { loadNativeBackend, loadWasmBackend } from '../src/model/backends.ts';
import { expectedTensors } from '../src/model/checkpoint.ts';
import { parseConfig, type ModelConfig } from '../src/model/config.ts';
import type { Tfjs } from '../src/model/forward.ts';
import { generatedTokenizer } from './generated-tokenizer.ts';

/** Tokens of a few-shot question and its answer. */
const ownTokens = 20;

const shapes = {
  small: {
    vocab_size: 8000,
    hidden_size: 576,
    intermediate_size: 1536,
    num_hidden_layers: 8,
    heads: 9,
    kv: 3,
  },
  tinyllama: {
    vocab_size: 32_000,
    hidden_size: 2048,
    intermediate_size: 5632,
    num_hidden_layers: 22,
    heads: 32,
    kv: 4,
  },
} as const;

const { values: options } = parseArgs({
  options: {
    tinyllama: { type: 'boolean', default: false },
    backend: { type: 'string' },
    threads: { type: 'string' },
    weights: { type: 'string' },
    workload: { type: 'string', default: 'seed' },
    times: { type: 'string', default: '1' },
    nodes: { type: 'string' },
    block: { type: 'string' },
  },
});

const shapeName = options.tinyllama ? 'tinyllama' : 'small';
const backend = chooseBackend(options.backend);
const { heads, kv, ...sizes } = shapes[shapeName];
const configJson = {
  model_type: 'llama',
  architectures: ['LlamaForCausalLM'],
  ...sizes,
  num_attention_heads: heads,
  num_key_value_heads: kv,
  max_position_embeddings: 2048,
  rms_norm_eps: 1e-5,
};
const config = parseConfig(configJson);
const folder = join(tmpdir(), `assay-bench-${shapeName}`);
if (!existsSync(join(folder, 'complete'))) await generate(folder);

const started = performance.now();
const model = await openModel(folder, {
  backend,
  identity: { digest: 'generated', files: {} },
  ...(options.threads !== undefined && { threads: Number(options.threads) }),
  ...((options.weights === 'resident' || options.weights === 'streamed') && { weights: options.weights }),
  limits: {
    ...(options.nodes !== undefined && { nodes: Number(options.nodes) }),
    ...(options.block !== undefined && { block: Number(options.block) }),
  },
});
const loadMs = performance.now() - started;
const loadedRss = process.memoryUsage.rss();

const requests = workload(options.workload, Number(options.times), config.vocab_size);
const { tokensAsked, prefixesComputed, readMs, readCpuMs } = await timed(requests);
const more =
  options.workload === 'few-shot'
    ? await againstOwnTokens(requests, readCpuMs)
    : options.workload === 'growth'
      ? await growth([{ prefixes: prefixesComputed, cpuMs: readCpuMs }])
      : {};
const memory = model.memoryUse?.();
await model.dispose();

const product = await productSpeed(config);
// Two operations per weight of the decoder and position; the head's by the rows that are read, about all of them here.
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
  productGflopsPerSecond: round(product.perSecond),
  shareOfProductSpeed: round(gflops / product.perSecond),
  // On a machine that others use too, processor time is the fair measure: operations per second of it, against the product's.
  readCpuSeconds: round(readCpuMs / 1000),
  shareByCpuTime: round((gflops * readMs) / readCpuMs / product.perCpuSecond),
  loadedGigabytes: round(loadedRss / 1e9),
  peakGigabytes: round((memory?.peakBytes ?? NaN) / 1e9),
  ...more,
};
console.table(figures);
mkdirSync('runs/bench', { recursive: true });
writeFileSync(
  `runs/bench/forward-${shapeName}-${backend}-${options.workload}-${memory?.weights}.json`,
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

/** Ten and a hundred times the work, and the slope of log time over log prefixes. */
async function growth(points: { prefixes: number; cpuMs: number }[]): Promise<object> {
  for (const times of [10, 100]) {
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

/** Prompts as the experiment makes them (seed, growth): formats times questions, sharing prefixes, or questions behind one long prefix. */
function workload(kind: string, times: number, vocabulary: number): ReadingRequest[] {
  const random = generator(17);
  const words = (count: number): number[] =>
    Array.from({ length: count }, () => 3 + (random() % (vocabulary - 3)));
  const requests: ReadingRequest[] = [];
  if (kind === 'few-shot') {
    const shots = [1, ...words(199)];
    for (let i = 0; i < 64 * times; i += 1) requests.push(request([...shots, ...words(ownTokens)]));
    return requests;
  }
  for (let round = 0; round < times; round += 1) {
    for (let question = 0; question < 3; question += 1) {
      const asked = words(11);
      const answer = words(3);
      // Twelve formats and twenty-four triggers around each question, read for the prompt and for the answer.
      for (let format = 0; format < 36; format += 1) {
        requests.push(
          request([1, ...(format % 12 === 0 ? [] : words(3)), ...asked, ...words(format % 3), ...answer]),
        );
      }
    }
  }
  return requests;
}

function request(ids: number[]): ReadingRequest {
  return { ids, from: 1, distributionAt: ids.length - 4, topTokens: 5 };
}

/** The backend's product at [256, 2048] x [2048, 5632] (narrower for a narrower model), times the threads of the reading. */
async function productSpeed(shape: ModelConfig): Promise<{ perSecond: number; perCpuSecond: number }> {
  const wasm = backend === 'wasm';
  const tf: Tfjs = wasm ? await loadWasmBackend() : (await loadNativeBackend(backend)).tf;
  const [rows, inner, columns] = [256, shape.hidden_size, shape.intermediate_size];
  const a = tf.randomUniform([rows, inner]);
  const b = tf.randomUniform([inner, columns]);
  const operations = 2 * rows * inner * columns;
  const rounds = Math.ceil((wasm ? 1e11 : 5e11) / operations);
  let bestMs = Infinity;
  let bestCpuMs = Infinity;
  // In groups long enough for the processor clock, of which the best counts.
  for (let group = 0; group < 10; group += 1) {
    const count = Math.ceil(rounds / 10);
    const [start, cpuStart] = [performance.now(), cpuMs()];
    for (let i = 0; i < count; i += 1) tf.matMul(a, b).dispose();
    bestMs = Math.min(bestMs, (performance.now() - start) / count);
    bestCpuMs = Math.min(bestCpuMs, (cpuMs() - cpuStart) / count);
  }
  const threads = wasm ? Number(options.threads ?? availableParallelism()) : 1;
  return { perSecond: (threads * operations) / bestMs / 1e6, perCpuSecond: operations / bestCpuMs / 1e6 };
}

/** Processor time of the whole process, workers and native threads included. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** A checkpoint of random BF16 weights small enough to keep activations finite, written piece by piece. */
async function generate(into: string): Promise<void> {
  mkdirSync(into, { recursive: true });
  writeFileSync(join(into, 'config.json'), JSON.stringify(configJson));
  writeFileSync(join(into, 'tokenizer.json'), JSON.stringify(generatedTokenizer(config.vocab_size)));
  const header: Record<string, unknown> = {};
  let end = 0;
  for (const [name, shape] of expectedTensors(config)) {
    const bytes = 2 * shape.reduce((product, side) => product * side, 1);
    header[name] = { dtype: 'BF16', shape, data_offsets: [end, end + bytes] };
    end += bytes;
  }
  const json = Buffer.from(JSON.stringify(header).padEnd(8 * Math.ceil(JSON.stringify(header).length / 8)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  const out = createWriteStream(join(into, 'model.safetensors'));
  out.write(length);
  out.write(json);
  const random = generator(3);
  // bf16 of +-[2^-6, 2^-5): sign and fraction are random, the exponent is not.
  const block = Uint16Array.from(
    { length: 1 << 20 },
    () => ((random() & 1) << 15) | (121 << 7) | (random() & 127),
  );
  const bytes = Buffer.from(block.buffer);
  for (let left = end; left > 0; left -= bytes.length) {
    if (!out.write(bytes.subarray(0, Math.min(left, bytes.length)))) await once(out, 'drain');
  }
  out.end();
  await once(out, 'close');
  writeFileSync(join(into, 'complete'), '');
}

/** xorshift32: the same checkpoint and workload every time. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}
