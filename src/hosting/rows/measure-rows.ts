import type { StageContext } from '../../engine/stage-kind.ts';
import type { EncodeOptions } from '../../model/text/encode-pair.ts';
import { choiceMeasurement, type ChoiceItem, type ChoiceScore } from '../../model/text/choices.ts';
import {
  perplexityMeasurement,
  scoreMeasurement,
  type PerplexityOptions,
  type PerplexityResult,
  type Measurement,
  type TextModel,
  type Score,
  type ScoreItem,
  type ScoreOptions,
} from '../../model/text/score.ts';
import { surprisalMeasurement, type TextSurprisal } from '../../model/text/surprisal.ts';
import { tokensMeasurement, type TextTokens, type TokenOptions } from '../../model/text/token-readings.ts';
import { Failure } from '../../system/failure.ts';
import { rowName } from '../../table/row-name.ts';
import type { Row, Table } from '../../table/table.ts';
import { atOption } from '../model-component.ts';
import { modelHost } from '../model-host.ts';
import type { BadRowOptions } from './row-options.ts';

export type { PlacedToken, TextSurprisal } from '../../model/text/surprisal.ts';
export type { PerplexityResult, Score } from '../../model/text/score.ts';

type RowContext = StageContext<{ readonly model: string } & BadRowOptions>;

/** The texts of each row of a table. */
export interface RowTexts<Texts> {
  /** Throws a Failure where the row has none. */
  readonly textsOf: (row: Row) => Texts;
  /** The option that makes the text that a failure is about, by the failure's code. */
  readonly textOptions: Readonly<Record<string, string>>;
}

interface RowMeasurement<Texts, Result> extends RowTexts<Texts> {
  /** What is asked about the texts. @throws Failure where a model cannot read them */
  ask(model: TextModel, texts: Texts): Measurement<Result>;
}

/** A row that was read. */
export interface MeasuredRow<Texts, Result> {
  readonly row: Row;
  readonly texts: Texts;
  readonly result: Result;
}

/** How many skipped rows a warning names. */
const mostNamed = 5;

/** Failures that are about all rows alike: leaving rows out does not help. */
const ofAllRows: ReadonlySet<string> = new Set(['no-bos', 'neutral-empty']);

/** The score of each row's target; see `measureRows`. */
export function measureScoreRows<Texts extends ScoreItem>(
  context: RowContext,
  table: Table,
  texts: RowTexts<Texts>,
  options: ScoreOptions,
): Promise<readonly MeasuredRow<Texts, Score>[]> {
  return measureRows(context, table, {
    ...texts,
    ask: (model, item) => scoreMeasurement(model, item, options),
  });
}

/** The perplexity of each row's text; see `measureRows`. */
export function measurePerplexityRows(
  context: RowContext,
  table: Table,
  texts: RowTexts<string>,
  options: PerplexityOptions,
): Promise<readonly MeasuredRow<string, PerplexityResult>[]> {
  return measureRows(context, table, {
    ...texts,
    ask: (model, text) => perplexityMeasurement(model, text, options),
  });
}

/** The tokens of each row's text, with their places; see `measureRows`. */
export function measureSurprisalRows<Texts extends { readonly text: string }>(
  context: RowContext,
  table: Table,
  texts: RowTexts<Texts>,
  options: PerplexityOptions,
): Promise<readonly MeasuredRow<Texts, TextSurprisal>[]> {
  return measureRows(context, table, {
    ...texts,
    ask: (model, { text }) => surprisalMeasurement(model, text, options),
  });
}

/** Every token of each row's prompt and target, with the distribution before it; see `measureRows`. */
export function measureTokenRows<Texts extends ScoreItem>(
  context: RowContext,
  table: Table,
  texts: RowTexts<Texts>,
  options: TokenOptions,
): Promise<readonly MeasuredRow<Texts, TextTokens>[]> {
  return measureRows(context, table, {
    ...texts,
    ask: (model, item) => tokensMeasurement(model, item, options),
  });
}

/** The scores of each row's candidates; see `measureRows`. */
export function measureChoiceRows<Texts extends ChoiceItem>(
  context: RowContext,
  table: Table,
  texts: RowTexts<Texts>,
  options: EncodeOptions,
): Promise<readonly MeasuredRow<Texts, readonly ChoiceScore[]>[]> {
  return measureRows(context, table, {
    ...texts,
    ask: (model, item) => choiceMeasurement(model, item, options),
  });
}

/**
 * Reads every row of a table in one pass with all stages that use the model at the same time. A row that cannot be read ends
 * the stage, or is left out where `onBad` says so: told in a warning, counted as `rows_skipped` in the record.
 *
 * @throws Failure that names the row by its key, at the option that makes the text; also where every row is bad
 */
export async function measureRows<Texts, Result>(
  context: RowContext,
  { key, rows }: Table,
  measurement: RowMeasurement<Texts, Result>,
): Promise<readonly MeasuredRow<Texts, Result>[]> {
  const { options, baseDir, services, signal, progress } = context;
  const bad: Failure[] = [];
  return atOption('model', async () => {
    const host = services.get(modelHost);
    const found = await host.identify(options.model, { baseDir });
    return host.lend(found, async (model) => {
      const asked = rows.flatMap((row, index) => {
        try {
          const texts = measurement.textsOf(row);
          return [{ row, texts, asks: measurement.ask(model, texts) }];
        } catch (error) {
          const failure = failureOfRow(error, rowName(key, row, index), measurement.textOptions);
          if (options.onBad === 'fail' || ofAllRows.has(failure.details.code)) throw failure;
          bad.push(failure);
          return [];
        }
      });
      tellSkipped(context, bad, rows.length);
      const requests = asked.flatMap(({ asks }) => asks.requests);
      const { readings, figures } = await model.read(requests, {
        signal,
        onProgress: (done, total) => progress(done, total, 'tokens'),
      });
      context.measure(figures);
      let at = 0;
      return asked.map(({ row, texts, asks }) => ({
        row,
        texts,
        result: asks.result(readings.slice(at, (at += asks.requests.length))),
      }));
    });
  });
}

function failureOfRow(error: unknown, name: string, textOptions: Readonly<Record<string, string>>): Failure {
  if (!(error instanceof Failure)) throw error;
  const { details } = error;
  const option = Object.hasOwn(textOptions, details.code) ? textOptions[details.code] : undefined;
  const path = option === undefined ? (details.path ?? ['model']) : [option];
  return new Failure({ ...details, path, where: name });
}

function tellSkipped(context: RowContext, bad: readonly Failure[], total: number): void {
  const [first] = bad;
  if (first === undefined) return;
  if (bad.length === total) {
    const count = total === 1 ? 'the only row' : `each of the ${total} rows`;
    throw new Failure({ ...first.details, message: `${count} is bad: ${first.details.message}` });
  }
  const named = bad.slice(0, mostNamed).map(({ details }) => `${details.where ?? ''}: ${details.message}`);
  const more = bad.length > mostNamed ? `; and ${bad.length - mostNamed} more` : '';
  context.warn(`${bad.length} of ${total} rows were skipped: ${named.join('; ')}${more}`);
  context.measure({ rows_skipped: bad.length });
}
