import { textOf } from './values/text-of.ts';
import { JinjaError } from './error.ts';
import { Undefined, type CallArguments, type Value } from './values/value.ts';

/** Where a prompt and a chat template differ: in what Jinja2's environment is set to. */
export interface Dialect {
  /** What is not defined, and `None` where it would become text, is an error (Jinja2's StrictUndefined, and stricter). */
  readonly strict: boolean;
  /** `tojson` as Jinja2 has it, for HTML: sorted keys, ASCII, `<`, `>`, `&` and `'` escaped. Else as transformers has it. */
  readonly htmlJson: boolean;
  /** A newline at the very end of the template stays. */
  readonly keepFinalNewline: boolean;
}

/** Prompts: Jinja2's filters; nothing that is missing becomes text. */
export const promptDialect: Dialect = { strict: true, htmlJson: true, keepFinalNewline: true };

/** Chat templates as transformers renders them: what is not defined prints as nothing. */
export const chatDialect: Dialect = { strict: false, htmlJson: false, keepFinalNewline: false };

/** What filters, tests and functions may ask of the rendering that they are part of. */
export interface Context {
  readonly dialect: Dialect;
  /** @throws JinjaError for a filter that is not there, and whatever the filter throws */
  filter(name: string, value: Value, args: CallArguments): Value;
  test(name: string, value: Value, args: CallArguments): boolean;
  /** A value that was made, counted: by its length it takes steps. @throws JinjaError for what is too long */
  made(value: Value): Value;
}

/** The text that a value becomes in the prompt. @throws JinjaError for what must not become text */
export function shownText({ dialect }: Context, value: Value, what: string): string {
  if (value === null && dialect.strict) throw new JinjaError(`${what} is null and cannot be printed`);
  return textOf(value);
}

export function undefinedValue({ dialect }: Context, what: () => string): Undefined {
  return new Undefined(what, dialect.strict);
}
