import { jsonText } from '../../wording/forms/json.ts';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openStore, readRun } from '../../../engine/index.ts';
import { EXIT } from '../../exit-codes.ts';
import { explainStages, type Explanation } from '../../pipeline/explain-stage.ts';
import { noStage } from '../../pipeline/no-stage.ts';
import {
  backendOfRun,
  fileOfRun,
  first as firstOf,
  runsOfStage,
  settingsOfRun,
  stagesNamed,
  type StageRun,
} from '../../pipeline/stage-runs.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import { valueOf } from '../../usage-failure.ts';
import { wordExplanation } from '../../wording/explanation.ts';
import { type ExecutionOptions, prepareRun } from '../../pipeline/prepare-run.ts';

export interface ExplainOptions extends ExecutionOptions {
  readonly all?: boolean;
}

/**
 * `assay explain STAGE`: the last run of the stage against the one before it, or, once something was edited, what would run
 * now against the last run; `STAGE RUN`: what would run against that run; `STAGE RUN..RUN`: of one run against that of
 * an earlier one.
 */
export async function explain(
  terminal: Terminal,
  options: ExplainOptions,
  name = '',
  first?: string,
  second?: string,
): Promise<number> {
  const isRun = first !== undefined && (second !== undefined || !isPipeline(first));
  const [runs, pipeline] = isRun ? [first, second] : [undefined, first];
  const explanation = await explanationOf(terminal, options, { name, runs, pipeline });
  const { out } = terminal;
  out.write(
    options.format === 'json'
      ? jsonText(explanation)
      : wordExplanation(explanation, { colors: out.colors, all: options.all === true }),
  );
  return EXIT.ok;
}

interface Asked {
  readonly name: string;
  readonly runs: string | undefined;
  readonly pipeline: string | undefined;
}

async function explanationOf(
  terminal: Terminal,
  options: ExplainOptions,
  asked: Asked,
): Promise<Explanation> {
  const range = /^([^.].*?)\.\.(.+)$/.exec(asked.runs ?? '');
  if (range === null) return explainNow(terminal, options, asked);
  const [, a = '', b = ''] = range;
  const [before, after] = [await recorded(a, asked.name, options), await recorded(b, asked.name, options)];
  return explainRun(after, before, options);
}

/** What would run now against a run; where that is what the last run did, that run against the one before. */
async function explainNow(
  terminal: Terminal,
  options: ExplainOptions,
  { name, runs, pipeline }: Asked,
): Promise<Explanation> {
  const { cwd } = terminal;
  const given = runs === undefined ? undefined : await recorded(runs, name, options);
  const latest = given ?? (await firstOf(runsOfStage(options.runs, name))) ?? (await lastRun(options));
  const file = pipeline ?? (latest === undefined ? undefined : fileOfRun(latest.record, cwd));
  // What was set for the run that is explained is not an edit since.
  const isAsThen =
    options.set.length === 0 && options.model === undefined && file === latest?.record.pipeline.file;
  const set = latest !== undefined && isAsThen ? settingsOfRun(latest.record, cwd) : options.set;
  // Nor is the backend, which the key of what reads a model holds.
  const backend = options.backend ?? (latest === undefined ? undefined : backendOfRun(latest.record));
  const prepared = await prepareRun(
    terminal,
    { ...options, set, ...(backend !== undefined && { backend }) },
    file,
  );
  await prepared.close();
  const { plan } = prepared.planned;
  const stages = stagesNamed(plan.stages, name);
  if (stages.length === 0) throw noStage(name, plan.stages, plan.pipeline.name);
  const past = given ?? (await firstOf(runsOfStage(options.runs, name, plan.pipeline.name)));
  const isThat = past !== undefined && stages.every(isRecordedBy(past));
  if (isThat && given === undefined) return explainRun(past, await before(past, name, options), options);
  const where = {
    store: prepared.store,
    runsDir: options.runs,
    pipeline: plan.pipeline.name,
    planned: plan.stages,
  };
  return explainStages(stages, past && { run: past.record.id, stages: past.stages }, where);
}

function isRecordedBy({ stages }: StageRun): (planned: StageRun['stages'][number] | Planned) => boolean {
  return ({ name, keyDigest }) =>
    keyDigest !== undefined && stages.some((stage) => stage.name === name && stage.keyDigest === keyDigest);
}

type Planned = Pick<StageRun['stages'][number], 'name' | 'keyDigest'>;

/** Of any stage: where none has recorded the one that is asked for, its pipeline is still the one that is meant. */
async function lastRun({ runs }: ExplainOptions): Promise<StageRun | undefined> {
  const last = await readRun(runs, 'latest');
  return last.ok ? { record: last.value.record, stages: [] } : undefined;
}

/** The last run before another that recorded the stage. */
async function before(
  { record }: StageRun,
  name: string,
  { runs }: ExplainOptions,
): Promise<StageRun | undefined> {
  let isPast = false;
  for await (const run of runsOfStage(runs, name, record.pipeline.name)) {
    if (isPast) return run;
    isPast = run.record.id === record.id;
  }
  return undefined;
}

function explainRun(
  { record, stages }: StageRun,
  old: StageRun | undefined,
  options: ExplainOptions,
): Promise<Explanation> {
  const where = { store: openStore(options.store), runsDir: options.runs, pipeline: record.pipeline.name };
  return explainStages(stages, old && { run: old.record.id, stages: old.stages }, where, record.id);
}

/** Anything that is neither a run folder nor written like a file is the name of a run. */
function isPipeline(given: string): boolean {
  if (/\.ya?ml$/.test(given)) return true;
  return existsSync(given) && !existsSync(join(given, 'run.json'));
}

async function recorded(ref: string, name: string, { runs }: ExplainOptions): Promise<StageRun> {
  const { record } = valueOf(await readRun(runs, ref));
  const stages = stagesNamed(record.stages, name);
  if (stages.length === 0) throw noStage(name, record.stages, record.id);
  return { record, stages };
}
