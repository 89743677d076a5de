import type { Column, Row } from '../../src/table/table.ts';
import { defineStage } from '../../src/engine/stage-kind.ts';
import type { OptionProblem } from '../../src/system/failure.ts';
import { readingModules } from '../../src/hosting/computed-by.ts';
import { modelExternal, modelShare } from '../../src/hosting/model-component.ts';
import {
  joinOptions,
  modelOption,
  truncationWarning,
  type JoinOptions,
} from '../../src/hosting/model-options.ts';
import { measureScoreRows, type Score } from '../../src/hosting/rows/measure-rows.ts';
import { spaceWarnings, type JoinedText } from '../../src/hosting/rows/pair-warnings.ts';
import {
  badRowOptions,
  blankOptions,
  promptOption,
  refuseBlank,
  type BadRowOptions,
  type BlankOptions,
} from '../../src/hosting/rows/row-options.ts';
import { tableOf, tableShape } from '../../src/table/columns.ts';
import { addColumns, columnsTaken } from '../../src/table/add-columns.ts';
import { templateFunctionsDocumentation } from '../../src/template/functions.ts';
import { namesOfColumns } from '../../src/template/known.ts';
import { promptDoubts } from '../../src/template/doubts.ts';
import { checkTemplate, compileTemplate } from '../../src/template/template.ts';

interface ScoreStageOptions extends JoinOptions, BadRowOptions, BlankOptions {
  readonly model: string;
  readonly prompt: string;
  readonly target: string;
  readonly topTokens: number;
}

const added: readonly Column[] = [
  { name: 'target', type: 'string' },
  {
    name: 'target_log_prob',
    type: 'number',
    unit: 'nats',
    description: 'log P(target | prompt), the sum over its tokens',
  },
  { name: 'target_token_count', type: 'integer', unit: 'tokens' },
  { name: 'target_log_prob_per_token', type: 'number', unit: 'nats' },
  {
    name: 'target_log_prob_per_character',
    type: 'number',
    unit: 'nats',
    description: 'per code point of the target',
  },
  {
    name: 'target_log_prob_per_byte',
    type: 'number',
    unit: 'nats',
    description: 'per byte of the target in UTF-8',
  },
  { name: 'target_bits', type: 'number', unit: 'bits', description: 'surprisal of the target, -log2 P' },
  {
    name: 'target_rank',
    type: 'integer',
    description: 'of the first target token among all that may follow the prompt; 1 is most probable',
  },
  { name: 'target_token_ids', type: 'json' },
  { name: 'target_tokens', type: 'json' },
  { name: 'target_token_log_probs', type: 'json', unit: 'nats' },
  {
    name: 'entropy',
    type: 'number',
    unit: 'nats',
    description: 'of the next token after the prompt, whole vocabulary',
  },
  { name: 'top_tokens', type: 'json', description: 'most probable next tokens: id, token, log_prob in nats' },
  { name: 'prompt_token_count', type: 'integer', unit: 'tokens', description: 'without BOS' },
  { name: 'prompt_log_perplexity', type: 'number', unit: 'nats per token' },
  {
    name: 'prompt_perplexity',
    type: 'number',
    description: 'of the prompt alone, all tokens after the first',
  },
  { name: 'prompt_truncated', type: 'integer', unit: 'tokens', description: 'dropped from the prompt' },
  { name: 'boundary', type: 'string', description: 'clean, or merged: a token spans prompt and target' },
];

const textOptions = {
  'prompt-not-unicode': 'prompt',
  'target-not-unicode': 'target',
  'target-empty': 'target',
  'no-context': 'prompt',
  'too-long': 'prompt',
  'no-bos': 'bos',
};

export const score = defineStage<ScoreStageOptions>({
  name: 'score',
  module: import.meta.url,
  computedBy: readingModules,
  summary: 'How probable a target is after a prompt, with what the model would rather say.',
  description: [
    'Each input row gets the log-probability of its target given its prompt, with the readings around it: per token,',
    'per character and per byte, in bits, rank, entropy and top tokens after the prompt, and the perplexity of the prompt.',
    'Logarithms are natural unless the unit says bits; sums are over the target’s tokens.',
    '',
    'Prompt and target are encoded together and split where the tokens of the prompt end (`boundary: join`). Where a',
    'token spans both, the row says `merged`: its first target token carries the end of the prompt too.',
    '',
    '`entropy`, `top_tokens` and `target_rank` belong to the prompt: they are read after all of its own tokens, so they are',
    'the same for every target. In a `merged` row that is not where the score begins: `target_rank` then ranks the token that',
    'spans both among those that may follow the whole prompt.',
    '',
    'A target that begins with BOS after an empty prompt, like the text of a chat, is scored from its second token on.',
    '',
    'A row whose target is blank or that cannot be read ends the stage, which names it by its key; `onBad: skip` leaves it',
    'out. What was scored is kept beside the table, in `prompts.jsonl`.',
    '',
    'All rows, and other stages that read the same model at the same time, share one forward pass in which each',
    'distinct token prefix is computed once. Rows that were read before are not read again.',
    '',
    templateFunctionsDocumentation,
  ].join('\n'),
  example: ['from: variants', 'with: { target: " {{ answer }}", topTokens: 5 }'].join('\n'),
  options: {
    type: 'object',
    additionalProperties: false,
    required: ['target'],
    properties: {
      model: modelOption,
      ...promptOption,
      target: {
        type: 'string',
        minLength: 1,
        description:
          'Jinja template of the target, over the columns of the row; usually with a space in front.',
      },
      topTokens: {
        type: 'integer',
        minimum: 0,
        maximum: 1000,
        default: 5,
        description: 'How many of the most probable next tokens to keep.',
      },
      ...joinOptions,
      ...blankOptions,
      ...badRowOptions,
    },
  },
  inputs: { ports: [{ name: 'rows', type: 'table', description: 'what is scored, row by row' }] },

  output: (_, inputs) => addColumns(tableShape(inputs['rows']), added),

  check({ prompt, target }, inputs): readonly OptionProblem[] {
    const rows = tableShape(inputs['rows']);
    const known = namesOfColumns(rows.columns);
    const open = rows.open ?? false;
    return [
      ...columnsTaken(rows, added),
      ...checkTemplate(prompt, ['prompt'], known, { open }),
      ...checkTemplate(target, ['target'], known, { open }),
    ];
  },

  doubts: ({ prompt, target }, inputs) => {
    const names = tableShape(inputs['rows']).columns.map(({ name }) => name);
    return [
      ...promptDoubts({ source: prompt, path: ['prompt'] }, names),
      ...promptDoubts({ source: target, path: ['target'] }, names),
    ];
  },

  // A model that was moved is the same model: its contents are in the key.
  namesOnly: ['model'],
  resources: (_, externals) => modelShare(externals),
  externals: async ({ model }, context) => ({ model: await modelExternal(model, context) }),

  async run(context) {
    const { prompt, target, topTokens, boundary, bos, truncate } = context.options;
    const table = tableOf(context.inputs['rows']);
    const [promptOf, targetOf] = [compileTemplate(prompt, ['prompt']), compileTemplate(target, ['target'])];
    const textsOf = (row: Row) => {
      const texts = { prompt: promptOf.render(row), target: targetOf.render(row) };
      refuseBlank(texts.target, context.options);
      return texts;
    };
    const readAs = { topTokens, boundary, bos, truncate };
    const scored = await measureScoreRows(context, table, { textsOf, textOptions }, readAs);
    for (const warning of warningsOf(scored)) context.warn(warning);
    const rows = scored.map(({ row, texts, result }): Row => ({
      ...row,
      target: texts.target,
      ...cellsOf(result),
    }));
    const { columns, key } = addColumns({ type: 'table', columns: table.columns, key: table.key }, added);
    const prompts = scored.map(({ texts }) => ({ prompt: texts.prompt, targets: [texts.target] }));
    return { type: 'table', table: { columns, key, rows }, prompts };
  },
});

function warningsOf(
  rows: readonly { readonly texts: JoinedText; readonly result: Score }[],
): readonly string[] {
  const cut = truncationWarning(
    rows.map(({ result }) => result),
    'prompts',
  );
  const merged = rows.filter(({ result }) => result.join === 'merged').length;
  const spans = `in ${merged} of ${rows.length} rows a token spans prompt and target: the score carries the prompt's end too`;
  return [
    ...(cut === undefined ? [] : [cut]),
    ...(merged === 0 ? [] : [spans]),
    ...spaceWarnings(
      rows.map(({ texts }) => texts),
      { things: 'targets', mend: 'write `" {{ answer }}"` if a space is meant' },
    ),
  ];
}

function cellsOf(scored: Score): Row {
  return {
    target_log_prob: scored.logProb,
    target_token_count: scored.tokens.length,
    target_log_prob_per_token: scored.logProbPerToken,
    target_log_prob_per_character: scored.logProbPerCharacter,
    target_log_prob_per_byte: scored.logProbPerByte,
    target_bits: scored.bits,
    target_rank: scored.rank,
    target_token_ids: scored.tokens.map(({ id }) => id),
    target_tokens: scored.tokens.map(({ text }) => text),
    target_token_log_probs: scored.tokens.map(({ logProb }) => logProb),
    entropy: scored.entropy,
    top_tokens: scored.top.map(({ id, text, logProb }) => ({ id, token: text, log_prob: logProb })),
    prompt_token_count: scored.promptTokens,
    prompt_log_perplexity: scored.promptLogPerplexity,
    prompt_perplexity: scored.promptPerplexity,
    prompt_truncated: scored.truncated,
    boundary: scored.join,
  };
}
