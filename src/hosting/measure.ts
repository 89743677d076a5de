import { type StageContext } from '../engine/stage-kind.ts';
import { Failure } from '../system/failure.ts';
import type { Measurement, TextModel } from '../model/text/score.ts';
import { modelHost, withModelFailures } from './model-host.ts';

type NotUnicode = 'prompt-not-unicode' | 'target-not-unicode' | 'text-not-unicode';

/** Failures that are about a text, and the option that makes that text. */
export type TextOptions = Readonly<
  Partial<Record<'target-empty' | 'no-context' | 'too-long' | 'no-bos' | NotUnicode, string>>
>;

/**
 * Plans with a model's tokenizer, reads everything that was planned (in one forward pass with all stages that use the
 * model at the same time) and gives the results in the order of the plans.
 *
 * @param plan called once, with the model's tokenizer.
 * @param textOptions where failures about a text belong.
 */
export async function readPlans<Result>(
  { options, baseDir, services, signal, progress, measure }: StageContext<{ readonly model: string }>,
  plan: (model: TextModel) => readonly Measurement<Result>[],
  textOptions: TextOptions,
): Promise<readonly Result[]> {
  return withModelFailures(['model'], async () => {
    const host = services.get(modelHost);
    const found = await host.identify(options.model, { baseDir });
    return host.lend(found, async (model) => {
      const plans = plannedAt(textOptions, () => plan(model));
      const requests = plans.flatMap((planned) => planned.requests);
      const { readings, figures } = await model.read(requests, {
        signal,
        onProgress: (done, total) => progress(done, total, 'tokens'),
      });
      measure(figures);
      let at = 0;
      return plans.map((planned) => planned.result(readings.slice(at, (at += planned.requests.length))));
    });
  });
}

function plannedAt<T>(textOptions: TextOptions, plan: () => T): T {
  try {
    return plan();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const option = textOptions[error.details.code as keyof TextOptions] ?? 'model';
    throw new Failure({ ...error.details, path: [option] });
  }
}
