import type { JsonObject } from '../system/json.ts';
import type { OptionProblem } from '../system/failure.ts';
import type { Row, TableShape } from '../table/table.ts';
import { noExamples } from './examples.ts';
import { namesOfColumns, type KnownNames } from './known.ts';
import { checkTemplate, compileTemplate, type Template } from './template.ts';

/** One message of a chat, its content a Jinja template. */
interface Turn {
  readonly role: string;
  readonly content: string;
}

/** Turns that are said once for each example, over its columns. */
interface ExampleTurns {
  readonly examples: readonly Turn[];
}

type TurnOption = Turn | ExampleTurns;

/** How a text becomes a chat. */
export interface ChatFormat {
  /** True: the text is the message of a user. Turns are said instead of it. Default false. */
  readonly chat?: boolean | readonly TurnOption[];
  /** Template of the message of the system, in front. */
  readonly system?: string;
}

export interface Message {
  readonly role: string;
  readonly content: string;
}

type Path = readonly (string | number)[];

const turn: JsonObject = {
  type: 'object',
  additionalProperties: false,
  required: ['role', 'content'],
  properties: {
    role: { type: 'string', minLength: 1, description: 'Who speaks: system, user or assistant.' },
    content: { type: 'string', description: 'Jinja template of what is said.' },
  },
};

const turnsOption: JsonObject = {
  type: 'array',
  minItems: 1,
  description:
    'Turns of a chat. Those in `examples` are said once for each example, over the columns of the example.',
  items: {
    anyOf: [
      turn,
      {
        type: 'object',
        additionalProperties: false,
        required: ['examples'],
        properties: {
          examples: {
            type: 'array',
            minItems: 1,
            items: turn,
            description: 'Turns of each example, for example user and assistant.',
          },
        },
      },
    ],
  },
};

/** The options of a format that is a chat. */
export const chatOptions = {
  chat: {
    description: 'Put the text, or turns instead of it, into the chat template of `model`.',
    anyOf: [{ type: 'boolean' }, turnsOption],
  },
  system: {
    type: 'string',
    description: 'With `chat`: Jinja template of the message of the system, in front.',
  },
} as const satisfies JsonObject;

/** Names that a template may use, and whether there may be more. */
interface NamesOf {
  readonly known: KnownNames;
  readonly open: boolean;
}

/** What is wrong with the chat of a format, which stands at `path`. */
export function chatProblems(
  format: ChatFormat & { readonly template?: string; readonly transform?: unknown },
  path: Path,
  ofItem: NamesOf,
  examples: TableShape | undefined,
): readonly OptionProblem[] {
  const { chat = false, system, template, transform } = format;
  const problems: OptionProblem[] = [];
  if (system !== undefined) {
    problems.push(...checkTemplate(system, [...path, 'system'], ofItem.known, { open: ofItem.open }));
    if (chat === false) {
      const message = 'only a format with `chat` has a message of the system';
      problems.push({ path: [...path, 'system'], message });
    }
  }
  if (typeof chat === 'boolean') return problems;
  const unused = template !== undefined ? 'template' : transform !== undefined ? 'transform' : undefined;
  if (unused !== undefined) {
    problems.push({
      path: [...path, unused],
      message: `a format with turns has no \`${unused}\`: the turns say what is said`,
      next: `leave \`${unused}\` out, or use \`chat: true\``,
    });
  }
  const ofExample = examples && {
    known: namesOfColumns(examples.columns),
    open: examples.open ?? false,
  };
  return [...problems, ...turnsProblems(chat, [...path, 'chat'], ofItem, ofExample)];
}

/** @param ofExample names in the turns of an example; undefined where there are no examples */
function turnsProblems(
  turns: readonly TurnOption[],
  path: Path,
  ofItem: NamesOf,
  ofExample: NamesOf | undefined,
): readonly OptionProblem[] {
  return turns.flatMap((each, index): readonly OptionProblem[] => {
    const place = [...path, index];
    if (!('examples' in each)) {
      return checkTemplate(each.content, [...place, 'content'], ofItem.known, { open: ofItem.open });
    }
    if (ofExample === undefined) return [{ path: [...place, 'examples'], ...noExamples }];
    return each.examples.flatMap(({ content }, at) =>
      checkTemplate(content, [...place, 'examples', at, 'content'], ofExample.known, {
        open: ofExample.open,
      }),
    );
  });
}

/**
 * What makes the messages of an item from its values and its text, the templates compiled once; undefined where the format is
 * no chat. The value `examples` is the list of examples.
 */
export function compileChat(
  { chat = false, system }: ChatFormat,
  path: Path,
): ((values: Row, text: string) => readonly Message[]) | undefined {
  if (chat === false) return undefined;
  const opening =
    system === undefined
      ? undefined
      : { role: 'system', template: compileTemplate(system, [...path, 'system']) };
  const turnsOf = chat === true ? undefined : compileTurns(chat, [...path, 'chat']);
  return (values, text) => [
    ...(opening === undefined ? [] : [rendered(opening, values)]),
    ...(turnsOf === undefined ? [{ role: 'user', content: text }] : turnsOf(values)),
  ];
}

function compileTurns(turns: readonly TurnOption[], path: Path): (values: Row) => readonly Message[] {
  const compiled = turns.map((each, index): ((values: Row) => readonly Message[]) => {
    if (!('examples' in each)) {
      const own = compileTurn(each, [...path, index]);
      return (values) => [rendered(own, values)];
    }
    const own = each.examples.map((one, at) => compileTurn(one, [...path, index, 'examples', at]));
    return ({ examples }) =>
      (examples as readonly Row[]).flatMap((example) => own.map((one) => rendered(one, example)));
  });
  return (values) => compiled.flatMap((messagesOf) => messagesOf(values));
}

interface CompiledTurn {
  readonly role: string;
  readonly template: Template;
}

function compileTurn({ role, content }: Turn, path: Path): CompiledTurn {
  return { role, template: compileTemplate(content, [...path, 'content']) };
}

function rendered({ role, template }: CompiledTurn, values: Row): Message {
  return { role, content: template.render(values) };
}
