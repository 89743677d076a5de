import { ExpressionError } from './fault.ts';
import type { Span } from './tree.ts';

export type Token = Span &
  (
    | { readonly type: 'number'; readonly value: number }
    | { readonly type: 'text'; readonly value: string }
    /** A text in backquotes: `texts` has one entry more than `holes`, which are the tokens of each `${ }`. */
    | {
        readonly type: 'template';
        readonly texts: readonly string[];
        readonly holes: readonly (readonly Token[])[];
      }
    | { readonly type: 'word'; readonly value: string }
    | { readonly type: 'mark'; readonly value: string }
    | { readonly type: 'end' }
  );

/** Longest first: `===` is not `==` and `=`. */
const marks = [
  ...['===', '!==', '...', '>>>'],
  ...[
    '=>',
    '==',
    '!=',
    '<=',
    '>=',
    '&&',
    '||',
    '??',
    '**',
    '?.',
    '++',
    '--',
    '<<',
    '>>',
    '+=',
    '-=',
    '*=',
    '/=',
  ],
  ...[
    '+',
    '-',
    '*',
    '/',
    '%',
    '<',
    '>',
    '!',
    '?',
    ':',
    '(',
    ')',
    '[',
    ']',
    ',',
    '.',
    '=',
    '{',
    '}',
    ';',
    '&',
    '|',
    '^',
    '~',
  ],
];

const space = /[\s\uFEFF]+/y;
const word = /[\p{ID_Start}$_][\p{ID_Continue}$\u200C\u200D]*/uy;
const decimal = /(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y;
const escapes: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['t', '\t'],
  ['r', '\r'],
  ['b', '\b'],
  ['f', '\f'],
  ['v', '\v'],
  ['0', '\0'],
  ...['\\', '"', "'", '`', '$', '/'].map((mark) => [mark, mark] as const),
]);

/**
 * The tokens of an expression, an `end` last.
 *
 * @throws ExpressionError for what is no token.
 */
export function tokensOf(source: string): readonly Token[] {
  return new Scanner(source).scan(0, undefined).tokens;
}

/** Texts in backquotes that stand in `${ }` of others. Nobody nests them; a limit keeps the scanner's stack small. */
const mostNestedTemplates = 3;

class Scanner {
  readonly #source: string;
  #nested = 0;

  constructor(source: string) {
    this.#source = source;
  }

  /** Tokens from a position to the end, or to the `}` that closes the hole of a template. */
  scan(from: number, hole: number | undefined): { readonly tokens: readonly Token[]; readonly end: number } {
    const tokens: Token[] = [];
    let position = from;
    for (;;) {
      position = this.#match(space, position)?.end ?? position;
      const next = this.#source[position];
      if (next === undefined) {
        if (hole !== undefined) throw this.#fault(hole, hole + 2, '`${` is never closed', 'a `}`');
        tokens.push({ type: 'end', start: position, end: position });
        return { tokens, end: position };
      }
      if (hole !== undefined && next === '}') {
        tokens.push({ type: 'end', start: position, end: position + 1 });
        return { tokens, end: position + 1 };
      }
      const token = this.#token(position, next);
      tokens.push(token);
      position = token.end;
    }
  }

  #token(start: number, next: string): Token {
    if (next === '"' || next === "'") return this.#text(start, next);
    if (next === '`') return this.#template(start);
    const number = this.#match(decimal, start);
    if (number !== undefined) return this.#number(start, number.end);
    const name = this.#match(word, start);
    if (name !== undefined) return { type: 'word', value: name.text, start, end: name.end };
    const mark = marks.find((each) => this.#source.startsWith(each, start));
    if (mark !== undefined) return { type: 'mark', value: mark, start, end: start + mark.length };
    const point = this.#source.codePointAt(start) ?? 0;
    const end = start + String.fromCodePoint(point).length;
    const character = String.fromCodePoint(point);
    const shown = /[\p{C}\p{Z}\p{M}]/u.test(character)
      ? `character U+${point.toString(16).toUpperCase().padStart(4, '0')}`
      : `\`${character}\``;
    throw new ExpressionError({
      message: `an expression has no ${shown} outside of texts in quotes`,
      start,
      end,
      found: shown,
    });
  }

  #number(start: number, end: number): Token {
    const digits = this.#source.slice(start, end);
    const after = this.#match(word, end) ?? this.#match(decimal, end);
    if (after !== undefined) {
      throw this.#fault(
        start,
        after.end,
        `not a number: ${digits}${after.text}`,
        'decimal digits, as in 12, 0.5 or 1e-3',
      );
    }
    const value = Number(digits);
    // A whole number that a float cannot hold would be compared as another one.
    if (/^\d+$/.test(digits) && !Number.isSafeInteger(value)) {
      throw this.#fault(
        start,
        end,
        `${digits} has more digits than a number keeps`,
        'at most 9007199254740991',
        'write long identifiers as text, in quotes',
      );
    }
    return { type: 'number', value, start, end };
  }

  #text(start: number, quote: string): Token {
    let value = '';
    let position = start + 1;
    for (;;) {
      const next = this.#source[position];
      if (next === undefined)
        throw this.#fault(start, this.#source.length, 'a text is never closed', `a ${quote}`);
      if (next === quote) break;
      const part = next === '\\' ? this.#escape(position) : { value: next, end: position + 1 };
      value += part.value;
      position = part.end;
    }
    this.#refuseHalves(value, start, position + 1);
    return { type: 'text', value, start, end: position + 1 };
  }

  #template(start: number): Token {
    this.#nested += 1;
    if (this.#nested > mostNestedTemplates)
      throw this.#fault(start, start + 1, 'texts in backquotes are nested too deeply');
    const texts: string[] = [];
    const holes: (readonly Token[])[] = [];
    let value = '';
    let position = start + 1;
    for (;;) {
      const next = this.#source[position];
      if (next === undefined) throw this.#fault(start, this.#source.length, 'a text is never closed', 'a `');
      if (next === '`') break;
      if (this.#source.startsWith('${', position)) {
        texts.push(value);
        value = '';
        const { tokens, end } = this.scan(position + 2, position);
        holes.push(tokens);
        position = end;
        continue;
      }
      const part = next === '\\' ? this.#escape(position) : { value: next, end: position + 1 };
      value += part.value;
      position = part.end;
    }
    this.#nested -= 1;
    texts.push(value);
    for (const text of texts) this.#refuseHalves(text, start, position + 1);
    return { type: 'template', texts, holes, start, end: position + 1 };
  }

  #escape(start: number): { readonly value: string; readonly end: number } {
    const simple = escapes.get(this.#source[start + 1] ?? '');
    if (simple !== undefined) return { value: simple, end: start + 2 };
    const coded =
      this.#match(/\\x[0-9a-fA-F]{2}/y, start) ??
      this.#match(/\\u[0-9a-fA-F]{4}/y, start) ??
      this.#match(/\\u\{0*(?:10|[0-9a-fA-F])?[0-9a-fA-F]{1,4}\}/y, start);
    if (coded !== undefined) {
      const code = Number.parseInt(coded.text.replace(/[\\xu{}]/g, ''), 16);
      if (code <= 0x10ffff) return { value: String.fromCodePoint(code), end: coded.end };
    }
    throw this.#fault(
      start,
      Math.min(start + 2, this.#source.length),
      `no such escape: ${this.#source.slice(start, start + 2)}`,
      String.raw`\\ for a backslash, \n, \t, \", \' or \u{code point}`,
    );
  }

  #refuseHalves(value: string, start: number, end: number): void {
    if (!value.isWellFormed()) throw this.#fault(start, end, 'the text holds half a character');
  }

  #match(pattern: RegExp, start: number): { readonly text: string; readonly end: number } | undefined {
    pattern.lastIndex = start;
    const text = pattern.exec(this.#source)?.[0];
    return text === undefined ? undefined : { text, end: start + text.length };
  }

  #fault(start: number, end: number, message: string, expected?: string, next?: string): ExpressionError {
    return new ExpressionError({
      message,
      start,
      end,
      ...(expected !== undefined && { expected }),
      ...(next !== undefined && { next }),
    });
  }
}
