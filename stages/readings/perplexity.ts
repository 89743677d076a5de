import type { Column, Row } from '../../src/table/table.ts';
import type { RowPrompt } from '../../src/engine/artifact.ts';
import { defineStage } from '../../src/engine/stage-kind.ts';
import { must } from '../../src/system/internal-error.ts';
import type { OptionProblem } from '../../src/system/failure.ts';
import { readingModules } from '../../src/hosting/computed-by.ts';
import { modelExternal, modelShare } from '../../src/hosting/model-component.ts';
import {
  encodingOptions,
  modelOption,
  truncationWarning,
  type EncodingOptions,
} from '../../src/hosting/model-options.ts';
import { measurePerplexityRows, type PerplexityResult } from '../../src/hosting/rows/measure-rows.ts';
import { badRowOptions, type BadRowOptions } from '../../src/hosting/rows/row-options.ts';
import { addColumns, columnsTaken } from '../../src/table/add-columns.ts';
import { tableOf, tableShape, unknownColumns } from '../../src/table/columns.ts';
import { parseOrder, ranksOf, sortRows } from '../../src/table/order.ts';
import { templateFunctionsDocumentation } from '../../src/template/functions.ts';
import { namesOfColumns } from '../../src/template/known.ts';
import { promptDoubts, itemDoubts } from '../../src/template/doubts.ts';
import { checkTemplate, compileTemplate } from '../../src/template/template.ts';

interface PerplexityStageOptions extends EncodingOptions, BadRowOptions {
  readonly model: string;
  readonly text: string;
  readonly order?: string;
}

const measured: readonly Column[] = [
  {
    name: 'perplexity',
    type: 'number',
    description: 'exp of the mean surprisal of all tokens after the first',
  },
  { name: 'log_perplexity', type: 'number', unit: 'nats per token' },
  { name: 'token_count', type: 'integer', unit: 'tokens', description: 'without BOS' },
  {
    name: 'text_log_prob',
    type: 'number',
    unit: 'nats',
    description: 'the sum over the tokens that have something before them',
  },
  {
    name: 'predicted_token_count',
    type: 'integer',
    unit: 'tokens',
    description: 'how many these are: log_perplexity = -text_log_prob / predicted_token_count',
  },
  {
    name: 'text_bos',
    type: 'boolean',
    description: 'whether BOS is in front, so that the first token counts',
  },
  { name: 'text_truncated', type: 'integer', unit: 'tokens', description: 'dropped from the text' },
];

export const perplexity = defineStage<PerplexityStageOptions>({
  name: 'perplexity',
  module: import.meta.url,
  computedBy: readingModules,
  summary: 'How natural a text looks to the model: lower is more natural.',
  description: [
    '`perplexity` is exp(mean of -log P(token | all before it)) over all tokens after the first, which is BOS where the',
    'tokenizer puts one; so with BOS every token of the text counts. A text of fewer than two tokens, BOS counted, has',
    'nothing to predict: infinite. Compare and average `log_perplexity`, its logarithm.',
    '',
    '`order: perplexity` sorts (`-` in front: downwards) and adds the column `rank`.',
    '',
    templateFunctionsDocumentation,
  ].join('\n'),
  example: ['from: variants', 'with: { text: "{{ prompt }}", order: perplexity }'].join('\n'),
  options: {
    type: 'object',
    additionalProperties: false,
    properties: {
      model: modelOption,
      text: {
        type: 'string',
        default: '{{ prompt }}',
        description: 'Jinja template of the text, over the columns of the row.',
      },
      order: { type: 'string', description: 'Column to sort by; `-` in front sorts downwards.' },
      ...encodingOptions,
      ...badRowOptions,
    },
  },
  inputs: { ports: [{ name: 'rows', type: 'table', description: 'the texts, row by row' }] },

  output: ({ order }, inputs) => addColumns(tableShape(inputs['rows']), columnsFor(order)),

  check({ text, order }, inputs): readonly OptionProblem[] {
    const rows = tableShape(inputs['rows']);
    const sortable = addColumns(rows, measured);
    return [
      ...columnsTaken(rows, columnsFor(order)),
      ...checkTemplate(text, ['text'], namesOfColumns(rows.columns), { open: rows.open ?? false }),
      ...(order === undefined
        ? []
        : unknownColumns(sortable, [{ name: parseOrder(order).column, path: ['order'] }])),
    ];
  },

  doubts({ text }, inputs) {
    const { columns, open } = tableShape(inputs['rows']);
    const fields = columns.map(({ name }) => name);
    const template = { source: text, path: ['text'] };
    const braces = promptDoubts(template, fields);
    return braces.length > 0 || open === true
      ? braces
      : itemDoubts([template], { path: ['text'], what: 'the text', fields });
  },

  // A model that was moved is the same model: its contents are in the key.
  namesOnly: ['model'],
  resources: (_, externals) => modelShare(externals),
  externals: async ({ model }, context) => ({ model: await modelExternal(model, context) }),

  async run(context) {
    const { text, order, bos, truncate } = context.options;
    const table = tableOf(context.inputs['rows']);
    const template = compileTemplate(text, ['text']);
    const texts = {
      textsOf: (row: Row) => template.render(row),
      textOptions: { 'text-not-unicode': 'text', 'too-long': 'text', 'no-bos': 'bos' },
    };
    const found = await measurePerplexityRows(context, table, texts, { bos, truncate });
    const promptOf = new Map(
      found.map(({ row, texts: prompt, result }): [Row, RowPrompt] => [
        { ...row, ...cellsOf(result) },
        { prompt, targets: [] },
      ]),
    );
    const results = found.map(({ result }) => result);
    const cut = truncationWarning(results, 'texts');
    if (cut !== undefined) context.warn(cut);
    const infinite = results.filter((each) => each.perplexity === Infinity).length;
    if (infinite > 0)
      context.warn(`${infinite} of ${found.length} texts have fewer than two tokens: infinite perplexity`);
    const shape = addColumns({ type: 'table', columns: table.columns, key: table.key }, columnsFor(order));
    const term = order === undefined ? undefined : parseOrder(order);
    const sorted = sortRows([...promptOf.keys()], term === undefined ? [] : [term]);
    const rows = term === undefined ? sorted : withRanks(sorted, term.column);
    return {
      type: 'table',
      table: { columns: shape.columns, key: shape.key, rows },
      prompts: sorted.map((row) => must(promptOf.get(row), 'the text of each row')),
    };
  },
});

function cellsOf(result: PerplexityResult): Row {
  return {
    perplexity: result.perplexity,
    log_perplexity: result.logPerplexity,
    token_count: result.tokenCount,
    text_log_prob: result.logProb,
    predicted_token_count: result.tokens.length,
    text_bos: result.bos,
    text_truncated: result.truncated,
  };
}

function columnsFor(order: string | undefined): readonly Column[] {
  return order === undefined ? measured : [...measured, { name: 'rank', type: 'integer' }];
}

function withRanks(sorted: readonly Row[], column: string): readonly Row[] {
  const ranks = ranksOf(sorted, column);
  return sorted.map((row, index) => ({ ...row, rank: ranks[index] ?? null }));
}
