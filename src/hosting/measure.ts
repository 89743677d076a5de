import type { StageContext } from '../engine/stage-kind.ts';
import {
  scoreMeasurement,
  type Measurement,
  type TextModel,
  type Score,
  type ScoreItem,
  type ScoreOptions,
} from '../model/text/score.ts';
import { Failure } from '../system/failure.ts';
import { atOption } from './model-component.ts';
import { modelHost } from './model-host.ts';

export type { Score } from '../model/text/score.ts';

/** The option of the stage that makes the texts that a failure is about, by the failure's code. */
export type TextOptions = Readonly<Record<string, string>>;

type MeasureContext = StageContext<{ readonly model: string }>;

/** The score of each item, in order. @throws Failure at the option of `textOptions`, or at `model` */
export function measureScores(
  context: MeasureContext,
  items: readonly ScoreItem[],
  options: ScoreOptions,
  textOptions: TextOptions,
): Promise<readonly Score[]> {
  return measure(
    context,
    (model) => items.map((item) => scoreMeasurement(model, item, options)),
    textOptions,
  );
}

/** Asks everything at once, so that it goes into one forward pass with all stages that use the model at the same time. */
async function measure<Result>(
  context: MeasureContext,
  measurementsOf: (model: TextModel) => readonly Measurement<Result>[],
  textOptions: TextOptions,
): Promise<readonly Result[]> {
  const { options, baseDir, services, signal } = context;
  return atOption('model', async () => {
    const host = services.get(modelHost);
    const found = await host.identify(options.model, { baseDir });
    return host.lend(found, async (model) => {
      const measurements = atTextOption(textOptions, () => measurementsOf(model));
      const { readings, figures } = await model.read(
        measurements.flatMap(({ requests }) => requests),
        { signal, onProgress: (done, total) => context.progress(done, total, 'tokens') },
      );
      context.measure(figures);
      let at = 0;
      return measurements.map((each) => each.result(readings.slice(at, (at += each.requests.length))));
    });
  });
}

function atTextOption<T>(textOptions: TextOptions, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const { details } = error;
    const option = Object.hasOwn(textOptions, details.code) ? textOptions[details.code] : undefined;
    throw new Failure({ ...details, path: [option ?? 'model'] });
  }
}
