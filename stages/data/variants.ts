import { entriesOf } from '../../src/system/names-in-order.ts';
import { must } from '../../src/system/internal-error.ts';
import { tableShape } from '../../src/table/columns.ts';
import type { Column, Row, TableShape } from '../../src/table/table.ts';
import { defineStage } from '../../src/engine/stage-kind.ts';
import { Failure, type OptionProblem } from '../../src/system/failure.ts';
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
import { balancedSample, fullDesign } from '../../src/statistics/design.ts';
import { seededRandom, seedOf } from '../../src/statistics/random.ts';
import {
  examplesOf,
  examplesOptions,
  examplesPort,
  examplesProblems,
  type ExamplesOption,
} from '../../src/template/examples.ts';
import {
  combinationOf,
  factorColumns,
  factorOptions,
  factorProblems,
  transformed,
  transformOption,
  transformProblems,
  type Combination,
  type DesignOption,
  type Factors,
  type TransformOption,
} from '../../src/template/factors.ts';
import {
  chatOptions,
  chatProblems,
  compileChat,
  type ChatFormat,
  type Message,
} from '../../src/template/turns.ts';

interface VariantsOptions extends ItemsOption, ExamplesOption {
  readonly text: string;
  readonly formats: Readonly<Record<string, Format>>;
  readonly factors?: Factors;
  readonly design?: DesignOption;
  readonly model: string;
  readonly date?: string;
}

interface Format extends ChatFormat {
  readonly group?: string;
  readonly description?: string;
  readonly template?: string;
  readonly transform?: TransformOption;
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
    '- `transform`: what is done to the rendered text, over code points: `reverse`, `uppercase`, `lowercase`, `titlecase`,',
    '  `leetspeak`; `homoglyphs` (letters that look the same), `double-spaces`, `letter-spacing`, `typos` (two neighbours',
    '  change places in words of four letters or more), `shuffle-words`: the same for the same text; or a map of',
    '  characters; a character that the map lacks is looked up in lower case.',
    '- `chat: true`: the text becomes the message of a user in the chat template of `model`; `system` is said before it.',
    '- `chat` with a list of turns, each with `role` and `content`, Jinja over the fields of the item: these are said instead.',
    '  `{ examples: [...] }` in the list is said once for each example.',
    '',
    '`factors` are crossed with the formats, each a column: `{ separator: { newline: "\\n", space: " " } }`. Templates print a',
    'level where they name its factor; a level may also have a `transform`, and a `template` around the text (`prompt`).',
    'They act in the order in which they are named. `design: { sample: 12 }` takes so many combinations of formats and',
    'levels, every level equally often, for every item the same. `effects` says what each factor does.',
    '',
    'A second table, `from: { items: ..., examples: ... }`, gives examples: its first `shots` rows are the list `examples` in',
    'every template, so `{% for each in examples %}{{ each.question }} {{ each.answer }}\\n\\n{% endfor %}{{ question }}` is few-shot.',
    'With `draw` they are drawn for each item, the item itself left out; a list of `shots` is one more column.',
    '',
    'The column `item` names the item: by the `key` that their table declares, as one text where it has several columns; else by',
    'their field `id`; else by its place, counted from 1, which an item put in before it changes.',
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
            transform: transformOption,
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
      ...examplesOptions,
      ...factorOptions,
    },
  },
  inputs: { ports: [itemsPort, examplesPort] },

  output(options, inputs) {
    const items = itemsShape(options, inputs);
    return {
      type: 'table',
      ...shapeOf(options, items.columns, itemColumn(items)),
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
    else if (options.draw !== undefined) known.set('examples', knownOfShape(items));
    problems.push(...examplesProblems(options, items, examples));
    const open = items.open ?? false;
    const { factors = {} } = options;
    const taken = [...ownColumns, ...items.columns.map(({ name }) => name), 'examples', 'shots'];
    problems.push(
      ...factorProblems(factors, { known: withPrompt(known), taken, open }),
      ...designProblems(options),
    );
    for (const [name] of entriesOf(factors)) known.set(name, { type: 'text' });
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
      problems.push(...transformProblems(transform, [...path, 'transform']));
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
    const { items, columns, item } = itemsOf(options, inputs, ownColumns);
    const formats = entriesOf(options.formats);
    const inChat = usesChat(options.formats) ? await chatOf(context) : undefined;
    const shown = examplesOf(inputs, options, items, (text) => seededRandom(seedOf(text, 0)));
    const rows = combinationsOf(options).flatMap(({ place, combination }) => {
      const [format, { group = null, description = null, ...made }] = must(formats[place], 'a format');
      const promptOf = compileFormat(made, options.text, { format, inChat, combination });
      return items.flatMap((item) =>
        shown(item).map(({ count, examples }) => {
          const named = { format, group, description, item: item.id };
          const values = { ...item.fields, ...named, ...combination.values };
          const prompt = promptOf({ ...values, ...(examples !== undefined && { examples }) });
          const factors = { ...combination.levels, ...(count !== undefined && { shots: count }) };
          return { ...named, ...factors, ...item.fields, prompt, prompt_length: codePoints(prompt) };
        }),
      );
    });
    context.progress(rows.length, rows.length, 'prompts');
    return { type: 'table', table: { ...shapeOf(options, columns, item), rows } };
  },
});

function usesChat(formats: Readonly<Record<string, Format>>): boolean {
  return Object.values(formats).some(({ chat }) => chat !== undefined && chat !== false);
}

/** How many levels the formats and each factor have. */
function levelCounts({ formats, factors = {} }: VariantsOptions): readonly number[] {
  return [formats, ...Object.values(factors)].map((levels) => Object.keys(levels).length);
}

function designProblems(options: VariantsOptions): readonly OptionProblem[] {
  const { design } = options;
  if (design === undefined) return [];
  const total = levelCounts(options).reduce((product, count) => product * count, 1);
  if (design.sample <= total) return [];
  return [
    {
      path: ['design', 'sample'],
      message: 'there are not so many combinations of formats and levels',
      expected: `at most ${total}`,
      found: String(design.sample),
    },
  ];
}

/** Each format with each combination of levels, or a sample of these. */
function combinationsOf(
  options: VariantsOptions,
): readonly { readonly place: number; readonly combination: Combination }[] {
  const { factors = {}, design } = options;
  const counts = levelCounts(options);
  const chosen =
    design === undefined
      ? fullDesign(counts)
      : balancedSample(counts, design.sample, seededRandom(seedOf('design', design.seed)));
  if (chosen === undefined) {
    throw new Failure({
      code: 'design-not-balanced',
      blame: 'user',
      message: 'no balanced sample of this size was found',
      path: ['design', 'sample'],
      next: 'try another `seed` or another number of combinations',
    });
  }
  return chosen.map(([place = 0, ...levels]) => ({ place, combination: combinationOf(factors, levels) }));
}

/** What makes the prompt of an item, the templates compiled once. */
function compileFormat(
  { template, transform, ...chat }: Format,
  text: string,
  {
    format,
    inChat,
    combination,
  }: {
    readonly format: string;
    readonly inChat: ((messages: readonly Message[]) => string) | undefined;
    readonly combination: Combination;
  },
): (values: Row) => string {
  const path = ['formats', format];
  const messagesOf = compileChat(chat, path);
  const isSaid = !Array.isArray(chat.chat);
  const compiled =
    template === undefined
      ? compileTemplate(text, ['text'])
      : compileTemplate(template, [...path, 'template']);
  const randomOf = (of: string): (() => number) => seededRandom(seedOf(of, 1));
  return (values) => {
    const content = isSaid
      ? combination.act(transformed(compiled.render(values), transform, randomOf), values, randomOf)
      : '';
    return messagesOf === undefined ? content : must(inChat, 'a chat template')(messagesOf(values, content));
  };
}

/** What a template around a text may name besides: the text. */
function withPrompt(known: ReadonlyMap<string, Known>): ReadonlyMap<string, Known> {
  return new Map([...known, ['prompt', { type: 'text' }] as const]);
}

function shapeOf(
  { factors = {}, shots }: VariantsOptions,
  fields: readonly Column[],
  item: Column,
): Pick<TableShape, 'columns' | 'key'> {
  const shotsColumn: Column = { name: 'shots', type: 'integer', description: 'how many examples are shown' };
  const crossed = [...factorColumns(factors), ...(Array.isArray(shots) ? [shotsColumn] : [])];
  return {
    columns: [
      { name: 'format', type: 'string' },
      { name: 'group', type: 'string' },
      { name: 'description', type: 'string' },
      item,
      ...crossed,
      ...fields,
      { name: 'prompt', type: 'string' },
      { name: 'prompt_length', type: 'integer', unit: 'characters', description: 'code points' },
    ],
    key: ['format', ...crossed.map(({ name }) => name), 'item'],
  };
}
