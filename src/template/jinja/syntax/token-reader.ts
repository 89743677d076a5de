import { JinjaError } from '../error.ts';
import type { Token, TokenType } from './lexer.ts';

/** The tokens of a template, read one by one. */
export class TokenReader {
  readonly source: string;
  readonly #tokens: readonly Token[];
  #next = 0;
  /** How deep expressions and blocks are nested: more than this is no template, and would exhaust the stack. */
  static readonly deepest = 150;
  #depth = 0;

  constructor(source: string, tokens: readonly Token[]) {
    this.source = source;
    this.#tokens = tokens;
  }

  peek(): Token | undefined {
    return this.#tokens[this.#next];
  }

  /** Where the next token begins. */
  get at(): number {
    return this.peek()?.at ?? this.source.length;
  }

  /** Where the last token ended. */
  get end(): number {
    return this.#tokens[this.#next - 1]?.end ?? 0;
  }

  take(): Token {
    const token = this.peek();
    if (token === undefined) throw new JinjaError('the template ends too early', this.source.length);
    this.#next += 1;
    return token;
  }

  is(type: TokenType, ...values: readonly string[]): boolean {
    const token = this.peek();
    return token?.type === type && (values.length === 0 || values.includes(token.value));
  }

  isOperator(...values: readonly string[]): boolean {
    return this.is('operator', ...values);
  }

  /** Whether the next token is one of these words; never, if there are none. */
  isWord(...values: readonly string[]): boolean {
    return values.length > 0 && this.is('name', ...values);
  }

  /** Whether the next tokens are these two words. */
  areWords(first: string, second: string): boolean {
    const after = this.#tokens[this.#next + 1];
    return this.isWord(first) && after?.type === 'name' && after.value === second;
  }

  /** Takes the next token if it is one of these. */
  skip(type: TokenType, ...values: readonly string[]): boolean {
    const found = this.is(type, ...values);
    if (found) this.#next += 1;
    return found;
  }

  expect(type: TokenType, value?: string): Token {
    if (value === undefined ? this.is(type) : this.is(type, value)) return this.take();
    throw this.unexpected(value === undefined ? described(type) : `\`${value}\``);
  }

  /** @param expected in words, or a thing in backticks */
  unexpected(expected: string): JinjaError {
    const token = this.peek();
    if (token === undefined)
      return new JinjaError(`the template ends, and ${expected} is missing`, this.source.length);
    return new JinjaError(`expected ${expected}, found ${found(token)}`, token.at);
  }

  deeper<T>(read: () => T): T {
    this.#depth += 1;
    if (this.#depth > TokenReader.deepest) {
      throw new JinjaError(`the template is nested more than ${TokenReader.deepest} deep`, this.at);
    }
    try {
      return read();
    } finally {
      this.#depth -= 1;
    }
  }
}

function described(type: TokenType): string {
  switch (type) {
    case 'close-block':
      return '`%}`';
    case 'close-output':
      return '`}}`';
    case 'open-block':
      return '`{%`';
    case 'open-output':
      return '`{{`';
    case 'name':
      return 'a name';
    case 'text':
    case 'string':
      return 'a text';
    case 'integer':
    case 'float':
      return 'a number';
    case 'operator':
      return 'an operator';
  }
}

function found({ type, value }: Token): string {
  return type === 'text' || type === 'string' ? 'a text' : `\`${value}\``;
}
