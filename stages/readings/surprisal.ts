import { defineStage } from '../../src/engine/stage-kind.ts';
import type { OptionProblem } from '../../src/system/failure.ts';
import { readingModules } from '../../src/hosting/computed-by.ts';
import { modelExternal, modelShare } from '../../src/hosting/model-component.ts';
import {
  encodingOptions,
  modelOption,
  truncationWarning,
  type EncodingOptions,
} from '../../src/hosting/model-options.ts';
import { measureSurprisalRows } from '../../src/hosting/rows/measure-rows.ts';
import {
  regionsOf,
  regionsOption,
  regionsProblems,
  type RegionsOption,
} from '../../src/hosting/rows/regions.ts';
import { badRowOptions, type BadRowOptions } from '../../src/hosting/rows/row-options.ts';
import { surprisalColumns, type SurprisalColumns } from '../../src/hosting/rows/surprisal-columns.ts';
import {
  promptsOf,
  rowsOf,
  unitsOf,
  surprisalWarnings,
  type Sentence,
} from '../../src/hosting/rows/surprisal-rows.ts';
import { joinRegions } from '../../src/hosting/rows/text-units.ts';
import { addColumns, columnsTaken } from '../../src/table/add-columns.ts';
import { tableOf, tableShape } from '../../src/table/columns.ts';
import type { Row, TableShape } from '../../src/table/table.ts';
import { templateFunctionsDocumentation } from '../../src/template/functions.ts';
import { namesOfColumns } from '../../src/template/known.ts';
import { checkTemplate, compileTemplate } from '../../src/template/template.ts';

interface SurprisalOptions extends EncodingOptions, BadRowOptions {
  readonly model: string;
  readonly text?: string;
  readonly regions?: RegionsOption;
  readonly delimiter: string;
  readonly per?: 'region' | 'word' | 'token';
  readonly unit: 'bits' | 'nats';
}

const defaultText = '{{ text }}';

export const surprisal = defineStage<SurprisalOptions>({
  name: 'surprisal',
  module: import.meta.url,
  computedBy: readingModules,
  summary: 'How surprising each region, word or token of a sentence is, given all before it.',
  description: [
    'Sentences come as texts, or as `regions`, which make up the sentence in order. `per` says what a row is: a region (the',
    'default where there are regions), a word (otherwise) or a token. Surprisal is -log P(token | all before it), summed over',
    'the tokens of a word or a region, in bits or nats; beside it stand the mean per token, and tokens, surprisals and ranks as',
    'lists. Places are in code points of the text, which is `text`, or the regions joined by `delimiter`.',
    '',
    'A word is what stands between white space, with its punctuation. A token counts in the word or region in which its',
    'first character lies that is no white space, so the space before a word is part of it. A token that spells a part of two',
    '(`straddling_token_count`) is told. So the sum over all words, or all regions, is that over all tokens: -`text_log_prob`',
    'of `perplexity`. An empty region has no tokens and a surprisal of 0.',
    '',
    'A first token that has nothing before it, not even BOS, has no surprisal: null, left out of sums, counted in',
    '`missing_token_count` and told. `bos: always` gives it one. Tokens that `truncate: left` drops are missing alike.',
    '',
    'Predictions over regions are expressions of a `table` stage:',
    '`rollup: { by: [item], columns: { s: object_agg(d.condition + " " + d.region, d.surprisal) } }`, then',
    '`derive: { predicted: d.s["reduced verb"] > d.s["full verb"] }`.',
    '',
    templateFunctionsDocumentation,
  ].join('\n'),
  example: ['from: sentences', 'with: { regions: { columns: [subject, verb] }, unit: bits }'].join('\n'),
  options: {
    type: 'object',
    additionalProperties: false,
    properties: {
      model: modelOption,
      text: {
        type: 'string',
        description: `Jinja template of the text, over the columns of the row. Where there are no regions: ${defaultText}.`,
      },
      regions: regionsOption,
      delimiter: {
        type: 'string',
        default: ' ',
        description: 'What stands between regions; not before or after an empty one.',
      },
      per: {
        type: 'string',
        enum: ['region', 'word', 'token'],
        description: 'What a row is: by default a region where there are regions, else a word.',
      },
      unit: { type: 'string', enum: ['bits', 'nats'], default: 'bits', description: 'Of all surprisals.' },
      ...encodingOptions,
      ...badRowOptions,
    },
  },
  inputs: { ports: [{ name: 'rows', type: 'table', description: 'the sentences, row by row' }] },

  output: (options, inputs) => outputShape(options, tableShape(inputs['rows'])),

  check(options, inputs): readonly OptionProblem[] {
    const rows = tableShape(inputs['rows']);
    const { text, regions, per } = options;
    const known = namesOfColumns(rows.columns);
    return [
      ...columnsTaken(rows, surprisalColumns(columnsWanted(options))),
      ...(regions === undefined
        ? checkTemplate(text ?? defaultText, text === undefined ? [] : ['text'], known, {
            open: rows.open ?? false,
          })
        : regionsProblems(regions, rows)),
      ...(regions !== undefined && text !== undefined
        ? [{ path: ['text'], message: 'the text is made of `regions`', expected: '`text` or `regions`' }]
        : []),
      ...(regions === undefined && per === 'region'
        ? [{ path: ['per'], message: 'there are no regions', next: 'say which with `regions`' }]
        : []),
    ];
  },

  // A model that was moved is the same model: its contents are in the key.
  namesOnly: ['model'],
  resources: (_, externals) => modelShare(externals),
  externals: async ({ model }, context) => ({ model: await modelExternal(model, context) }),

  async run(context) {
    const { options } = context;
    const table = tableOf(context.inputs['rows']);
    const found = await measureSurprisalRows(
      context,
      table,
      { textsOf: sentenceBy(options), textOptions: textOptionsOf(options) },
      options,
    );
    const wanted = columnsWanted(options);
    const sentences = found.map((each) => ({ ...each, units: unitsOf(each, wanted) }));
    const cut = truncationWarning(
      found.map(({ result }) => result),
      'texts',
    );
    for (const warning of [...(cut === undefined ? [] : [cut]), ...surprisalWarnings(sentences, wanted)])
      context.warn(warning);
    const shape = outputShape(options, { type: 'table', columns: table.columns, key: table.key });
    const rows = sentences.flatMap((sentence) => rowsOf(sentence, wanted));
    return {
      type: 'table',
      table: { columns: shape.columns, key: shape.key, rows: rows.map(({ row }) => row) },
      ...promptsOf(rows),
    };
  },
});

function columnsWanted({ regions, per, unit }: SurprisalOptions): SurprisalColumns {
  const hasRegions = regions !== undefined;
  return { per: per ?? (hasRegions ? 'region' : 'word'), unit, hasRegions };
}

/** Rows of a sentence are told apart by their place in it. */
function outputShape(options: SurprisalOptions, rows: TableShape): TableShape {
  const key = rows.key.length === 0 ? [] : [...rows.key, 'position'];
  return { ...addColumns(rows, surprisalColumns(columnsWanted(options))), key };
}

/** What makes the sentence of a row, its template compiled once. */
function sentenceBy({ text = defaultText, regions, delimiter }: SurprisalOptions): (row: Row) => Sentence {
  if (regions !== undefined) {
    const of = regionsOf(regions);
    return (row) => {
      const joined = joinRegions(of(row), delimiter);
      return { text: joined.text, regions: joined.units };
    };
  }
  const template = compileTemplate(text, ['text']);
  return (row) => ({ text: template.render(row) });
}

function textOptionsOf({ text, regions }: SurprisalOptions): Readonly<Record<string, string>> {
  const option = regions !== undefined ? 'regions' : text !== undefined ? 'text' : undefined;
  const codes = ['text-not-unicode', 'too-long', 'tokens-not-placed'];
  return {
    'no-bos': 'bos',
    ...(option !== undefined && Object.fromEntries(codes.map((code) => [code, option]))),
  };
}
