import type { RowPrompt } from '../../engine/artifact.ts';
import type { PlacedToken, TextSurprisal } from '../../model/text/surprisal.ts';
import type { Row } from '../../table/table.ts';
import type { MeasuredRow } from './measure-rows.ts';
import { tokenCells, unitCells, type SurprisalColumns } from './surprisal-columns.ts';
import { measureUnits, unitsByPlace, wordsOf, type MeasuredUnit, type TextUnit } from './text-units.ts';

/** A sentence as it is given to the model. */
export interface Sentence {
  readonly text: string;
  /** Absent where none are asked for. */
  readonly regions?: readonly TextUnit[];
}

interface MeasuredSentence extends MeasuredRow<Sentence, TextSurprisal> {
  /** Its regions, or else its words. */
  readonly units: readonly MeasuredUnit[];
}

interface UnitRow {
  readonly row: Row;
  readonly prompt: RowPrompt;
}

/** The regions of a sentence where they are asked for, otherwise its words; each with its tokens. */
export function unitsOf(
  { texts: { text, regions = [] }, result: { tokens } }: MeasuredRow<Sentence, TextSurprisal>,
  { per }: SurprisalColumns,
): readonly MeasuredUnit[] {
  return measureUnits(text, per === 'region' ? regions : wordsOf(text), tokens);
}

/** A row for each unit of a sentence, or for each token; the columns of the sentence are repeated. */
export function rowsOf(sentence: MeasuredSentence, wanted: SurprisalColumns): readonly UnitRow[] {
  const { row, texts, result, units } = sentence;
  const characters = Array.from(texts.text);
  const regionAt = regionsByPlace(texts, characters.length);
  const ofText = { text_bos: result.bos, text_truncated: result.truncated };
  const unitRow = (
    index: number,
    region: string | undefined,
    own: Row,
    part: { start: number; end: number },
  ): UnitRow => ({
    row: {
      ...row,
      position: index + 1,
      ...(wanted.hasRegions && { region: region ?? null }),
      ...own,
      ...ofText,
    },
    prompt: {
      prompt: characters.slice(0, part.start).join(''),
      targets: [characters.slice(part.start, part.end).join('')],
    },
  });
  if (wanted.per !== 'token') {
    const isRegion = wanted.per === 'region';
    return units.map((unit, index) => {
      const named: Row = { [isRegion ? 'region_text' : 'word']: unit.text, ...unitCells(unit, wanted.unit) };
      return unitRow(index, isRegion ? unit.name : regionAt(unit.start), named, unit);
    });
  }
  const wordOf = wordsByToken(units);
  return result.tokens.map((token, index) => {
    const word = wordOf.get(token);
    const place = Math.max(token.start, word?.unit.start ?? 0);
    const named: Row = {
      word: word?.unit.text ?? null,
      word_position: word?.position ?? null,
      ...tokenCells(token, wanted.unit),
    };
    return unitRow(index, regionAt(place), named, token);
  });
}

/** Most characters that are kept beside the rows: each row has the text before it, so that long texts by the word have too many. */
const mostKept = 20_000_000;

/** What was read for each row: the text up to it. Nothing where that would be too much to keep. */
export function promptsOf(rows: readonly UnitRow[]): { readonly prompts?: readonly RowPrompt[] } {
  const length = rows.reduce((sum, { prompt }) => sum + prompt.prompt.length, 0);
  return length > mostKept ? {} : { prompts: rows.map(({ prompt }) => prompt) };
}

/** What a reader of the table should know. */
export function surprisalWarnings(
  sentences: readonly MeasuredSentence[],
  { per }: SurprisalColumns,
): readonly string[] {
  const all = sentences.length;
  const first = sentences.filter(({ result }) => isFirstMissing(result)).length;
  const straddled = sentences.filter(({ units }) => units.some(({ straddling }) => straddling > 0)).length;
  const without = sentences.filter(
    ({ units, result }) => units.length === 0 && result.tokens.length > 0,
  ).length;
  const unit = per === 'region' ? 'region' : 'word';
  return [
    ...(first === 0
      ? []
      : [
          `in ${first} of ${all} texts nothing is before the first token, so it has no surprisal and is left out of sums; \`bos: always\` gives it one where the tokenizer has BOS`,
        ]),
    ...(straddled === 0
      ? []
      : [
          `in ${straddled} of ${all} texts a token spells parts of two ${unit}s: it counts in the first (\`straddling_token_count\`)`,
        ]),
    ...(without === 0 ? [] : [`${without} of ${all} texts have no ${unit}s: they have no rows, or no sums`]),
  ];
}

function isFirstMissing({ tokens, truncated, bos }: TextSurprisal): boolean {
  return !bos && truncated === 0 && tokens[0] !== undefined && tokens[0].reading === undefined;
}

function regionsByPlace({ regions }: Sentence, length: number): (place: number) => string | undefined {
  if (regions === undefined) return () => undefined;
  const indices = unitsByPlace(regions, length);
  return (place) => regions[indices[place] ?? -1]?.name;
}

function wordsByToken(
  units: readonly MeasuredUnit[],
): ReadonlyMap<PlacedToken, { readonly unit: MeasuredUnit; readonly position: number }> {
  return new Map(
    units.flatMap((unit, index) => unit.tokens.map((token) => [token, { unit, position: index + 1 }])),
  );
}
