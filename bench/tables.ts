/**
 * Takes five thousand generated tables, with names, types, orders and values that are traps, through dataset, variants, table,
 * aggregate, correlate, results and (every 25th) plot: none may come out wrong without a word.
 *
 *   npx tsx bench/tables.ts [--tables 5000] [--from 0] [--keep FOLDER]
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot } from '../src/system/package-root.ts';
import { tryTable } from './hostile/tables.ts';

const { values } = parseArgs({
  options: {
    tables: { type: 'string', default: '5000' },
    from: { type: 'string', default: '0' },
    keep: { type: 'string' },
  },
});
const [count, from] = [Number(values.tables), Number(values.from)];
const folder = values.keep ?? (await mkdtemp(join(tmpdir(), 'assay-tables-')));
const faults: string[] = [];
let equal = 0;
let refused = 0;
for (let seed = from; seed < from + count; seed += 1) {
  const own = join(folder, String(seed));
  const trial = await tryTable(seed, own, { draws: seed % 25 === 7 });
  equal += trial.equal;
  refused += trial.refused;
  if (trial.fault !== undefined) faults.push(`seed ${seed}: ${trial.fault}`);
  if (values.keep === undefined) await rm(own, { recursive: true });
}
if (values.keep === undefined) await rm(folder, { recursive: true });
console.log(
  `${count} tables: ${equal} stages as computed independently, ${refused} refused with a place, ${faults.length} faults`,
);
for (const fault of faults.slice(0, 20)) console.log(`  ${fault.slice(0, 600)}`);
const out = join(packageRoot, 'bench/out');
await mkdir(out, { recursive: true });
const figures = { tables: count, from, equal, refused, faults, node: process.version };
await writeFile(join(out, 'tables.json'), `${JSON.stringify(figures, null, 2)}\n`);
console.log('written to bench/out/tables.json');
if (faults.length > 0) process.exitCode = 1;
