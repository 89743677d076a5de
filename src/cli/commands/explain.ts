import { explainStage } from '../explain-stage.ts';
import { didYouMean, listNames } from '../../engine/pipeline/suggest.ts';
import { EXIT } from '../exit-codes.ts';
import type { Terminal } from '../terminal.ts';
import { usageFailure } from '../usage-failure.ts';
import { wordExplanation } from '../wording/explanation.ts';
import { type ExecutionOptions, openWorkshop } from '../workshop.ts';

/** `assay explain STAGE`: every component of the stage's key against the last run. */
export async function explain(
  terminal: Terminal,
  options: ExecutionOptions,
  name?: string,
  given?: string,
): Promise<number> {
  const workshop = await openWorkshop(terminal, options, given);
  await workshop.close();
  const { plan } = workshop.planned;
  const stage = plan.stages.find((planned) => planned.name === name);
  if (!stage) {
    const names = plan.stages.map((planned) => planned.name);
    const next = didYouMean(name ?? '', names);
    throw usageFailure('unknown-stage', `${plan.pipeline.name} has no stage \`${name ?? ''}\``, {
      expected: listNames(names),
      ...(next === undefined ? {} : { next }),
    });
  }
  const explanation = await explainStage(stage, plan.pipeline.name, options.runs);
  const { out } = terminal;
  out.write(
    options.format === 'json'
      ? `${JSON.stringify(explanation, null, 2)}\n`
      : wordExplanation(explanation, out.colors),
  );
  return EXIT.ok;
}
