import { JinjaError } from '../error.ts';
import { onlySpaces, spaceClass, stripEnd } from '../values/text.ts';
import { unescaped } from './string-literal.ts';

export type TokenType =
  | 'text'
  | 'open-output'
  | 'close-output'
  | 'open-block'
  | 'close-block'
  | 'name'
  | 'string'
  | 'integer'
  | 'float'
  | 'operator';

export interface Token {
  readonly type: TokenType;
  /** The text itself, the name, the operator, the characters of a number, or what a string literal stands for. */
  readonly value: string;
  readonly at: number;
  readonly end: number;
}

/** Line breaks as Jinja2 reads them: `\n`, whichever they are. */
export function withPlainLineBreaks(source: string): string {
  return source.replace(/\r\n?/g, '\n');
}

const operator = /\/\/|\*\*|==|!=|>=|<=|[-+/*%~[\](){}><=.:|,;]/y;
const integer = /0b(?:_?[01])+|0o(?:_?[0-7])+|0x(?:_?[\da-f])+|[1-9](?:_?\d)*|0(?:_?0)*/iy;
const float = /(?<!\.)(?:\d+_)*\d+(?:(?:\.(?:\d+_)*\d+)?e[+-]?(?:\d+_)*\d+|\.(?:\d+_)*\d+)/iy;
/** Letters of any script, as Python's identifiers; what else Python's `\w` takes is refused by name. */
const name = /[\p{L}\p{N}\p{M}_]+/uy;
const identifier = /^[\p{ID_Start}_]\p{ID_Continue}*$/u;
const string = /'[^'\\]*(?:\\[\s\S][^'\\]*)*'|"[^"\\]*(?:\\[\s\S][^"\\]*)*"/y;
const space = new RegExp(`[${spaceClass}]+`, 'y');

const gap = `[${spaceClass}]*`;
/** What a tag begins with, `{% raw %}` with all of its tag. */
const tag = new RegExp(`\\{%([-+]?)${gap}raw${gap}(?:-%\\}${gap}|%\\})|\\{([%{#])([-+]?)`, 'g');
const endOfRaw = new RegExp(`\\{%([-+]?)${gap}endraw${gap}(?:\\+%\\}|-%\\}${gap}|%\\}\\n?)`, 'g');
const endOfComment = new RegExp(`[\\s\\S]*?(?:\\+#\\}|-#\\}${gap}|#\\}\\n?)`, 'y');
const endOfBlock = new RegExp(`\\+%\\}|-%\\}${gap}|%\\}\\n?`, 'y');
const endOfOutput = new RegExp(`-\\}\\}${gap}|\\}\\}`, 'y');

/**
 * The tokens of a template, with the whitespace rules of Jinja2's `trim_blocks` and `lstrip_blocks`: the newline after
 * a block or a comment belongs to it, and so does white space between the start of a line and it.
 *
 * @param source with line breaks as `withPlainLineBreaks` gives them
 * @throws JinjaError with its place
 */
export function tokenize(source: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  /** Whether what came before ends a line: only then may a tag take the white space in front of it. */
  let startsLine = true;
  const text = (end: number, sign: string, stripsLine: boolean): void => {
    let kept = source.slice(at, end);
    if (sign === '-') kept = stripEnd(kept);
    else if (sign !== '+' && stripsLine) {
      const line = kept.lastIndexOf('\n') + 1;
      if ((line > 0 || startsLine) && onlySpaces.test(kept.slice(line))) kept = kept.slice(0, line);
    }
    if (kept !== '') tokens.push({ type: 'text', value: kept, at, end });
  };
  const goTo = (end: number): void => {
    startsLine = source[end - 1] === '\n';
    at = end;
  };
  while (at < source.length) {
    tag.lastIndex = at;
    const found = tag.exec(source);
    if (found === null) {
      text(source.length, '+', false);
      break;
    }
    const [whole, rawSign, kind, sign = ''] = found;
    const start = found.index;
    text(start, rawSign ?? sign, kind !== '{');
    goTo(start + whole.length);
    if (kind === undefined) {
      endOfRaw.lastIndex = at;
      const end = endOfRaw.exec(source);
      if (end === null) throw new JinjaError('`{% raw %}` is not closed: `{% endraw %}` is missing', start);
      text(end.index, end[1] ?? '', true);
      goTo(end.index + end[0].length);
    } else if (kind === '#') {
      endOfComment.lastIndex = at;
      if (!endOfComment.test(source)) throw new JinjaError('a comment is not closed: `#}` is missing', start);
      goTo(endOfComment.lastIndex);
    } else {
      goTo(tokenizeTag(source, at, kind === '%' ? 'block' : 'output', start, tokens));
    }
  }
  return tokens;
}

/** Adds the tokens of one tag; gives where it ends. */
function tokenizeTag(
  source: string,
  from: number,
  kind: 'block' | 'output',
  start: number,
  tokens: Token[],
): number {
  let at = from;
  const close = kind === 'block' ? endOfBlock : endOfOutput;
  const open: string[] = [];
  tokens.push({ type: `open-${kind}`, value: source.slice(start, from), at: start, end: from });
  for (;;) {
    const skipped = match(space, source, at);
    if (skipped !== undefined) at += skipped.length;
    if (at >= source.length) {
      throw new JinjaError(
        `\`${source.slice(start, start + 2)}\` is not closed: \`${kind === 'block' ? '%}' : '}}'}\` is missing`,
        start,
      );
    }
    const closing = open.length === 0 ? match(close, source, at) : undefined;
    if (closing !== undefined) {
      tokens.push({ type: `close-${kind}`, value: closing.trim(), at, end: at + 2 });
      return at + closing.length;
    }
    const token = tokenAt(source, at);
    if (token.type === 'operator') balance(open, token);
    tokens.push(token);
    at = token.end;
  }
}

const closers: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

function balance(open: string[], { value, at }: Token): void {
  const closer = closers[value];
  if (closer !== undefined) open.push(closer);
  if (!/^[)\]}]$/.test(value)) return;
  const expected = open.pop();
  if (expected === value) return;
  throw new JinjaError(
    `unexpected \`${value}\`${expected === undefined ? '' : `: \`${expected}\` is to close first`}`,
    at,
  );
}

function tokenAt(source: string, at: number): Token {
  for (const [type, pattern] of [
    ['float', float],
    ['integer', integer],
    ['name', name],
    ['string', string],
    ['operator', operator],
  ] as const) {
    const found = match(pattern, source, at);
    if (found === undefined) continue;
    const end = at + found.length;
    if (type === 'name' && !identifier.test(found)) throw new JinjaError(`\`${found}\` cannot be a name`, at);
    const value = type === 'string' ? unescaped(found.slice(1, -1), at) : found;
    return { type, value, at, end };
  }
  const character = String.fromCodePoint(source.codePointAt(at) ?? 0);
  if (character === '"' || character === "'")
    throw new JinjaError(`a text that begins with ${character} is not closed`, at);
  throw new JinjaError(`unexpected character \`${character}\``, at);
}

function match(pattern: RegExp, source: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(source)?.[0];
}
