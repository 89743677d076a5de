import { ExpressionError } from './fault.ts';
import { tokensOf, type Token } from './tokens.ts';
import type { BinaryOperator, Node, NodeOf, Span, UnaryOperator } from './tree.ts';

/** Longer expressions are data, not something that a person wrote; it bounds what reading one can cost. */
const mostCharacters = 10_000;
/** Brackets in brackets. Readers follow a call into each; a thousand of them would fill the stack. */
const deepestNesting = 100;
/** Operators in one chain: `d.x == 1 || d.x == 2 || ...` is a tree as deep as it is long. */
const deepestTree = 1_000;

/** Binary operators from loose to tight; those of a line bind alike, from left to right. */
const levels: readonly (readonly BinaryOperator[])[] = [
  ['??'],
  ['||'],
  ['&&'],
  ['==', '!=', '===', '!=='],
  ['<', '<=', '>', '>='],
  ['+', '-'],
  ['*', '/', '%'],
];

/** What other languages write, and what is written here. */
const meant: ReadonlyMap<string, string> = new Map([
  ['=', 'write `==` to compare'],
  ['&', 'write `&&` for and'],
  ['and', 'write `&&` for and'],
  ['or', 'write `||` for or'],
  ['not', 'write `!` for not'],
  ['|', 'write `||` for or'],
  ['^', 'write `**` for powers'],
  ['~', 'write `!` for not'],
  ['?.', 'write `.`: a part that is not there is null'],
  ['...', 'name each value'],
  [';', 'write one expression'],
  ['{', 'objects and blocks are not part of expressions'],
  ['=>', 'only the row has a name: `d => d.x` at the very start'],
  ['/', 'regular expressions are not part of expressions; see `includes`, `startswith`, `split`, `replace`'],
]);

const constants: ReadonlyMap<string, number | boolean | null> = new Map<string, number | boolean | null>([
  ['true', true],
  ['false', false],
  ['null', null],
  ['NaN', NaN],
  ['Infinity', Infinity],
  ['PI', Math.PI],
  ['E', Math.E],
  ['LN2', Math.LN2],
  ['LN10', Math.LN10],
  ['LOG2E', Math.LOG2E],
  ['LOG10E', Math.LOG10E],
  ['SQRT1_2', Math.SQRT1_2],
  ['SQRT2', Math.SQRT2],
]);

/**
 * Reads an expression. Whatever can be written is a `Node`; there is nothing else that could run.
 *
 * @throws ExpressionError with the place of what cannot be read.
 */
export function parseExpression(source: string): Node {
  if (source.length > mostCharacters) {
    throw new ExpressionError({
      message: 'the expression is too long',
      start: mostCharacters,
      end: source.length,
      expected: `at most ${mostCharacters} characters`,
      found: `${source.length}`,
    });
  }
  return new Parser(tokensOf(source), source).whole();
}

class Parser {
  readonly #tokens: readonly Token[];
  readonly #source: string;
  #position = 0;
  #nesting = 0;
  /** Brackets that are open. */
  #opened = 0;
  /** What the expression calls its row. */
  #row = 'd';

  constructor(tokens: readonly Token[], source: string, row?: string) {
    this.#tokens = tokens;
    this.#source = source;
    if (row !== undefined) this.#row = row;
  }

  /** `d.x + 1`, or `row => row.x + 1`. */
  whole(): Node {
    this.#rowName();
    return this.rest();
  }

  rest(): Node {
    const node = this.#expression();
    if (this.#now.type !== 'end') throw this.#unexpected('an operator or the end');
    return node;
  }

  #rowName(): void {
    const [first, second, third, fourth] = this.#tokens;
    if (first?.type === 'word' && isMark(second, '=>')) {
      this.#row = first.value;
      this.#position = 2;
    } else if (isMark(first, '(') && second?.type === 'word' && isMark(third, ')') && isMark(fourth, '=>')) {
      this.#row = second.value;
      this.#position = 4;
    }
  }

  #expression(): Node {
    this.#nesting += 1;
    if (this.#nesting > deepestNesting) throw this.#tooDeep(this.#now);
    const node = this.#conditional();
    this.#nesting -= 1;
    return node;
  }

  #conditional(): Node {
    const condition = this.#binary(0);
    if (!this.#take('?')) return condition;
    const then = this.#expression();
    this.#expect(':', 'a `:` and the other value');
    const otherwise = this.#expression();
    return this.#node(condition.start, otherwise.end, [condition, then, otherwise], {
      type: 'conditional',
      condition,
      then,
      otherwise,
    });
  }

  #binary(level: number): Node {
    const operators = levels[level];
    if (operators === undefined) return this.#power();
    let left = this.#binary(level + 1);
    for (;;) {
      const operator = operators.find((each) => isMark(this.#now, each));
      if (operator === undefined) return left;
      this.#position += 1;
      const right = this.#binary(level + 1);
      left = this.#node(left.start, right.end, [left, right], { type: 'binary', operator, left, right });
    }
  }

  /** From right to left. `-2 ** 2` is 4 to some and -4 to others. */
  #power(): Node {
    const signed = this.#now.type === 'mark' && ['-', '+', '!'].includes(this.#now.value);
    const left = this.#unary();
    const sign = this.#now;
    if (!this.#take('**')) return left;
    if (signed) {
      throw new ExpressionError({
        ...spanOf(sign),
        message: 'the sign could belong to the base or to the power',
        next: 'write `-(d.x ** 2)` or `(-d.x) ** 2`',
      });
    }
    this.#nesting += 1;
    if (this.#nesting > deepestNesting) throw this.#tooDeep(sign);
    const right = this.#power();
    this.#nesting -= 1;
    return this.#node(left.start, right.end, [left, right], { type: 'binary', operator: '**', left, right });
  }

  #unary(): Node {
    const token = this.#now;
    const operator = (['-', '+', '!'] as const).find((each: UnaryOperator) => this.#take(each));
    if (operator === undefined) return this.#parts();
    this.#nesting += 1;
    if (this.#nesting > deepestNesting) throw this.#tooDeep(token);
    const operand = this.#unary();
    this.#nesting -= 1;
    return this.#node(token.start, operand.end, [operand], { type: 'unary', operator, operand });
  }

  /** A value, and what is taken from it: `.name`, `["name"]`, `[0]`. */
  #parts(): Node {
    let whole = this.#value();
    for (;;) {
      if (isMark(this.#now, '(')) throw this.#calledOddly(whole);
      const part = this.#part();
      if (part === undefined) return whole;
      whole = this.#node(whole.start, part.end, [whole], { type: 'part', whole, part: part.name });
    }
  }

  #part(): { readonly name: string | number; readonly end: number } | undefined {
    if (this.#take('.')) {
      const token = this.#now;
      if (token.type !== 'word') throw this.#unexpected('a name; other names go in quotes: `d["a name"]`');
      this.#position += 1;
      return { name: token.value, end: token.end };
    }
    const open = this.#now;
    if (!this.#take('[')) return undefined;
    const token = this.#now;
    const named = token.type === 'text' || (token.type === 'number' && Number.isSafeInteger(token.value));
    const close = this.#tokens[this.#position + 1];
    if (!named || close === undefined || !isMark(close, ']')) {
      throw new ExpressionError({
        start: open.start,
        end: this.#now.end,
        message: 'what stands in `[ ]` after a value is a name in quotes or a whole number, never computed',
        expected: '`["a name"]` or `[0]`',
        found: this.#source.slice(open.start, this.#now.end),
      });
    }
    this.#position += 2;
    return { name: token.value, end: close.end };
  }

  #value(): Node {
    const token = this.#now;
    const { start, end } = token;
    switch (token.type) {
      case 'number':
      case 'text':
        this.#position += 1;
        return this.#node(start, end, [], { type: 'literal', value: token.value });
      case 'template':
        this.#position += 1;
        return this.#template(token);
      case 'word':
        this.#position += 1;
        return this.#word(token);
      case 'mark':
        if (this.#take('(')) {
          this.#opened += 1;
          const inner = this.#expression();
          this.#expect(')', 'a `)`');
          this.#opened -= 1;
          return inner;
        }
        if (this.#take('[')) {
          const items = this.#listed(']');
          return this.#node(start, this.#last.end, items, { type: 'list', items });
        }
        throw this.#unexpected('a value');
      case 'end':
        throw this.#unexpected('a value');
    }
  }

  #template({ texts, holes, start, end }: Extract<Token, { readonly type: 'template' }>): Node {
    const parts = texts.flatMap((text, index) => {
      const literal = this.#node(start, end, [], { type: 'literal', value: text });
      const hole = holes[index];
      if (hole === undefined) return [literal];
      return [literal, new Parser(hole, this.#source, this.#row).rest()];
    });
    return this.#node(start, end, parts, { type: 'template', parts });
  }

  #word({ value: name, start, end }: Extract<Token, { readonly type: 'word' }>): Node {
    if (name === this.#row && (isMark(this.#now, '.') || isMark(this.#now, '['))) {
      const part = this.#part();
      return this.#node(start, part?.end ?? end, [], { type: 'column', name: String(part?.name) });
    }
    if (name === 'op' && isMark(this.#now, '.') && this.#tokens[this.#position + 1]?.type === 'word') {
      const token = this.#tokens[this.#position + 1] as Extract<Token, { readonly type: 'word' }>;
      this.#position += 2;
      if (!isMark(this.#now, '(')) throw this.#unexpected('a `(`');
      return this.#call(token.value, token);
    }
    if (isMark(this.#now, '(')) return this.#call(name, { start, end });
    if (name === this.#row) {
      throw new ExpressionError({
        start,
        end,
        message: `\`${name}\` is the row: a column of it is meant`,
        expected: `\`${name}.column\` or \`${name}["a column"]\``,
      });
    }
    const constant = constants.get(name);
    if (constant !== undefined) return this.#node(start, end, [], { type: 'literal', value: constant });
    return this.#node(start, end, [], { type: 'word', name });
  }

  #call(name: string, { start, end }: Span): NodeOf<'call'> {
    this.#expect('(', 'a `(`');
    const args = this.#listed(')');
    return this.#node(start, this.#last.end, args, {
      type: 'call',
      name,
      named: { start, end },
      args,
    }) as NodeOf<'call'>;
  }

  #listed(close: string): readonly Node[] {
    const items: Node[] = [];
    this.#opened += 1;
    while (!this.#take(close)) {
      if (items.length > 0) this.#expect(',', `a \`,\` or a \`${close}\``);
      items.push(this.#expression());
    }
    this.#opened -= 1;
    return items;
  }

  #node(
    start: number,
    end: number,
    children: readonly Node[],
    fields: Readonly<Record<string, unknown>> & { readonly type: Node['type'] },
  ): Node {
    const depth = 1 + children.reduce((most, child) => Math.max(most, child.depth), 0);
    if (depth > deepestTree) throw this.#tooDeep({ start, end });
    return { ...fields, start, end, depth } as unknown as Node;
  }

  get #now(): Token {
    return this.#tokens[Math.min(this.#position, this.#tokens.length - 1)] as Token;
  }

  get #last(): Token {
    return this.#tokens[this.#position - 1] as Token;
  }

  #take(mark: string): boolean {
    if (!isMark(this.#now, mark)) return false;
    this.#position += 1;
    return true;
  }

  #expect(mark: string, expected: string): void {
    if (!this.#take(mark)) throw this.#unexpected(expected);
  }

  #unexpected(expected: string): ExpressionError {
    const token = this.#now;
    // YAML ends a value at a comma inside of `{ }`: that is how most expressions come to be cut.
    const cut = token.type === 'end' && this.#opened > 0;
    const next = cut
      ? 'inside of `{ }` YAML ends a value at a comma: put the expression in quotes'
      : token.type === 'end'
        ? 'complete the expression, or take out what is left over'
        : meant.get(this.#source.slice(token.start, token.end));
    const found = this.#source.slice(token.start, token.end);
    return new ExpressionError({
      ...spanOf(token),
      message: token.type === 'end' ? 'the expression ends too early' : `unexpected \`${found}\``,
      expected,
      found: token.type === 'end' ? 'the end' : found,
      ...(next !== undefined && { next }),
    });
  }

  /** `d.x.trim()`, `Math.sqrt(d.x)`, `f(1)(2)`. */
  #calledOddly(called: Node): ExpressionError {
    const name = called.type === 'part' ? called.part : called.type === 'column' ? called.name : undefined;
    return new ExpressionError({
      ...spanOf(called),
      message: 'functions are called by their name alone',
      expected:
        typeof name === 'string' ? `\`${name}(...)\`, with the value inside` : 'a name before the `(`',
      found: this.#source.slice(called.start, called.end),
    });
  }

  #tooDeep(span: Span): ExpressionError {
    return new ExpressionError({
      ...spanOf(span),
      message: 'the expression is nested too deeply',
      next: 'compute parts of it in a `derive` before',
    });
  }
}

function isMark(token: Token | undefined, mark: string): boolean {
  return token?.type === 'mark' && token.value === mark;
}

function spanOf({ start, end }: Span): Span {
  return { start, end };
}
