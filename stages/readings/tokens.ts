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
import { measureTokenRows } from '../../src/hosting/rows/measure-rows.ts';
import { badRowOptions, promptOption, type BadRowOptions } from '../../src/hosting/rows/row-options.ts';
import { tokenTree, type TextTokens } from '../../src/hosting/rows/token-tree.ts';
import { tableOf, tableShape } from '../../src/table/columns.ts';
import type { Column, Row, TableShape } from '../../src/table/table.ts';
import { templateFunctionsDocumentation } from '../../src/template/functions.ts';
import { namesOfColumns } from '../../src/template/known.ts';
import { checkTemplate, compileTemplate } from '../../src/template/template.ts';

interface TokensOptions extends JoinOptions, BadRowOptions {
  readonly model: string;
  readonly prompt: string;
  readonly target: string;
  readonly topTokens: number;
}

const measured: readonly Column[] = [
  {
    name: 'position',
    type: 'integer',
    description: 'of the token in prompt and target, from 1, BOS included',
  },
  { name: 'part', type: 'string', description: 'bos, prompt, target, or merged: it spans both' },
  { name: 'token', type: 'string' },
  { name: 'token_id', type: 'integer' },
  {
    name: 'start',
    type: 'integer',
    unit: 'bytes',
    description: 'where it begins in prompt and target, in UTF-8',
  },
  { name: 'end', type: 'integer', unit: 'bytes', description: 'where it ends: every byte is in one token' },
  {
    name: 'log_prob',
    type: 'number',
    unit: 'nats',
    description: 'given everything before; null for the first',
  },
  { name: 'rank', type: 'integer', description: '1 is the most probable' },
  { name: 'entropy', type: 'number', unit: 'nats', description: 'of the distribution that it was read in' },
  { name: 'top_tokens', type: 'json', description: 'the most probable there: id, token, log_prob in nats' },
];

const textOptions = {
  'prompt-not-unicode': 'prompt',
  'target-not-unicode': 'target',
  'text-not-unicode': 'prompt',
  'no-context': 'prompt',
  'too-long': 'prompt',
  'no-bos': 'bos',
};

export const tokens = defineStage<TokensOptions>({
  name: 'tokens',
  module: import.meta.url,
  computedBy: readingModules,
  summary:
    'Every token of a prompt and its target: how probable it is there, and what the model would rather say.',
  description: [
    'A row for each token of each input row, with its place in the bytes of the text, its log-probability and rank given all',
    'before it, the entropy there, and the most probable tokens. Prompt and target are encoded together, as `score` does it; the',
    'log-probabilities of the target’s tokens sum up to its score. Without a target the prompt alone is read.',
    '',
    'Beside the table stands `tokens.bin`, the same as one tree of prefixes, from which reports draw texts token by token.',
    '',
    'In the forward pass this costs next to nothing beside `score` and `perplexity` of the same texts; its table is as long as all',
    'texts together, so take some rows of a large one (`table`, `filter`).',
    '',
    templateFunctionsDocumentation,
  ].join('\n'),
  example: ['from: variants', 'with: { target: " {{ answer }}" }'].join('\n'),
  options: {
    type: 'object',
    additionalProperties: false,
    properties: {
      model: modelOption,
      ...promptOption,
      target: {
        type: 'string',
        default: '',
        description: 'Jinja template of the target, usually with a space in front; empty for none.',
      },
      topTokens: {
        type: 'integer',
        minimum: 0,
        maximum: 100,
        default: 5,
        description: 'How many of the most probable tokens to keep at each place.',
      },
      ...joinOptions,
      ...badRowOptions,
    },
  },
  inputs: { ports: [{ name: 'rows', type: 'table', description: 'the texts, row by row' }] },

  output: (_, inputs) => shapeOf(tableShape(inputs['rows'])),

  check({ prompt, target }, inputs): readonly OptionProblem[] {
    const rows = tableShape(inputs['rows']);
    const known = namesOfColumns(rows.columns);
    const open = rows.open ?? false;
    return [
      ...checkTemplate(prompt, ['prompt'], known, { open }),
      ...checkTemplate(target, ['target'], known, { open }),
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
    const textsOf = (row: Row) => ({ prompt: promptOf.render(row), target: targetOf.render(row) });
    const readAs = { topTokens, boundary, bos, truncate };
    const found = await measureTokenRows(context, table, { textsOf, textOptions }, readAs);
    const cut = truncationWarning(
      found.map(({ result }) => result),
      'prompts',
    );
    if (cut !== undefined) context.warn(cut);
    const { columns, key } = shapeOf({ type: 'table', columns: table.columns, key: table.key });
    const names = namesOf(table);
    const nameOf = (row: Row): Row => Object.fromEntries(names.map((name) => [name, row[name] ?? null]));
    const rows = found.flatMap(({ row, result }) => tokenRows(nameOf(row), result));
    const tree = tokenTree(
      found.map(({ row, texts, result }) => ({ key: nameOf(row), ...texts, result })),
      topTokens,
    );
    return { type: 'table', table: { columns, key, rows }, tokens: tree };
  },
});

/** The columns that name a row: its key, or, where the table has none, all that are no lists. */
function namesOf({ columns, key }: Pick<TableShape, 'columns' | 'key'>): readonly string[] {
  const taken = new Set(measured.map(({ name }) => name));
  const names = key.length > 0 ? key : columns.filter(({ type }) => type !== 'json').map(({ name }) => name);
  return names.filter((name) => !taken.has(name));
}

function shapeOf(rows: TableShape): TableShape {
  const names = namesOf(rows);
  return {
    type: 'table',
    columns: [...rows.columns.filter(({ name }) => names.includes(name)), ...measured],
    key: [...names, 'position'],
  };
}

function tokenRows(name: Row, { tokens: all, from, join, bos }: TextTokens): readonly Row[] {
  return all.map(({ id, text, start, end, reading }, i): Row => {
    const isTarget = i >= from;
    const part =
      i === 0 && bos ? 'bos' : isTarget ? (i === from && join === 'merged' ? 'merged' : 'target') : 'prompt';
    return {
      ...name,
      position: i + 1,
      part,
      token: text,
      token_id: id,
      start,
      end,
      log_prob: reading?.logProb ?? null,
      rank: reading?.rank ?? null,
      entropy: reading?.entropy ?? null,
      top_tokens: (reading?.top ?? []).map((top) => ({ id: top.id, token: top.text, log_prob: top.logProb })),
    };
  });
}
