/**
 * Checks and draws ten thousand hostile figures: nothing of theirs may run, none may take over two
 * seconds, and each that is refused has its place.
 *
 *   node --import tsx bench/figures.ts [--figures 10000] [--from 0] [--every 1]
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot } from '../src/system/package-root.ts';
import { type FigureTrial, tryFigure } from './hostile/figures.ts';

const { values } = parseArgs({
  options: {
    figures: { type: 'string', default: '10000' },
    from: { type: 'string', default: '0' },
    // Drawing takes half a second: of those that are right, every nth is drawn.
    every: { type: 'string', default: '1' },
  },
});
/** What one figure may take. */
const SLOW_MS = 2000;
const [count, from] = [Number(values.figures), Number(values.from)];
const trials: (FigureTrial & { readonly seed: number })[] = [];
for (let seed = from; seed < from + count; seed += 1)
  trials.push({ seed, ...(await tryFigure(seed, { draws: seed % Number(values.every) === 0 })) });

const of = (outcome: FigureTrial['outcome']) => trials.filter((trial) => trial.outcome === outcome);
const unplaced = trials.filter(({ isPlaced }) => !isPlaced);
const faults = trials.filter(({ fault }) => fault !== undefined);
const slow = trials.filter(({ ms }) => ms > SLOW_MS);
const byTime = trials.toSorted((a, b) => a.ms - b.ms);
const figures = {
  figures: count,
  drawn: of('drawn').length,
  rightAndNotDrawn: of('right').length,
  refused: of('refused').length,
  failedWhileDrawn: of('failed').length,
  refusedWithoutPlace: of('refused').filter(({ isPlaced }) => !isPlaced).length,
  failedAtTheStageAsAWhole: of('failed').filter(({ isPlaced }) => !isPlaced).length,
  faults: faults.length,
  overTwoSeconds: slow.length,
  ms: { median: byTime[count >> 1]?.ms, p99: byTime[Math.floor(count * 0.99)]?.ms, most: byTime.at(-1)?.ms },
};
console.log(JSON.stringify(figures, null, 2));
const kinds = new Map<string, number>();
for (const { said } of unplaced) kinds.set(said.slice(0, 90), (kinds.get(said.slice(0, 90)) ?? 0) + 1);
for (const [said, times] of [...kinds].toSorted((a, b) => b[1] - a[1]).slice(0, 12))
  console.log(`  ${times} at the stage: ${said}`);
for (const { seed, fault } of faults.slice(0, 10)) console.log(`  seed ${seed}: ${fault ?? ''}`);
for (const { seed, ms, said } of slow.slice(0, 10))
  console.log(`  seed ${seed}: ${ms.toFixed(0)} ms ${said}`);
const out = join(packageRoot, 'bench/out');
await mkdir(out, { recursive: true });
await writeFile(
  join(out, 'figures.json'),
  `${JSON.stringify({ ...figures, node: process.version }, null, 2)}\n`,
);
process.exitCode = faults.length > 0 ? 1 : 0;
process.exit();
