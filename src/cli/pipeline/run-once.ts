import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf } from '../../system/errno.ts';
import { Failure } from '../../system/failure.ts';
import { jsonText } from '../wording/forms/json.ts';
import { type PlannedPipeline, type RecordedRun, runPipeline } from '../../engine/index.ts';
import type { RunRecord } from '../../engine/record.ts';
import type { ModelHostOptions } from '../../hosting/open-host.ts';
import { EXIT } from '../exit-codes.ts';
import { ownVersion } from '../own-version.ts';
import { reportProblems } from '../report-failure.ts';
import { collapseEvents, collapsePlan } from '../terminal/collapse.ts';
import type { Interruption } from '../terminal/interrupt.ts';
import { openProgress } from '../terminal/progress.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { wordFile } from '../wording/diagnostics.ts';
import { wordPlanTitle } from '../wording/plan.ts';
import { withRemedyWorded } from '../wording/remedies.ts';
import { wordUnfinished } from '../wording/run.ts';
import { wordRunCount } from '../wording/stage.ts';
import { lastEstimate } from './estimate.ts';
import { refuseTaken } from './run-names.ts';
import { openThreads } from './threads/open-threads.ts';
import { type ExecutionOptions, type PreparedRun, prepareRun } from './prepare-run.ts';

/** How long threads are waited for at the end of a run, in milliseconds. */
const PATIENCE_MS = 500;

export interface RunOptions extends ExecutionOptions {
  readonly keepGoing?: boolean;
  /** File for what became of the claims, as JUnit XML. */
  readonly junit?: string;
  /** What the run is called. */
  readonly name?: string;
  readonly tag?: readonly string[];
  /** Show every instance of a matrix stage. */
  readonly expand?: boolean;
}

/**
 * One run, however it is ended: progress on stderr, results on stdout; gives the exit code.
 * @param given the pipeline file, if one was named
 * @param onPlan called before anything runs
 */
export async function runOnce(
  terminal: Terminal,
  options: RunOptions,
  given: string | undefined,
  interruption: Interruption,
  onPlan?: (planned: PlannedPipeline) => void,
): Promise<number> {
  let prepared: PreparedRun | undefined;
  try {
    const fetch: NonNullable<ModelHostOptions['fetch']> = async (model) => {
      interruption.listen();
      return (await import('../fetch-model.ts')).fetchModel(terminal.err, model, interruption.signal);
    };
    // What reads and plans leaves nothing behind, so a signal may end it as it ends any program.
    interruption.ignore();
    if (options.name !== undefined) await refuseTaken(options.name, options.runs);
    prepared = await prepareRun(terminal, options, given, options.untrusted === true ? undefined : fetch);
    interruption.listen();
    onPlan?.(prepared.planned);
    const run = await execute(prepared, terminal, options, interruption);
    const { record, unrecorded } = run;
    const reportFile = await reportIfNew(run, terminal);
    await report(run, terminal, options, prepared, reportFile);
    if (options.junit !== undefined) await writeJunit(record, options.junit, terminal);
    if (record.state !== 'succeeded') terminal.err.write(wordUnfinished(record, prepared.file, options));
    const exitCode = interruption.exitCode() ?? exitCodeOf(record);
    return exitCode === EXIT.ok && (unrecorded.length > 0 || isBroken(record)) ? EXIT.failed : exitCode;
  } catch (error) {
    const code = interruption.exitCode();
    // A download that was stopped: there is no run yet, and what came is kept.
    if (prepared === undefined && code !== undefined) return code;
    throw error;
  } finally {
    await prepared?.close();
    await interruption.ended();
  }
}

/** A run that failed by the user's mistake alone ends as any other mistake does. */
function exitCodeOf({ state, stages }: RunRecord): number {
  if (state === 'succeeded') return EXIT.ok;
  const failures = stages.flatMap(({ failure }) => failure ?? []);
  const isMistake = failures.length > 0 && failures.every(({ blame }) => blame !== 'machine');
  return isMistake ? EXIT.usage : EXIT.failed;
}

/** Whether a claim that must hold does not. */
function isBroken({ stages }: RunRecord): boolean {
  return stages.some(({ gates = [] }) => gates.some(({ breaks }) => breaks));
}

async function writeJunit(record: RunRecord, file: string, { cwd }: Terminal): Promise<void> {
  const { wordJunit } = await import('../wording/forms/junit.ts');
  const { writeWhole } = await import('../../system/whole-file.ts');
  const path = resolve(cwd, file);
  try {
    await writeWhole(path, wordJunit(record));
  } catch (error) {
    throw new Failure({
      code: 'file-unwritable',
      blame: 'machine',
      message: 'what became of the claims cannot be written',
      where: path,
      found: codeOf(error) ?? String(error),
    });
  }
}

async function execute(
  { planned, store, services, host }: PreparedRun,
  { err }: Terminal,
  { runs, keepGoing = false, expand = false, name, tag: tags = [] }: RunOptions,
  interruption: Interruption,
): Promise<RecordedRun> {
  const { plan } = planned;
  err.write(wordPlanTitle(plan, err.colors, lastEstimate(plan)));
  const shown = expand ? plan.stages : collapsePlan(plan.stages);
  const longest = shown.reduce((most, { name }) => Math.max(most, name.length), 0);
  const progress = openProgress(err, { stage: longest });
  const computing = openThreads({ store: store.dir, host, print: progress.print });
  interruption.endFirst(() => computing.close());
  try {
    return await runPipeline(planned, {
      store,
      runsDir: runs,
      services,
      computing,
      onEvent: expand ? progress.onEvent : collapseEvents(plan.stages, progress.onEvent),
      signal: interruption.signal,
      keepGoing,
      inWords: withRemedyWorded,
      labels: { ...(name !== undefined && { name }), tags },
      headline: async (stages, folder) => (await import('./headline.ts')).headlineOf(stages, folder),
      versions: { assay: ownVersion(), node: process.versions.node },
    });
  } finally {
    // One that is in native code cannot be ended: it must not keep the program from telling how the run went.
    await Promise.race([computing.close(), sleep(PATIENCE_MS, undefined, { ref: false })]);
    progress.close();
  }
}

/**
 * Writes the report of a run in which something was computed: one in which all was cached says what the last one said, and is
 * over before a report is written. Gives its file; a report that cannot be written is told, and the run is as it is.
 */
async function reportIfNew({ record, folder }: RecordedRun, { err }: Terminal): Promise<string | undefined> {
  if (record.stages.every(({ state }) => state === 'cached')) return undefined;
  try {
    const { reportRun } = await import('./report.ts');
    return (await reportRun({ record, folder })).path;
  } catch (error) {
    err.write(`the report was not written: ${error instanceof Error ? error.message : String(error)}\n`);
    return undefined;
  }
}

async function report(
  { record, folder, unrecorded }: RecordedRun,
  terminal: Terminal,
  { format }: RunOptions,
  { warnings, store }: PreparedRun,
  reportFile: string | undefined,
): Promise<void> {
  const { out, err, cwd } = terminal;
  const failures = [...record.stages.flatMap(({ failure }) => failure ?? []), ...unrecorded];
  if (format === 'sarif') {
    reportProblems([...warnings, ...failures], terminal, 'sarif');
    return;
  }
  if (format === 'json') {
    out.write(jsonText({ folder, record, ...(unrecorded.length > 0 && { unrecorded }) }));
  } else {
    const { readResults } = await import('./results.ts');
    const { wordResults } = await import('../wording/results.ts');
    out.write(wordResults(await readResults(record, folder, store), out, cwd));
    const opened = reportFile === undefined ? '' : `report ${wordFile(reportFile, cwd)}\n`;
    out.write(`\nrun ${wordFile(folder, cwd)}\n${opened}${wordRunCount(record)}\n`);
  }
  if (failures.length === 0) return;
  err.write('\n');
  // In JSON they are in the record.
  reportProblems(failures, terminal, format === 'json' ? 'text' : format);
}
