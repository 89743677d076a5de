import { type PlannedPipeline, runPipeline } from '../../engine/index.ts';
import type { Diagnostic } from '../../engine/diagnostic.ts';
import type { RunRecord } from '../../engine/record.ts';
import { DEFAULT_RUNS, DEFAULT_STORE } from '../options/defaults.ts';
import { collapseEvents, collapsePlan, collapseRun } from '../terminal/collapse.ts';
import { EXIT } from '../exit-codes.ts';
import { type Interruption, listenForInterrupts } from '../terminal/interrupt.ts';
import { ownVersion } from '../own-version.ts';
import { openProgress } from '../terminal/progress.ts';
import { reportProblems } from '../report-failure.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { wordFile } from '../wording/diagnostics.ts';
import { wordPlanCount } from '../wording/plan.ts';
import { count } from '../wording/parts/quantities.ts';
import { list } from '../wording/reasons.ts';
import { withRemedyWorded } from '../wording/remedies.ts';
import { wordRunCount } from '../wording/stage.ts';
import { type ExecutionOptions, openWorkshop, type Workshop } from '../pipeline/prepare-run.ts';

export interface RunOptions extends ExecutionOptions {
  readonly keepGoing?: boolean;
  readonly dryRun?: boolean;
  /** Run again on every edit. */
  readonly watch?: boolean;
  /** Show every instance of a matrix stage. */
  readonly expand?: boolean;
}

/** `assay run`: progress on stderr, results on stdout. */
export async function run(terminal: Terminal, options: RunOptions, given?: string): Promise<number> {
  if (options.dryRun) return (await import('./plan.ts')).plan(terminal, options, given);
  if (options.watch) return (await import('./watch.ts')).watch(terminal, options, given);
  const { err } = terminal;
  const interruption = listenForInterrupts(() =>
    err.write('\nStopping: what is done is kept. Ctrl-C again stops at once.\n'),
  );
  try {
    return await runOnce(terminal, options, given, interruption);
  } finally {
    interruption.release();
  }
}

/** One run, however it is ended; gives the exit code. `onPlan` is called before anything runs. */
export async function runOnce(
  terminal: Terminal,
  options: RunOptions,
  given: string | undefined,
  interruption: Interruption,
  onPlan?: (planned: PlannedPipeline) => void,
): Promise<number> {
  let workshop: Workshop | undefined;
  try {
    workshop = await openWorkshop(terminal, options, given, async (model) =>
      (await import('../fetch-model.ts')).fetchModel(terminal.err, model, interruption.signal),
    );
    onPlan?.(workshop.planned);
    const { record, folder } = await execute(workshop, terminal, options, interruption);
    await report(record, folder, terminal, options, workshop.warnings);
    sayHowToGoOn(record, workshop, terminal, options);
    return interruption.exitCode() ?? exitCodeOf(record);
  } catch (error) {
    const code = interruption.exitCode();
    // A download that was stopped: there is no run yet, and what came is kept.
    if (workshop === undefined && code !== undefined) return code;
    throw error;
  } finally {
    await workshop?.close();
  }
}

/** A run that failed by the user's mistake alone ends as any other mistake does. */
function exitCodeOf({ state, stages }: RunRecord): number {
  if (state === 'succeeded') return EXIT.ok;
  const failures = stages.flatMap(({ failure }) => failure ?? []);
  const isMistake = failures.length > 0 && failures.every(({ blame }) => blame !== 'machine');
  return isMistake ? EXIT.usage : EXIT.failed;
}

async function execute(
  { planned, store, services }: Workshop,
  { err }: Terminal,
  options: RunOptions,
  { signal }: Interruption,
): Promise<{ record: RunRecord; folder: string }> {
  const { plan } = planned;
  err.write(`${err.colors.bold(plan.pipeline.name)} (${plan.pipeline.file}), ${wordPlanCount(plan)}\n`);
  const expand = options.expand === true;
  const shown = expand ? plan.stages : collapsePlan(plan.stages);
  const longest = shown.reduce((most, { name }) => Math.max(most, name.length), 0);
  const progress = openProgress(err, { stage: longest });
  try {
    return await runPipeline(planned, {
      store,
      runsDir: options.runs,
      services,
      onEvent: expand ? progress.onEvent : collapseEvents(plan.stages, progress.onEvent),
      signal,
      keepGoing: options.keepGoing === true,
      inWords: withRemedyWorded,
      versions: { assay: ownVersion(), node: process.versions.node },
    });
  } finally {
    progress.close();
  }
}

async function report(
  record: RunRecord,
  folder: string,
  terminal: Terminal,
  options: RunOptions,
  warnings: readonly Diagnostic[],
): Promise<void> {
  const { out, err, cwd } = terminal;
  const failures = record.stages.flatMap(({ failure }) => failure ?? []);
  if (options.format === 'sarif') {
    reportProblems([...warnings, ...failures], terminal, 'sarif');
    return;
  }
  if (options.format === 'json') {
    out.write(`${JSON.stringify({ folder, record }, null, 2)}\n`);
  } else {
    const { readResults } = await import('../pipeline/results.ts');
    const { wordResults } = await import('../wording/results.ts');
    out.write(wordResults(await readResults(record, folder), out, cwd));
    out.write(`\nrun ${wordFile(folder, cwd)}\n${wordRunCount(record)}\n`);
  }
  if (failures.length === 0) return;
  err.write('\n');
  // In JSON they are in the record.
  reportProblems(failures, terminal, options.format === 'json' ? 'text' : options.format);
}

function sayHowToGoOn(
  { stages: all, state }: RunRecord,
  { file }: Workshop,
  { err }: Terminal,
  options: RunOptions,
): void {
  if (state === 'succeeded') return;
  const stages = options.expand === true ? all : collapseRun(all);
  const done = stages.filter((stage) => stage.state === 'cached' || stage.state === 'ran');
  const skipped = stages.filter((stage) => stage.state === 'skipped').map(({ name }) => name);
  if (skipped.length > 0) err.write(`\nSkipped, because they need what failed: ${list(skipped)}.\n`);
  const what = state === 'cancelled' ? 'Stopped' : 'Failed';
  err.write(`\n${what}: ${done.length} of ${count(stages.length, 'stage')} done and kept. `);
  err.write(`To go on from there: ${commandOf(file, options)}\n`);
}

/** What to type to run the same again; what was forced is done by then, or is run anyway. */
function commandOf(file: string, { set, model, backend, memory, store, runs }: RunOptions): string {
  const words = ['assay', 'run', file, ...set.flatMap((setting) => ['--set', setting])];
  if (model !== undefined) words.push('--model', model);
  if (backend !== undefined) words.push('--backend', backend);
  if (memory !== undefined) words.push('--memory', memory);
  if (store !== DEFAULT_STORE) words.push('--store', store);
  if (runs !== DEFAULT_RUNS) words.push('--runs', runs);
  return words.map(quoted).join(' ');
}

/** As a POSIX shell takes it for one word. */
function quoted(word: string): string {
  return /^[\w@%+=:,./~-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
