/**
 * Loads ten thousand pipeline files with random mistakes in them: none may throw, each that is refused has problems
 * with places, and how long each takes.
 *
 *   node --import tsx bench/fuzz.ts [--files 10000] [--from 0]
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot } from '../src/engine/index.ts';
import { fuzz } from './hostile/load-mutated.ts';

const { values } = parseArgs({
  options: { files: { type: 'string', default: '10000' }, from: { type: 'string', default: '0' } },
});
/** What one file may take. */
const SLOW_MS = 50;
const [files, from] = [Number(values.files), Number(values.from)];
const folder = await mkdtemp(join(tmpdir(), 'assay-fuzz-'));
const file = join(folder, 'pipeline.yaml');
const times: { seed: number; ms: number }[] = [];
const faults: { seed: number; fault: string }[] = [];
let valid = 0;

/** The least of three: what the file takes, and not what else the machine does. */
async function again(seed: number, ms: number): Promise<number> {
  const others = [(await fuzz(seed, file)).ms, (await fuzz(seed, file)).ms];
  return Math.min(ms, ...others);
}

try {
  // The first files pay for compiling this program and its schemas.
  for (let seed = -50; seed < 0; seed++) await fuzz(seed >>> 0, file);
  for (let seed = from; seed < from + files; seed++) {
    const fuzzed = await fuzz(seed, file);
    times.push({ seed, ms: fuzzed.ms > SLOW_MS ? await again(seed, fuzzed.ms) : fuzzed.ms });
    if (fuzzed.valid) valid++;
    if (fuzzed.fault !== undefined) faults.push({ seed, fault: fuzzed.fault });
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
times.sort((a, b) => a.ms - b.ms);
const quantile = (part: number) =>
  times[Math.min(times.length - 1, Math.floor(part * times.length))]?.ms ?? NaN;
const figures = {
  files,
  valid,
  faults: faults.length,
  ms: {
    median: quantile(0.5),
    p90: quantile(0.9),
    p99: quantile(0.99),
    p999: quantile(0.999),
    most: quantile(1),
  },
  over50Ms: times.filter(({ ms }) => ms > SLOW_MS).length,
};
console.log(`${files} mutated files: ${valid} valid, ${files - valid} refused, ${faults.length} faults`);
for (const { seed, fault } of faults.slice(0, 10)) console.log(`  seed ${seed}: ${fault}`);
console.log(
  `ms: median ${figures.ms.median.toFixed(2)}, 90 % ${figures.ms.p90.toFixed(2)}, 99 % ${figures.ms.p99.toFixed(2)}, ` +
    `99.9 % ${figures.ms.p999.toFixed(2)}, most ${figures.ms.most.toFixed(2)}; over 50 ms: ${figures.over50Ms}`,
);
console.log(
  `slowest seeds: ${times
    .slice(-5)
    .map(({ seed, ms }) => `${seed} (${ms.toFixed(1)} ms)`)
    .join(', ')}`,
);
const out = join(packageRoot, 'bench/out');
await mkdir(out, { recursive: true });
await writeFile(
  join(out, 'fuzz.json'),
  `${JSON.stringify({ ...figures, node: process.version }, null, 2)}\n`,
);
console.log('written to bench/out/fuzz.json');
if (faults.length > 0) process.exitCode = 1;
