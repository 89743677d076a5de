import { jsonText } from '../../wording/forms/json.ts';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openStore, readRun } from '../../../engine/index.ts';
import type { RunStage } from '../../../engine/record.ts';
import { EXIT } from '../../exit-codes.ts';
import { explainStage, explainStageBetween, type RecordedStage } from '../../pipeline/explain-stage.ts';
import { noStage } from '../../pipeline/no-stage.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import { valueOf } from '../../usage-failure.ts';
import { wordExplanation } from '../../wording/explanation.ts';
import { type ExecutionOptions, prepareRun } from '../../pipeline/prepare-run.ts';

/**
 * `assay explain STAGE`: every component of the stage's key against the last run; `STAGE RUN`: against that run;
 * `STAGE RUN..RUN`: of one run against that of an earlier one.
 */
export async function explain(
  terminal: Terminal,
  options: ExecutionOptions,
  name = '',
  first?: string,
  second?: string,
): Promise<number> {
  const isRun = first !== undefined && (second !== undefined || !isPipeline(first));
  const [runs, pipeline] = isRun ? [first, second] : [undefined, first];
  const explanation = await explanationOf(terminal, options, { name, runs, pipeline });
  const { out } = terminal;
  out.write(options.format === 'json' ? jsonText(explanation) : wordExplanation(explanation, out.colors));
  return EXIT.ok;
}

async function explanationOf(
  terminal: Terminal,
  options: ExecutionOptions,
  asked: { readonly name: string; readonly runs: string | undefined; readonly pipeline: string | undefined },
) {
  const { name, runs, pipeline } = asked;
  const range = /^([^.].*?)\.\.(.+)$/.exec(runs ?? '');
  if (range !== null) {
    const [, a = '', b = ''] = range;
    const [before, after] = [await recorded(a, name, options), await recorded(b, name, options)];
    return explainStageBetween(before, after, { store: openStore(options.store), runsDir: options.runs });
  }
  const before = runs === undefined ? undefined : await recorded(runs, name, options);
  const prepared = await prepareRun(terminal, options, pipeline);
  await prepared.close();
  const { plan } = prepared.planned;
  const stage = plan.stages.find((planned) => planned.name === name);
  if (!stage) throw noStage(name, plan.stages, plan.pipeline.name);
  const where = { store: prepared.store, runsDir: options.runs, pipeline: plan.pipeline.name };
  return explainStage(stage, { ...where, planned: plan.stages }, before);
}

/** Anything that is neither a run folder nor written like a file is the name of a run. */
function isPipeline(given: string): boolean {
  if (/\.ya?ml$/.test(given)) return true;
  return existsSync(given) && !existsSync(join(given, 'run.json'));
}

async function recorded(ref: string, name: string, { runs }: ExecutionOptions): Promise<RecordedStage> {
  const { record } = valueOf(await readRun(runs, ref));
  const stage: RunStage | undefined = record.stages.find((one) => one.name === name);
  if (stage === undefined) throw noStage(name, record.stages, record.id);
  return { run: record.id, pipeline: record.pipeline.name, stage };
}
