import { choiceMeasurement, type ChoiceScore } from '../../model/text/choices.ts';
import type { BoundaryPolicy, EncodeOptions } from '../../model/text/encode-pair.ts';
import type { Measurement, TextModel } from '../../model/text/score.ts';
import type { StageContext } from '../../engine/stage-kind.ts';
import { Failure } from '../../system/failure.ts';
import { must } from '../../system/internal-error.ts';
import type { Table } from '../../table/table.ts';
import { measureRows, type MeasuredRow, type RowTexts } from './measure-rows.ts';
import type { BadRowOptions } from './row-options.ts';

/** What is asked of one row. */
export interface CalibrationTexts {
  readonly prompt: string;
  readonly target: string;
  /** Other ways to write the target. */
  readonly forms: readonly string[];
  /** The closed set that the target is one of; empty: there is none. */
  readonly choices: readonly string[];
  /** A prompt that says nothing of the item, in this row's format. */
  readonly premise?: string;
  readonly contentFree: readonly string[];
}

export const boundaryPolicies = ['join', 'lmeval', 'separate'] as const satisfies readonly BoundaryPolicy[];

/** Log-probabilities in nats. */
export interface CalibrationReading {
  readonly target: ChoiceScore;
  readonly forms: readonly number[];
  readonly choices: readonly number[];
  /** Of the very same tokens after the premise. */
  readonly targetAfterPremise?: number;
  readonly choicesAfterPremise?: readonly number[];
  /** For each prompt without content: of the target, or of each choice where there are any. */
  readonly contentFree: readonly (readonly number[])[];
  /** Of the target under each policy, where that was asked; undefined under one that leaves it no tokens. */
  readonly policies?: Readonly<Record<BoundaryPolicy, number | undefined>>;
}

/** Reads what calibration needs of each row; see `measureRows`. */
export function measureCalibrationRows(
  context: StageContext<{ readonly model: string } & BadRowOptions>,
  table: Table,
  texts: RowTexts<CalibrationTexts>,
  options: EncodeOptions & { readonly audit: boolean },
): Promise<readonly MeasuredRow<CalibrationTexts, CalibrationReading>[]> {
  return measureRows(context, table, {
    ...texts,
    ask: (model, item) => calibrationMeasurement(model, item, options),
  });
}

function calibrationMeasurement(
  model: TextModel,
  { prompt, target, forms, choices, premise, contentFree }: CalibrationTexts,
  { audit, ...options }: EncodeOptions & { readonly audit: boolean },
): Measurement<CalibrationReading> {
  const after = (candidates: readonly string[], neutral?: string) =>
    choiceMeasurement(
      model,
      { prompt, delimiter: '', candidates, ...(neutral !== undefined && { neutral }) },
      options,
    );
  const main = after([target, ...forms, ...choices], premise);
  const free = contentFree.map((text) => after(choices.length > 0 ? choices : [target], text));
  const audited = audit
    ? boundaryPolicies.map((boundary) => underPolicy(model, { prompt, target }, { ...options, boundary }))
    : [];
  const all = [main, ...free, ...audited.flatMap((each) => each ?? [])];
  return {
    requests: all.flatMap(({ requests }) => requests),
    result(readings) {
      let at = 0;
      const results = all.map((each) => each.result(readings.slice(at, (at += each.requests.length))));
      const scores = must(results[0], 'the scores of a row');
      const logProbs = scores.map(({ logProb }) => logProb);
      const neutral = scores.flatMap(({ neutralLogProb }) => neutralLogProb ?? []);
      const policies = results.slice(1 + free.length).map((each) => each[0]?.logProb);
      let next = 0;
      return {
        target: must(scores[0], 'the score of the target'),
        forms: logProbs.slice(1, 1 + forms.length),
        choices: logProbs.slice(1 + forms.length),
        ...(premise !== undefined && {
          targetAfterPremise: must(neutral[0], 'the score after the premise'),
          choicesAfterPremise: neutral.slice(1 + forms.length),
        }),
        contentFree: results
          .slice(1, 1 + free.length)
          .map((each) => each.map(({ neutralLogProb }) => must(neutralLogProb, 'a score without content'))),
        ...(audit && {
          policies: Object.fromEntries(
            boundaryPolicies.map((policy, index) => [
              policy,
              audited[index] === undefined ? undefined : policies[next++],
            ]),
          ) as Record<BoundaryPolicy, number | undefined>,
        }),
      };
    },
  };
}

/** Undefined where the policy leaves the target no tokens of its own. */
function underPolicy(
  model: TextModel,
  { prompt, target }: { readonly prompt: string; readonly target: string },
  options: EncodeOptions,
): Measurement<readonly ChoiceScore[]> | undefined {
  try {
    return choiceMeasurement(model, { prompt, delimiter: '', candidates: [target] }, options);
  } catch (error) {
    if (error instanceof Failure && error.details.code === 'target-empty') return undefined;
    throw error;
  }
}
