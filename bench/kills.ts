/**
 * Kills real runs with SIGKILL at random moments and runs again: the artifacts must be those of an undisturbed run to
 * the byte, nothing in the store may be damaged, no lock may be left, and nothing that was kept may be computed twice.
 *
 *   npm run build && node --import tsx bench/kills.ts [--kills 200] [--seed 1] [--questions 60]
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot } from '../src/system/package-root.ts';
import { killRuns } from './attack/kills.ts';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    questions: { type: 'string', default: '60' },
  },
});

const figures = await killRuns({
  kills: Number(values.kills),
  seed: Number(values.seed),
  questions: Number(values.questions),
  onKill: (number, outcome) => console.log(`${String(number).padStart(4)}  ${outcome}`),
});
console.log(JSON.stringify(figures, null, 2));
const out = join(packageRoot, 'bench/out');
mkdirSync(out, { recursive: true });
writeFileSync(join(out, 'kills.json'), `${JSON.stringify({ ...figures, node: process.version }, null, 2)}\n`);
process.exitCode = figures.problems.length === 0 ? 0 : 1;
