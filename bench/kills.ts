/**
 * Kills real runs with SIGKILL at events (a batch appended, a lock taken, an object published, an action written: before,
 * amid and after it) and runs again: the artifacts must be those of an undisturbed run to the byte, nothing in the store
 * may be damaged, no lock may be left, and nothing that was kept may be computed twice. Then many processes at once, which
 * are killed as they go, on one store.
 *
 *   npm run build && node --import tsx bench/kills.ts [--kills 200] [--seed 1] [--questions 60]
 *     [--processes 16] [--seconds 60]
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot } from '../src/system/package-root.ts';
import { killInCrowd } from './attack/crowd.ts';
import { killRuns } from './attack/kills.ts';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    questions: { type: 'string', default: '60' },
    processes: { type: 'string', default: '16' },
    seconds: { type: 'string', default: '60' },
  },
});

/** Kills that hit no work show nothing. */
const LEAST_AMID_WORK = 50;

const seed = Number(values.seed);
const figures = await killRuns({
  kills: Number(values.kills),
  seed,
  questions: Number(values.questions),
  onKill: (number, outcome) => console.log(`${String(number).padStart(4)}  ${outcome}`),
});
const crowd = await killInCrowd({
  processes: Number(values.processes),
  seconds: Number(values.seconds),
  seed,
});
console.log(JSON.stringify({ ...figures, crowd }, null, 2));
const out = join(packageRoot, 'bench/out');
mkdirSync(out, { recursive: true });
const text = JSON.stringify({ ...figures, crowd, node: process.version }, null, 2);
writeFileSync(join(out, 'kills.json'), `${text}\n`);
const isIdle = figures.amidWork < LEAST_AMID_WORK;
if (isIdle) console.log(`only ${figures.amidWork} kills hit work: expected at least ${LEAST_AMID_WORK}`);
process.exitCode = figures.problems.length + crowd.problems.length === 0 && !isIdle ? 0 : 1;
