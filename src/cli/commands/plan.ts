import { jsonText } from '../wording/forms/json.ts';
import { EXIT } from '../exit-codes.ts';
import { reportProblems } from '../report-failure.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { wordPlan } from '../wording/plan.ts';
import type { Plan } from '../../engine/record.ts';
import { estimateRun } from '../pipeline/estimate.ts';
import { type ExecutionOptions, type PreparedRun, prepareRun } from '../pipeline/prepare-run.ts';

/** `assay plan`, and `assay run --dry-run`: what would run and why. Runs nothing, writes nothing. */
export async function plan(
  terminal: Terminal,
  options: ExecutionOptions & { readonly expand?: boolean },
  given?: string,
): Promise<number> {
  const prepared = await prepareRun(terminal, options, given);
  const estimate = await estimateRun(prepared);
  await prepared.close();
  const { out } = terminal;
  const planned = await withRows(prepared, options);
  if (options.format === 'sarif') {
    reportProblems(prepared.warnings, terminal, options.format);
    return EXIT.ok;
  }
  out.write(
    options.format === 'json'
      ? jsonText(planned)
      : wordPlan(planned, out, { expand: options.expand === true, estimate }),
  );
  return EXIT.ok;
}

/** Tables are read only where one changed, and only what is shown needs them: a plan of nothing to do stays as fast. */
async function withRows({ planned, store }: PreparedRun, { runs }: ExecutionOptions): Promise<Plan> {
  const { plan: plain } = planned;
  const changed = plain.stages.some(({ reasons }) => reasons.some(({ type }) => type === 'changed'));
  if (!changed) return plain;
  const { withInputRows } = await import('../../engine/diff/input-rows.ts');
  const where = { store, runsDir: runs, pipeline: plain.pipeline.name, planned: plain.stages };
  const stages = plain.stages.map(async (stage) => ({
    ...stage,
    reasons: await withInputRows(stage.reasons, where),
  }));
  return { ...plain, stages: await Promise.all(stages) };
}
