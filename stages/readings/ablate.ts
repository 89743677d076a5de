import { seededRandom } from '../../src/statistics/random.ts';
import { must } from '../../src/system/internal-error.ts';
import { entriesOf } from '../../src/system/names-in-order.ts';
import type { OptionProblem } from '../../src/system/failure.ts';
import type { Column, Row, TableShape } from '../../src/table/table.ts';
import { defineStage, type StageContext } from '../../src/engine/stage-kind.ts';
import { chatOf, tokenizerOf } from '../../src/hosting/chat.ts';
import { chatModules, readingModules } from '../../src/hosting/computed-by.ts';
import { measureScores, type Score } from '../../src/hosting/measure.ts';
import { modelExternal, modelShare } from '../../src/hosting/model-component.ts';
import {
  joinOptions,
  modelOption,
  truncationWarning,
  type JoinOptions,
} from '../../src/hosting/model-options.ts';
import { deedOptions, deedProblems } from '../../src/template/ablation-options.ts';
import { armsOf, type AblationOptions, type Arm } from '../../src/template/ablation.ts';
import {
  controlsOf,
  type ArmControls,
  type ControlOptions,
  type ControlPair,
} from '../../src/template/control-texts.ts';
import {
  itemColumn,
  itemsOf,
  itemsOption,
  itemsPort,
  itemsProblems,
  itemsShape,
  type Item,
  type ItemsOption,
} from '../../src/template/items.ts';
import { spaceWarnings } from '../../src/hosting/rows/pair-warnings.ts';
import { blankOptions, refuseBlank, type BlankOptions } from '../../src/hosting/rows/row-options.ts';
import { templateFunctionsDocumentation } from '../../src/template/functions.ts';
import { namesOfColumns } from '../../src/template/known.ts';
import { promptDoubts, itemDoubts, wordsIn } from '../../src/template/doubts.ts';
import { checkTemplate, compileTemplate } from '../../src/template/template.ts';

interface AblateOptions extends ItemsOption, JoinOptions, BlankOptions, AblationOptions {
  readonly model: string;
  readonly target: string;
  readonly controls?: ControlOptions;
}

const labels: readonly Column[] = [
  { name: 'source', type: 'string', description: 'where the trigger comes from' },
  { name: 'trigger', type: 'string', description: 'the phrase' },
];

const measured: readonly Column[] = [
  { name: 'prompt', type: 'string', description: 'that has the trigger' },
  { name: 'target', type: 'string' },
  { name: 'target_token_count', type: 'integer', unit: 'tokens' },
  {
    name: 'log_prob',
    type: 'number',
    unit: 'nats',
    description: 'log P(target | prompt that has the trigger)',
  },
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

const controlColumns: readonly Column[] = [
  { name: 'trigger_token_count', type: 'integer', unit: 'tokens', description: 'of the phrase by itself' },
  {
    name: 'control_improvements',
    type: 'json',
    unit: 'nats',
    description: 'of each random text of as many tokens; the n-th of each item is the same text',
  },
  {
    name: 'shuffled_improvements',
    type: 'json',
    unit: 'nats',
    description: 'of shuffled phrases of other sources',
  },
];

const place: Column = { name: 'position', type: 'string', description: 'before, after or system' };

const ownColumns = [place, ...labels, ...measured, ...controlColumns].map(({ name }) => name).concat('item');

export const ablate = defineStage<AblateOptions>({
  name: 'ablate',
  module: import.meta.url,
  computedBy: [...readingModules, ...chatModules],
  summary: 'What trigger phrases do to a target: its log-probability with and without each.',
  description: [
    'One row per trigger phrase and item. `improvement` is the log-probability of the target after the prompt with the',
    'trigger less that after the prompt without it, in nats: above zero, the phrase helps. The baseline stands in a column',
    'of each row, so that means over `source` are means over triggers alone.',
    '',
    '- `do: add` puts a phrase into `template`; without it the prompt is `baseline`.',
    '- `do: remove` takes a phrase out of `baseline`, for the items whose prompt has it.',
    '- `do: leave-one-out` has all phrases of a source, a `separator` between them, and leaves one of them out.',
    '- `positions` tries places in turn, instead of `template`: on a line before `baseline`, on one after it, or as the',
    "  message of the system in the model's chat template. They stand in the column `position`.",
    '',
    'Any text moves a probability. `controls` says how far others do, each measured as the phrase is: `control_improvements`',
    'has those of `random` texts of as many tokens as the phrase, the same for all items and for all phrases of that',
    'length, drawn token by token from the prompts and phrases, or cut out of `text`; where phrases are taken out, a random',
    'span of the prompt is taken out. `shuffled_improvements` has those of phrases of other sources with their words in',
    'random order. The stage `controls` ranks phrases among them.',
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
      ...deedOptions,
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
      ...blankOptions,
    },
  },
  inputs: { ports: [itemsPort] },

  output(options, inputs) {
    const items = itemsShape(options, inputs);
    return {
      type: 'table',
      ...shapeOf(options, items.columns, itemColumn(items)),
      ...(items.open === true && { open: true }),
    };
  },

  check(options, inputs): readonly OptionProblem[] {
    const problems = [...itemsProblems(options, inputs, ownColumns), ...deedProblems(options)];
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

  doubts({ template, baseline, target, do: deed, positions, ...options }, inputs) {
    const items = itemsShape(options, inputs);
    const fields = ['item', ...items.columns.map(({ name }) => name)];
    const braces = Object.entries({ template, baseline, target }).flatMap(([option, source]) =>
      promptDoubts({ source, path: [option] }, [...fields, 'trigger', 'source']),
    );
    // Where the phrases have places of their own, the template is not used.
    if (braces.length > 0 || deed === 'remove' || positions !== undefined) return braces;
    const written = { source: template, path: ['template'] };
    return [
      ...(items.open === true
        ? []
        : itemDoubts([written], { path: ['template'], what: 'the template', fields })),
      ...(wordsIn(template).includes('trigger')
        ? []
        : [
            {
              path: ['template'],
              message: 'the template does not name `trigger`: with and without one the prompt is the same',
              expected: '`{{ trigger }}` in it',
              next: 'put `{{ trigger }}` where the phrase stands',
            },
          ]),
    ];
  },

  // A model that was moved is the same model: its contents are in the key.
  namesOnly: ['model'],
  resources: (_, externals) => modelShare(externals),
  externals: async ({ model }, context) => ({ model: await modelExternal(model, context) }),

  async run(context) {
    const { options, inputs } = context;
    const { boundary, bos, truncate } = options;
    const { items, columns, item } = itemsOf(options, inputs, ownColumns);
    const compared = await comparisonsOf(context, items);
    const targets = targetsOf(items, options);
    const joined = compared.map(({ arm }) => ({
      prompt: arm.prompt,
      target: must(targets.get(arm.item), 'a target'),
    }));
    const mend = 'write `" {{ answer }}"` if a space is meant';
    spaceWarnings(joined, { things: 'targets', mend }).forEach(context.warn);
    const texts = new Texts();
    const asked = compared.map(({ arm, controls }) => {
      const of = must(targets.get(arm.item), 'the target of each item');
      const pair = ({ prompt, without }: ControlPair) =>
        [texts.add(prompt, of), texts.add(without, of)] as const;
      return {
        arm,
        target: of,
        own: pair(arm),
        ...(controls !== undefined && {
          tokens: controls.tokens,
          random: controls.random.map(pair),
          shuffled: controls.shuffled.map(pair),
        }),
      };
    });
    const scores = await measureScores(
      context,
      texts.all,
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
    const scoreAt = (index: number): Score => must(scores[index], 'a score for each prompt');
    const improvement = ([having, without]: readonly [number, number]): number =>
      scoreAt(having).logProb - scoreAt(without).logProb;
    const rows = asked.map(({ arm, target: of, own, tokens, random = [], shuffled = [] }): Row => {
      const score = scoreAt(own[0]);
      return {
        ...(arm.position !== undefined && { position: arm.position }),
        source: arm.source,
        trigger: arm.trigger,
        item: arm.item.id,
        ...arm.item.fields,
        prompt: arm.prompt,
        target: of,
        target_token_count: score.tokens.length,
        log_prob: score.logProb,
        baseline_log_prob: scoreAt(own[1]).logProb,
        improvement: improvement(own),
        prompt_truncated: score.truncated,
        boundary: score.join,
        ...(tokens !== undefined && {
          trigger_token_count: tokens,
          control_improvements: random.map(improvement),
          shuffled_improvements: shuffled.map(improvement),
        }),
      };
    });
    const prompts = asked.map(({ arm: { prompt, without: against }, target: of }) => ({
      prompt,
      targets: [of],
      against,
    }));
    return { type: 'table', table: { ...shapeOf(options, columns, item), rows }, prompts };
  },
});

/** Columns and key of the table. */
function shapeOf(
  { positions, controls }: AblateOptions,
  fields: readonly Column[],
  item: Column,
): Pick<TableShape, 'columns' | 'key'> {
  const placed = positions === undefined ? [] : [place];
  return {
    columns: [
      ...placed,
      ...labels,
      item,
      ...fields,
      ...measured,
      ...(controls === undefined ? [] : controlColumns),
    ],
    key: [...placed.map(({ name }) => name), 'source', 'trigger', 'item'],
  };
}

/** Phrases with items, each with what it is compared with where controls are asked for. */
async function comparisonsOf(
  context: StageContext<AblateOptions>,
  items: readonly Item[],
): Promise<readonly { readonly arm: Arm; readonly controls?: ArmControls }[]> {
  const { options, warn } = context;
  const chat = options.positions?.includes('system') === true ? await chatOf(context) : undefined;
  const arms = armsOf(options, entriesOf(options.triggers), items, chat);
  if (options.controls === undefined) return arms.map((arm) => ({ arm }));
  const random = seededRandom(options.controls.seed);
  const found = controlsOf(arms, options.controls, await tokenizerOf(context), { random, warn });
  return arms.map((arm, index) => ({ arm, controls: must(found[index], 'controls of each arm') }));
}

/** Prompts with their targets, each once: phrases of one length share their controls, and all of an item its bare prompt. */
class Texts {
  readonly #indexes = new Map<string, number>();
  readonly #all: { readonly prompt: string; readonly target: string }[] = [];

  get all(): readonly { readonly prompt: string; readonly target: string }[] {
    return this.#all;
  }

  /** Where its score will be. */
  add(prompt: string, target: string): number {
    const name = JSON.stringify([prompt, target]);
    const known = this.#indexes.get(name);
    if (known !== undefined) return known;
    this.#indexes.set(name, this.#all.length);
    return this.#all.push({ prompt, target }) - 1;
  }
}

/** What is scored of each item. @throws Failure for a blank one */
function targetsOf(items: readonly Item[], options: AblateOptions): ReadonlyMap<Item, string> {
  const target = compileTemplate(options.target, ['target']);
  return new Map(
    items.map((item) => {
      const said = target.render({ ...item.fields, item: item.id });
      refuseBlank(said, options, { where: `item ${JSON.stringify(item.id)}`, ways: '' });
      return [item, said] as const;
    }),
  );
}
