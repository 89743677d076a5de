import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Failure } from '../../system/failure.ts';
import { chatDialect } from '../../template/jinja/context.ts';
import { JinjaError, lineOf, RaisedByTemplate } from '../../template/jinja/error.ts';
import { render } from '../../template/jinja/render.ts';
import { parseProgram, type Program } from '../../template/jinja/syntax/parser.ts';
import { lentFunction, valueOf, type Plain } from '../../template/jinja/values/convert.ts';
import type { Value } from '../../template/jinja/values/value.ts';
import type { ChatOptions } from '../language-model.ts';
import { formatDate } from './format-date.ts';

export interface ChatMessage {
  readonly role: string;
  readonly content: string;
}

/** Tokens that templates name, as transformers' `special_tokens_map` gives them. */
const tokenNames = [
  'bos_token',
  'eos_token',
  'unk_token',
  'sep_token',
  'pad_token',
  'cls_token',
  'mask_token',
];

/**
 * The chat template of a model, rendered as transformers' `apply_chat_template` does with `add_generation_prompt`. The
 * day is not asked of the clock: `strftime_now` is there only with a date, and most templates have one for the case that
 * it is not.
 */
export class ChatTemplate {
  readonly #source: string;
  readonly #file: string;
  readonly #tokens: ReadonlyMap<string, Value>;
  #program: Program | undefined;

  /** @param file what failures name */
  private constructor(source: string, file: string, tokens: ReadonlyMap<string, Value>) {
    this.#source = source;
    this.#file = file;
    this.#tokens = tokens;
  }

  /**
   * @param config tokenizer_config.json, with the text of chat_template.jinja as `chat_template` where there is one
   * @param tokenizerFile tokenizer.json
   * @throws Failure `no-chat-template`
   */
  static of(config: Readonly<Record<string, unknown>>, tokenizerFile: string): ChatTemplate {
    const file = fileOf(tokenizerFile);
    const source = defaultTemplate(config['chat_template']);
    if (source === undefined) {
      throw new Failure({
        code: 'no-chat-template',
        blame: 'user',
        message: 'this model has no chat template',
        where: file,
        expected: 'a `chat_template`',
        found: 'none: probably a base model',
        next: 'use the chat version of the model, or a format with a template of its own',
      });
    }
    const tokens = tokenNames.flatMap((name) => {
      const token = tokenText(config[name]);
      return token === undefined ? [] : [[name, token] as const];
    });
    return new ChatTemplate(source, file, new Map(tokens));
  }

  /** @throws Failure `chat-template`, which names the template's file and line */
  render(messages: readonly ChatMessage[], { date }: ChatOptions = {}): string {
    try {
      this.#program ??= parseProgram(this.#source, chatDialect);
      const values: readonly (readonly [string, Value])[] = [
        ['messages', valueOf(messages.map(({ role, content }) => ({ role, content })))],
        ['add_generation_prompt', true],
        ['tools', null],
        ['documents', null],
        ...this.#tokens,
        ...(date === undefined ? [] : [['strftime_now', dateFunction(date)] as const]),
      ];
      return render(this.#program, new Map(values), chatDialect);
    } catch (error) {
      if (!(error instanceof JinjaError)) throw error;
      throw this.#failure(error);
    }
  }

  #failure(error: JinjaError): Failure {
    const line = error.at === undefined ? '' : `, line ${lineOf(this.#source, error.at)}`;
    const shared = { code: 'chat-template', blame: 'user', where: `${this.#file}${line}` } as const;
    if (error instanceof RaisedByTemplate) {
      return new Failure({
        ...shared,
        message: "the model's chat template refuses these messages",
        expected: 'messages in the order that the template knows',
        found: error.message,
        next: 'check roles and their order; some templates take no system message',
      });
    }
    const needsDate = error.message.includes('`strftime_now`');
    return new Failure({
      ...shared,
      message: needsDate
        ? "the model's chat template writes the date of the day, so that the prompt would be another one tomorrow"
        : "the model's chat template cannot be rendered",
      expected: needsDate ? 'a date that stays' : 'a template as transformers renders it',
      found: error.message,
      next: needsDate
        ? 'give the option `date`, for example 2024-07-26'
        : 'mend the template in that file, or use a format with a template of its own',
    });
  }
}

function fileOf(tokenizerFile: string): string {
  const folder = dirname(tokenizerFile);
  const own = join(folder, 'chat_template.jinja');
  return existsSync(own) ? own : join(folder, 'tokenizer_config.json');
}

/** The template itself, or that named `default` of several. */
function defaultTemplate(template: unknown): string | undefined {
  if (typeof template === 'string' && template !== '') return template;
  if (!Array.isArray(template)) return undefined;
  const found: unknown = template.find((each) => fieldOf(each, 'name') === 'default');
  const text = fieldOf(found, 'template');
  return typeof text === 'string' ? text : undefined;
}

/** A special token: its text, or an object that holds it. */
function tokenText(token: unknown): string | undefined {
  if (typeof token === 'string') return token;
  const content = fieldOf(token, 'content');
  return typeof content === 'string' ? content : undefined;
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}

/** `strftime_now` of transformers, on a day that stays: at midnight. */
function dateFunction(date: string): Value {
  return lentFunction('strftime_now', (format: Plain | undefined) => {
    if (typeof format !== 'string') throw new JinjaError('`strftime_now` takes a format');
    const written = formatDate(date, format);
    if (written.ok) return written.text;
    throw new JinjaError(`\`strftime_now\` with \`${written.directive}\` is not supported`);
  });
}
