/**
 * How long the program takes, from start to end of the process, when everything is in the store: the notebook's
 * pipeline, and a matrix of 500 instances. Needs a build. Beside it an empty Node process: what cannot be saved, and
 * what else the machine is doing.
 *
 *   node --import tsx bench/nothing-to-do.ts [--repeat 9]
 */
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot } from '../src/engine/index.ts';

const { values } = parseArgs({ options: { repeat: { type: 'string', default: '9' } } });

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n).join(', ');
const MATRIX = `name: matrix
stages:
  words: { uses: dataset, with: { items: [{ w: a, n: 1 }, { w: b, n: 2 }] } }
  parts:
    uses: table
    from: words
    matrix: { i: [${numbers(25)}], j: [${numbers(20)}] }
    with: { verbs: [{ derive: { m: "d.n * \${matrix.i} + \${matrix.j}" } }] }
  means: { uses: aggregate, from: parts, with: { by: [i], measure: m, statistics: [mean] } }
`;

const folder = await mkdtemp(join(tmpdir(), 'assay-bench-'));
const program = join(packageRoot, 'dist/src/cli/main.js');
/** Wall time of a process, in milliseconds. */
const timed = (args: readonly string[]): number => {
  const began = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  if (status !== 0) throw new Error(stderr);
  return performance.now() - began;
};
const median = (times: readonly number[]) => [...times].sort((a, b) => a - b)[times.length >> 1] ?? NaN;

const figures: Record<string, { medianMs: number; leastMs: number }> = {};
try {
  const matrix = join(folder, 'matrix.yaml');
  await writeFile(matrix, MATRIX);
  const places = ['--store', join(folder, 'store'), '--runs', join(folder, 'runs')];
  const notebook = join(packageRoot, 'pipelines/training-distribution.yaml');
  const commands: [string, readonly string[]][] = [
    ['empty Node process', ['-e', '0']],
    ['run of the notebook', [program, 'run', notebook, ...places]],
    ['run of 500 instances', [program, 'run', matrix, ...places]],
    ['plan of 500 instances', [program, 'plan', matrix, ...places]],
  ];
  for (const [name, args] of commands) {
    timed(args);
    const times = Array.from({ length: Number(values.repeat) }, () => timed(args));
    const found = { medianMs: median(times), leastMs: Math.min(...times) };
    figures[name] = found;
    console.log(
      `${name.padEnd(22)} median ${found.medianMs.toFixed(0)} ms, least ${found.leastMs.toFixed(0)} ms`,
    );
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
const [load = 0] = loadavg();
console.log(`load of the machine: ${load.toFixed(1)}`);
const out = join(packageRoot, 'bench/out');
await mkdir(out, { recursive: true });
await writeFile(
  join(out, 'nothing-to-do.json'),
  `${JSON.stringify({ figures, load, node: process.version }, null, 2)}\n`,
);
