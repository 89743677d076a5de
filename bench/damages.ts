/**
 * Damages stores and run folders at random, one byte, cut or missing file at a time, and runs again: everything that is
 * served must be what was computed, and a run later nothing may be amiss.
 *
 *   node --import tsx bench/damages.ts [--damages 1000] [--seed 1]
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot } from '../src/system/package-root.ts';
import { openModelHost } from '../src/hosting/open-host.ts';
import { damageStores } from './attack/damages.ts';

const { values } = parseArgs({
  options: { damages: { type: 'string', default: '1000' }, seed: { type: 'string', default: '1' } },
});

const began = performance.now();
const figures = await damageStores({
  damages: Number(values.damages),
  seed: Number(values.seed),
  openHost: (rows) => openModelHost({ rows }),
});
const seconds = Math.round((performance.now() - began) / 1000);
console.log(JSON.stringify({ ...figures, seconds }, null, 2));
const out = join(packageRoot, 'bench/out');
mkdirSync(out, { recursive: true });
writeFileSync(
  join(out, 'damages.json'),
  `${JSON.stringify({ ...figures, seconds, node: process.version }, null, 2)}\n`,
);
process.exitCode = figures.problems.length === 0 ? 0 : 1;
