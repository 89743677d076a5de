/**
 * Whether the forward pass gives the same bytes each time, and how little of it a kill loses. Needs a build.
 *
 *   node dist/bench/model/pass.js [--backend tensorflow|wasm] [--model FOLDER] [--runs 6] [--edits 30] [--kills 10] [--questions 60]
 *
 * same: runs of one pipeline on empty stores, each with more processes that keep the machine busy than the one before. edits: formats
 * and questions come and go, and after each edit a run on the store of all before is compared with one on an empty store. kills: runs
 * are killed by SIGKILL at moments spread over their pass; what is lost is the time since readings were kept last, and the run that
 * goes on must give the bytes of an undisturbed one. Exit code 1 where bytes differ or more than four seconds are lost.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { RunRecord } from '../../src/engine/record.ts';
import { must } from '../../src/system/internal-error.ts';
import { packageRoot } from '../../src/system/package-root.ts';
import { artifactsOf, pipelineOf } from '../attack/kills.ts';
import { checkStore, seeded } from '../attack/store-check.ts';

/** Seconds of work. */
const mostLost = 4;

const { values: options } = parseArgs({
  options: {
    backend: { type: 'string' },
    model: { type: 'string', default: 'organism' },
    runs: { type: 'string', default: '6' },
    edits: { type: 'string', default: '30' },
    kills: { type: 'string', default: '10' },
    questions: { type: 'string', default: '60' },
  },
});
const program = join(packageRoot, 'dist/src/cli/main.js');
const dir = mkdtempSync(join(tmpdir(), 'assay-pass-'));
const questions = Number(options.questions);
const problems: string[] = [];

try {
  writeFileSync(join(dir, 'pass.yaml'), textOf(questions));
  const { bytes, ms } = await finish('undisturbed');
  console.log(`undisturbed: ${(ms / 1000).toFixed(1)} s`);
  await sameUnderLoad(bytes);
  await sameAfterEdits();
  await killed(bytes, ms);
} finally {
  rmSync(dir, { recursive: true, force: true });
}
for (const problem of problems) console.log(problem);
if (problems.length > 0) process.exitCode = 1;

/** That of `kills`, for any model. */
function textOf(count: number, from = 0): string {
  return pipelineOf(count, from)
    .replace('stages:', 'params: { model: organism }\nstages:')
    .replace('with: { target:', "with: { model: '${params.model}', target:")
    .replace(
      'perplexity, from: prompts }',
      "perplexity, from: prompts, with: { model: '${params.model}' } }",
    );
}

async function sameUnderLoad(expected: string): Promise<void> {
  let same = 0;
  for (let run = 0; run < Number(options.runs); run += 1) {
    const busy = Array.from({ length: run }, () =>
      spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }),
    );
    const { bytes } = await finish(`load-${run}`).finally(() =>
      busy.forEach((child) => child.kill('SIGKILL')),
    );
    if (bytes === expected) same += 1;
    else problems.push(`same: with ${run} busy processes other bytes`);
  }
  console.log(
    `same: ${same} of ${options.runs} runs on empty stores, under load, have the bytes of the first`,
  );
}

async function sameAfterEdits(): Promise<void> {
  const random = seeded(1);
  let same = 0;
  for (let edit = 0; edit < Number(options.edits); edit += 1) {
    const count = 2 + Math.floor(random() * Math.min(questions, 20));
    const lines = textOf(count, Math.floor(random() * 20)).split('\n');
    // Some formats are left out; `plain` stays.
    const edited = lines.filter((line) => !/^ {8}(?:stack|wiki|chat|rev|upper)/.test(line) || random() < 0.6);
    writeFileSync(join(dir, 'pass.yaml'), edited.join('\n'));
    const cached = await finish('edited');
    const fresh = await finish(`fresh-${edit}`);
    if (cached.bytes === fresh.bytes) same += 1;
    else problems.push(`edits: after edit ${edit} the partly cached run has other bytes than a fresh one`);
  }
  console.log(`edits: ${same} of ${options.edits} partly cached runs have the bytes of a fresh one`);
  writeFileSync(join(dir, 'pass.yaml'), textOf(questions));
}

async function killed(expected: string, ms: number): Promise<void> {
  const lost: number[] = [];
  const kept: number[] = [];
  for (let kill = 0; kill < Number(options.kills); kill += 1) {
    const name = `kill-${kill}`;
    const child = start(name);
    const ended = new Promise((resolve) => child.on('close', resolve));
    await firstRows(name, child);
    await new Promise((resolve) => setTimeout(resolve, (ms * kill) / Number(options.kills) / 1.5));
    const isAmid = child.exitCode === null;
    const at = Date.now();
    child.kill('SIGKILL');
    await ended;
    if (isAmid) lost.push((at - keptAt(name)) / 1000);
    kept.push(checkStore(join(dir, name, 'store')).rows.size);
    const { bytes } = await finish(name);
    if (bytes !== expected) problems.push(`kills: the run that went on after kill ${kill} has other bytes`);
  }
  const most = Math.max(...lost, 0);
  if (most > mostLost) problems.push(`kills: ${most.toFixed(1)} s of work are lost, not at most ${mostLost}`);
  const seconds = lost.map((each) => each.toFixed(1)).join(', ');
  console.log(`kills: ${lost.length} amid the pass, seconds lost ${seconds}; rows kept ${kept.join(', ')}`);
}

/** Until readings are kept for the first time, or the run has ended. */
async function firstRows(name: string, child: ChildProcess): Promise<void> {
  while (child.exitCode === null && keptAt(name) === 0) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** When readings were kept last, as `Date.now` tells; 0: never. */
function keptAt(name: string): number {
  const rows = join(dir, name, 'store', 'rows');
  try {
    return readdirSync(rows, { recursive: true })
      .map(String)
      .filter((file) => file.endsWith('.rows'))
      .reduce((last, file) => Math.max(last, statSync(join(rows, file)).mtimeMs), 0);
  } catch {
    return 0;
  }
}

function start(name: string): ChildProcess {
  mkdirSync(join(dir, name), { recursive: true });
  const place = ['--store', `${name}/store`, '--runs', `${name}/runs`];
  const backend = options.backend === undefined ? [] : ['--backend', options.backend];
  return spawn(
    process.execPath,
    [program, 'run', 'pass.yaml', '--model', options.model, ...place, ...backend],
    {
      cwd: dir,
      stdio: 'ignore',
    },
  );
}

/** Runs to the end; the digests of all artifacts. */
async function finish(name: string): Promise<{ readonly bytes: string; readonly ms: number }> {
  const began = performance.now();
  const child = start(name);
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  const ms = performance.now() - began;
  if (code !== 0) problems.push(`${name}: ended with ${String(code)}`);
  const record = JSON.parse(readFileSync(join(dir, name, 'runs/latest/run.json'), 'utf8')) as RunRecord;
  return { bytes: JSON.stringify(must(artifactsOf(record), 'artifacts')), ms };
}
