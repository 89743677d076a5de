/**
 * Computes ten thousand hostile expressions of `table` stages: no code of theirs may run, none may take two seconds, and
 * each that is refused has its place.
 *
 *   node --disallow-code-generation-from-strings --import tsx bench/expressions.ts [--expressions 10000] [--from 0]
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot } from '../src/system/package-root.ts';
import { tryExpression, type Trial } from './hostile/expressions.ts';

const { values } = parseArgs({
  options: { expressions: { type: 'string', default: '10000' }, from: { type: 'string', default: '0' } },
});
/** What one expression may take. */
const slowMs = 2000;
const [count, from] = [Number(values.expressions), Number(values.from)];
const trials: (Trial & { readonly seed: number })[] = [];
for (let seed = from; seed < from + count; seed += 1) trials.push({ seed, ...tryExpression(seed) });

const faults = trials.filter(({ fault }) => fault !== undefined);
const slow = trials.filter(({ ms }) => ms > slowMs);
const byTime = trials.toSorted((a, b) => a.ms - b.ms);
const quantile = (part: number): number =>
  byTime[Math.min(byTime.length - 1, Math.floor(part * byTime.length))]?.ms ?? NaN;
const figures = {
  expressions: count,
  computed: trials.filter(({ ran }) => ran).length,
  faults: faults.length,
  overTwoSeconds: slow.length,
  ms: { median: quantile(0.5), p99: quantile(0.99), most: quantile(1) },
};
console.log(
  `${count} expressions: ${figures.computed} computed, ${count - figures.computed} refused, ${faults.length} faults, ${slow.length} over 2 s`,
);
console.log(
  `ms: median ${figures.ms.median.toFixed(2)}, 99 % ${figures.ms.p99.toFixed(2)}, most ${figures.ms.most.toFixed(0)}`,
);
for (const { seed, fault, expression } of faults.slice(0, 10)) {
  console.log(`  seed ${seed}: ${fault ?? ''}\n    ${expression.slice(0, 200)}`);
}
for (const { seed, ms, expression } of slow.slice(0, 10)) {
  console.log(`  seed ${seed}: ${ms.toFixed(0)} ms\n    ${expression.slice(0, 200)}`);
}
const out = join(packageRoot, 'bench/out');
await mkdir(out, { recursive: true });
await writeFile(
  join(out, 'expressions.json'),
  `${JSON.stringify({ ...figures, node: process.version }, null, 2)}\n`,
);
console.log('written to bench/out/expressions.json');
if (faults.length > 0 || slow.length > 0) process.exitCode = 1;
