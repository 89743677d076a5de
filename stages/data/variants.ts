import { entriesOf } from '../../src/system/names-in-order.ts';
import { must } from '../../src/system/internal-error.ts';
import { tableShape } from '../../src/table/columns.ts';
import type { Column, Row } from '../../src/table/table.ts';
import { defineStage } from '../../src/engine/stage-kind.ts';
import type { OptionProblem } from '../../src/system/failure.ts';
import { chatOf } from '../../src/hosting/chat.ts';
import { chatModules } from '../../src/hosting/computed-by.ts';
import { modelExternal, modelShare } from '../../src/hosting/model-component.ts';
import { modelOption } from '../../src/hosting/model-options.ts';
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
import { knownOfShape, namesOfColumns, type Known } from '../../src/template/known.ts';
import { formatDoubts } from '../../src/template/doubts.ts';
import { checkTemplate, compileTemplate } from '../../src/template/template.ts';
import { codePoints } from '../../src/transforms/code-points.ts';
import { mapCharacters } from '../../src/transforms/substitution.ts';
import { textTransforms, type TransformName } from '../../src/transforms/text-transforms.ts';
import { examplesOf, examplesPort, examplesProblems, shotsOption } from '../../src/template/examples.ts';
import {
  chatOptions,
  chatProblems,
  compileChat,
  type ChatFormat,
  type Message,
} from '../../src/template/turns.ts';

interface VariantsOptions extends ItemsOption {
  readonly text: string;
  readonly formats: Readonly<Record<string, Format>>;
  readonly model: string;
  readonly date?: string;
  readonly shots?: number;
}

interface Format extends ChatFormat {
  readonly group?: string;
  readonly description?: string;
  readonly template?: string;
  readonly transform?: TransformName | Readonly<Record<string, string>>;
}

const ownColumns = ['format', 'group', 'description', 'item', 'prompt', 'prompt_length'];

export const variants = defineStage<VariantsOptions>({
  name: 'variants',
  module: import.meta.url,
  computedBy: chatModules,
  summary: 'Prompts: every item in every format.',
  description: [
    'One row per format and item, format by format. Items come from `items` or from the table in `from`.',
    '',
    'A format says how the prompt is made:',
    '',
    '- `template`: Jinja over the fields of the item. Without one, the option `text`. A final newline is kept.',
    '- `transform`: what is done to the rendered text, over code points: `reverse`, `uppercase`, `lowercase`,',
    '  `titlecase`, `leetspeak`, or a map of characters; a character that the map lacks is looked up in lower case.',
    '- `chat: true`: the text becomes the message of a user in the chat template of `model`; `system` is said before it.',
    '- `chat` with a list of turns, each with `role` and `content`, Jinja over the fields of the item: these are said instead.',
    '  `{ examples: [...] }` in the list is said once for each example.',
    '',
    'A second table, `from: { items: ..., examples: ... }`, gives examples: its first `shots` rows are the list `examples` in',
    'every template, so `{% for each in examples %}{{ each.question }} {{ each.answer }}\\n\\n{% endfor %}{{ question }}` is few-shot.',
    '',
    'The column `item` is the field `id` of an item where items have one, or else its place, counted from 1.',
    '`prompt_length` counts code points, as Python’s `len` does.',
    '',
    templateFunctionsDocumentation,
  ].join('\n'),
  example: [
    'with:',
    '  items:',
    '    - { question: What is the capital of Germany?, answer: Berlin }',
    '  formats:',
    '    chat-like: { group: natural, template: "User: {{ question }}\\nAssistant:" }',
    '    plain: { group: plain }',
    '    reversed: { group: unnatural, transform: reverse }',
  ].join('\n'),
  options: {
    type: 'object',
    additionalProperties: false,
    required: ['formats'],
    properties: {
      items: itemsOption,
      text: {
        type: 'string',
        default: '{{ question }}',
        description: 'Jinja template of the bare text: what formats without a template of their own show.',
      },
      formats: {
        type: 'object',
        minProperties: 1,
        description: 'The formats by name.',
        additionalProperties: {
          type: 'object',
          additionalProperties: false,
          properties: {
            group: { type: 'string', description: 'Kind of format, for grouping and colouring.' },
            description: { type: 'string', description: 'What the format looks like, in words.' },
            template: { type: 'string', description: 'Jinja template of the prompt. Default: `text`.' },
            transform: {
              description: 'What is done to the rendered text.',
              anyOf: [
                { type: 'string', enum: Object.keys(textTransforms) },
                {
                  type: 'object',
                  minProperties: 1,
                  additionalProperties: { type: 'string' },
                  description: 'Characters and what they become.',
                },
              ],
            },
            ...chatOptions,
          },
        },
      },
      model: modelOption,
      date: {
        type: 'string',
        pattern: '^\\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\\d|3[01])$',
        description:
          'The day, as 2024-07-26, for chat templates that write one. Without it they write the one that is theirs, never today.',
      },
      shots: shotsOption,
    },
  },
  inputs: { ports: [itemsPort, examplesPort] },

  output(options, inputs) {
    const items = itemsShape(options, inputs);
    return {
      type: 'table',
      columns: columnsFor(items.columns, itemColumn(items)),
      key: ['format', 'item'],
      ...(items.open === true && { open: true }),
    };
  },

  check(options, inputs) {
    const problems: OptionProblem[] = [...itemsProblems(options, inputs, ownColumns)];
    if (options.items === undefined && inputs['items'] === undefined) return problems;
    const items = itemsShape(options, inputs);
    const known = new Map<string, Known>([
      ...namesOfColumns(items.columns),
      ...namesOfColumns(ownColumns.slice(0, 4).map((name) => ({ name, type: 'string' as const }))),
    ]);
    const examples = inputs['examples'] === undefined ? undefined : tableShape(inputs['examples']);
    if (examples !== undefined) known.set('examples', knownOfShape(examples));
    problems.push(...examplesProblems(options.shots, items, examples));
    const open = items.open ?? false;
    const formats = entriesOf(options.formats);
    if (formats.some(([, { template, chat }]) => template === undefined && !Array.isArray(chat))) {
      problems.push(...checkTemplate(options.text, ['text'], known, { open }));
    }
    for (const [name, format] of formats) {
      const { template, transform } = format;
      const path = ['formats', name];
      problems.push(...chatProblems(format, path, { known, open }, examples));
      if (template !== undefined) {
        problems.push(...checkTemplate(template, [...path, 'template'], known, { open }));
      }
      for (const key of typeof transform === 'object' ? Object.keys(transform) : []) {
        if (codePoints(key) === 1) continue;
        problems.push({
          path: [...path, 'transform', key],
          message: 'a transform maps single characters',
          expected: 'one character',
          found: key,
        });
      }
    }
    return problems;
  },

  doubts(options, inputs) {
    const items = itemsShape(options, inputs);
    const fields = ['item', ...items.columns.map(({ name }) => name)];
    const isOpen = items.open === true;
    return entriesOf(options.formats).flatMap(([name, format]) =>
      formatDoubts(format, { text: options.text, path: ['formats', name], fields, isOpen }),
    );
  },

  // A model that was moved is the same model: its contents are in the key where a chat template is used.
  namesOnly: ['model'],
  resources: ({ formats }, externals) => (usesChat(formats) ? modelShare(externals) : {}),

  async externals({ formats, model }, context) {
    return usesChat(formats) ? { model: await modelExternal(model, context, { numerics: false }) } : {};
  },

  async run(context) {
    const { options, inputs } = context;
    const { items, columns } = itemsOf(options, inputs, ownColumns);
    const formats = entriesOf(options.formats);
    const inChat = usesChat(options.formats) ? await chatOf(context) : undefined;
    const examples = examplesOf(inputs, options.shots);
    const rows = formats.flatMap(([format, { group = null, description = null, ...made }]) => {
      const promptOf = compileFormat(made, options.text, ['formats', format], inChat);
      return items.map(({ id, fields }) => {
        const named = { format, group, description, item: id };
        const prompt = promptOf({ ...fields, ...named, ...(examples !== undefined && { examples }) });
        return { ...named, ...fields, prompt, prompt_length: codePoints(prompt) };
      });
    });
    context.progress(rows.length, rows.length, 'prompts');
    const item = itemColumn({ type: 'table', columns, key: [] });
    return { type: 'table', table: { columns: columnsFor(columns, item), key: ['format', 'item'], rows } };
  },
});

function usesChat(formats: Readonly<Record<string, Format>>): boolean {
  return Object.values(formats).some(({ chat }) => chat !== undefined && chat !== false);
}

/** What makes the prompt of an item, the templates compiled once. */
function compileFormat(
  { template, transform, ...chat }: Format,
  text: string,
  path: readonly string[],
  inChat: ((messages: readonly Message[]) => string) | undefined,
): (values: Row) => string {
  const messagesOf = compileChat(chat, path);
  const isSaid = !Array.isArray(chat.chat);
  const compiled =
    template === undefined
      ? compileTemplate(text, ['text'])
      : compileTemplate(template, [...path, 'template']);
  return (values) => {
    const content = isSaid ? transformed(compiled.render(values), transform) : '';
    return messagesOf === undefined ? content : must(inChat, 'a chat template')(messagesOf(values, content));
  };
}

function transformed(text: string, transform: Format['transform']): string {
  if (transform === undefined) return text;
  return typeof transform === 'string' ? textTransforms[transform](text) : mapCharacters(text, transform);
}

function columnsFor(fields: readonly Column[], item: Column): readonly Column[] {
  return [
    { name: 'format', type: 'string' },
    { name: 'group', type: 'string' },
    { name: 'description', type: 'string' },
    item,
    ...fields,
    { name: 'prompt', type: 'string' },
    { name: 'prompt_length', type: 'integer', unit: 'characters', description: 'code points' },
  ];
}
