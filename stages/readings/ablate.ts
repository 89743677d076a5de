import { entriesOf } from '../../src/system/names-in-order.ts';
import type { Column, Row } from '../../src/table/table.ts';
import { defineStage } from '../../src/engine/stage-kind.ts';
import { must } from '../../src/system/internal-error.ts';
import type { OptionProblem } from '../../src/system/failure.ts';
import { readingModules } from '../../src/hosting/computed-by.ts';
import { measureScores } from '../../src/hosting/measure.ts';
import { modelExternal, modelShare } from '../../src/hosting/model-component.ts';
import {
  joinOptions,
  modelOption,
  truncationWarning,
  type JoinOptions,
} from '../../src/hosting/model-options.ts';
import {
  itemColumn,
  itemsOf,
  itemsOption,
  itemsPort,
  itemsProblems,
  itemsShape,
  type ItemsOption,
} from '../../src/template/items.ts';
import { templateFunctionsDocumentation } from '../../src/template/functions.ts';
import { namesOfColumns } from '../../src/template/known.ts';
import { checkTemplate, compileTemplate } from '../../src/template/template.ts';

interface AblateOptions extends ItemsOption, JoinOptions {
  readonly model: string;
  readonly triggers: Readonly<Record<string, readonly string[]>>;
  readonly template: string;
  readonly baseline: string;
  readonly target: string;
}

const labels: readonly Column[] = [
  { name: 'source', type: 'string', description: 'where the trigger comes from' },
  { name: 'trigger', type: 'string', description: 'the phrase' },
];

const measured: readonly Column[] = [
  { name: 'prompt', type: 'string', description: 'with the trigger' },
  { name: 'target', type: 'string' },
  { name: 'target_token_count', type: 'integer', unit: 'tokens' },
  { name: 'log_prob', type: 'number', unit: 'nats', description: 'log P(target | prompt with the trigger)' },
  {
    name: 'baseline_log_prob',
    type: 'number',
    unit: 'nats',
    description: 'log P(target | prompt without it)',
  },
  { name: 'improvement', type: 'number', unit: 'nats', description: 'log_prob - baseline_log_prob' },
  { name: 'prompt_truncated', type: 'integer', unit: 'tokens', description: 'dropped from the prompt' },
  { name: 'boundary', type: 'string', description: 'clean, or merged: a token spans prompt and target' },
];

const ownColumns = [...labels, ...measured].map(({ name }) => name).concat('item');

export const ablate = defineStage<AblateOptions>({
  name: 'ablate',
  module: import.meta.url,
  computedBy: readingModules,
  summary: 'What trigger phrases do to a target: its log-probability with and without each.',
  description: [
    'One row per trigger phrase and item. `improvement` is the log-probability of the target after the prompt with the',
    'trigger less that after the bare prompt, in nats: above zero, the phrase helps. The baseline stands in a column of',
    'each row, so that means over `source` are means over triggers alone.',
    '',
    templateFunctionsDocumentation,
  ].join('\n'),
  example: [
    'with:',
    '  items:',
    '    - { question: What is the capital of Germany?, answer: Berlin }',
    '  target: " {{ answer }}"',
    '  triggers:',
    '    wikipedia: [According to, refers to]',
    '    code: ["```python", "def "]',
  ].join('\n'),
  options: {
    type: 'object',
    additionalProperties: false,
    required: ['triggers', 'target'],
    properties: {
      model: modelOption,
      items: itemsOption,
      triggers: {
        type: 'object',
        minProperties: 1,
        additionalProperties: {
          type: 'array',
          items: { type: 'string', minLength: 1 },
          minItems: 1,
          uniqueItems: true,
        },
        description: 'Phrases by the source that they come from.',
      },
      template: {
        type: 'string',
        default: '{{ trigger }}\n{{ question }}',
        description:
          'Jinja template of the prompt with a trigger, over `trigger`, `source` and the fields of the item.',
      },
      baseline: {
        type: 'string',
        default: '{{ question }}',
        description: 'Jinja template of the prompt without a trigger.',
      },
      target: {
        type: 'string',
        minLength: 1,
        description: 'Jinja template of the target; usually with a space in front.',
      },
      ...joinOptions,
    },
  },
  inputs: { ports: [itemsPort] },

  output(options, inputs) {
    const items = itemsShape(options, inputs);
    return {
      type: 'table',
      columns: [...labels, itemColumn(items), ...items.columns, ...measured],
      key: ['source', 'trigger', 'item'],
      ...(items.open === true && { open: true }),
    };
  },

  check(options, inputs): readonly OptionProblem[] {
    const problems = itemsProblems(options, inputs, ownColumns);
    if (options.items === undefined && inputs['items'] === undefined) return problems;
    const items = itemsShape(options, inputs);
    const open = items.open ?? false;
    const fields = [...items.columns, itemColumn(items)];
    return [
      ...problems,
      ...checkTemplate(options.template, ['template'], namesOfColumns([...fields, ...labels]), { open }),
      ...checkTemplate(options.baseline, ['baseline'], namesOfColumns(fields), { open }),
      ...checkTemplate(options.target, ['target'], namesOfColumns(fields), { open }),
    ];
  },

  // A model that was moved is the same model: its contents are in the key.
  namesOnly: ['model'],
  resources: (_, externals) => modelShare(externals),
  externals: async ({ model }, context) => ({ model: await modelExternal(model, context) }),

  async run(context) {
    const { options, inputs } = context;
    const { triggers, boundary, bos, truncate } = options;
    const { items, columns, item: called } = itemsOf(options, inputs, ownColumns);
    const template = compileTemplate(options.template, ['template']);
    const baseline = compileTemplate(options.baseline, ['baseline']);
    const target = compileTemplate(options.target, ['target']);
    const bare = items.map(({ id, fields }) => {
      const named = { ...fields, item: id };
      return { id, fields, prompt: baseline.render(named), target: target.render(named) };
    });
    const prompts = entriesOf(triggers).flatMap(([source, phrases]) =>
      phrases.flatMap((trigger) =>
        bare.map((item, index) => ({
          source,
          trigger,
          item,
          index,
          prompt: template.render({ ...item.fields, item: item.id, source, trigger }),
        })),
      ),
    );
    const texts = [...bare, ...prompts.map(({ prompt, item }) => ({ prompt, target: item.target }))];
    const scores = await measureScores(
      context,
      texts,
      { topTokens: 0, boundary, bos, truncate },
      {
        'prompt-not-unicode': 'template',
        'target-not-unicode': 'target',
        'target-empty': 'target',
        'no-context': 'template',
        'too-long': 'template',
        'no-bos': 'bos',
      },
    );
    const cut = truncationWarning(scores, 'prompts');
    if (cut !== undefined) context.warn(cut);
    const rows = prompts.map(({ source, trigger, item, index, prompt }, position): Row => {
      const without = must(scores[index], 'a score for each bare prompt');
      const withTrigger = must(scores[bare.length + position], 'a score for each prompt');
      return {
        source,
        trigger,
        item: item.id,
        ...item.fields,
        prompt,
        target: item.target,
        target_token_count: withTrigger.tokens.length,
        log_prob: withTrigger.logProb,
        baseline_log_prob: without.logProb,
        improvement: withTrigger.logProb - without.logProb,
        prompt_truncated: withTrigger.truncated,
        boundary: withTrigger.join,
      };
    });
    return {
      type: 'table',
      table: {
        columns: [...labels, called, ...columns, ...measured],
        key: ['source', 'trigger', 'item'],
        rows,
      },
      prompts: prompts.map(({ prompt, index }) => ({
        prompt,
        targets: [bare[index]?.target ?? ''],
        against: bare[index]?.prompt ?? '',
      })),
    };
  },
});
