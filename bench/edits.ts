/**
 * Edits a project at random, every kind of edit once before any comes again: data, names, options, templates, modules,
 * packages, models, stores, records, kills. After each edit, what ran must be what the plan said, what stands there what a run
 * on an empty store gives (every tenth time the compiled program), and the reason must name the edit.
 *
 * Ctrl-C ends it after the edit that it is at, with the figures until then.
 *
 *   npm run build && node --import tsx bench/edits.ts [--edits 1000] [--seed 1]
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot } from '../src/system/package-root.ts';
import type { RunRecord } from '../src/engine/record.ts';
import { editProject } from './attack/edits/edits.ts';
import type { Random } from './attack/edits/kinds.ts';
import { organisms } from './attack/edits/models.ts';
import type { Project } from './attack/edits/project.ts';

const { values } = parseArgs({
  options: { edits: { type: 'string', default: '1000' }, seed: { type: 'string', default: '1' } },
});

/** Runs the compiled program on an empty store. */
async function runProgram(project: Project): Promise<{ record: RunRecord; folder: string }> {
  const place = project.path(`program-${Date.now()}`);
  const program = join(packageRoot, 'dist/src/cli/main.js');
  const places = ['--store', join(place, 'store'), '--runs', join(place, 'runs')];
  await ended([program, 'run', project.file, '--trust', '--backend', 'wasm', ...places], project);
  const folder = join(place, 'runs/latest');
  return { record: JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8')) as RunRecord, folder };
}

/** Kills a run of this code in another process within the time that a short one takes. */
async function killRun(project: Project, random: Random): Promise<void> {
  const module = join(packageRoot, 'bench/attack/edits/killed-run.ts');
  await ended(['--import', 'tsx', module, project.dir], project, 500 + random(4000));
}

function ended(args: readonly string[], project: Project, killedAfterMs?: number): Promise<void> {
  const env = {
    ...process.env,
    NODE_OPTIONS: '',
    XDG_CACHE_HOME: project.path('cache'),
    XDG_DATA_HOME: project.path('data'),
  };
  const child = spawn(process.execPath, args, { cwd: packageRoot, env, stdio: 'ignore' });
  const timer =
    killedAfterMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killedAfterMs);
  return new Promise((resolve) => {
    child.on('close', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

if (!existsSync(join(packageRoot, 'dist/src/cli/main.js'))) throw new Error('build first: npm run build');
const stopped = new AbortController();
process.once('SIGINT', () => stopped.abort());
const began = performance.now();
const figures = await editProject({
  edits: Number(values.edits),
  seed: Number(values.seed),
  signal: stopped.signal,
  models: organisms,
  independent: { every: 10, run: runProgram },
  kill: killRun,
  onEdit: (number, name, outcome) => console.log(`${String(number).padStart(4)}  ${name}: ${outcome}`),
});
const seconds = Math.round((performance.now() - began) / 1000);
console.log(JSON.stringify({ ...figures, seconds }, null, 2));
const out = join(packageRoot, 'bench/out');
mkdirSync(out, { recursive: true });
writeFileSync(
  join(out, 'edits.json'),
  `${JSON.stringify({ ...figures, seconds, node: process.version }, null, 2)}\n`,
);
process.exitCode = figures.problems.length === 0 ? 0 : 1;
