import { JinjaError } from '../error.ts';
import type { CompareOperator } from '../values/compare.ts';
import type { ArithmeticOperator } from '../values/operators.ts';
import type { Value } from '../values/value.ts';
import { noArguments, parseArguments, parseDict, parseList, parseSubscript } from './brackets.ts';
import type { Comparand, Expression, FilterUse } from './nodes.ts';
import type { TokenReader } from './token-reader.ts';

/**
 * Expressions by Jinja2's grammar (its parser.py), which is not quite Python's: `~` binds closer than `+`, a sign closer
 * than a filter, a power to the left, and `not` is not part of a comparison.
 */
export function parseExpression(reader: TokenReader): Expression {
  return reader.deeper(() => {
    const at = reader.at;
    let then = parseOr(reader);
    while (reader.skip('name', 'if')) {
      const test = parseOr(reader);
      const otherwise = reader.skip('name', 'else') ? parseExpression(reader) : undefined;
      then = { type: 'conditional', test, then, otherwise, at, end: reader.end };
    }
    return then;
  });
}

/**
 * One expression, or several with commas between them as a tuple.
 *
 * @param conditional whether `x if y` may stand here
 * @param ends words that end it after a comma
 */
export function parseTuple(
  reader: TokenReader,
  {
    conditional = true,
    ends = [],
  }: { readonly conditional?: boolean; readonly ends?: readonly string[] } = {},
): Expression {
  const at = reader.at;
  const items = [conditional ? parseExpression(reader) : parseOr(reader)];
  let isTuple = false;
  while (reader.skip('operator', ',')) {
    isTuple = true;
    if (endsTuple(reader) || reader.isWord(...ends)) break;
    items.push(conditional ? parseExpression(reader) : parseOr(reader));
  }
  const [only] = items;
  return only !== undefined && !isTuple ? only : { type: 'tuple', items, at, end: reader.end };
}

function endsTuple(reader: TokenReader): boolean {
  return reader.is('close-output') || reader.is('close-block') || reader.isOperator(')');
}

export function parseOr(reader: TokenReader): Expression {
  const at = reader.at;
  let left = parseAnd(reader);
  while (reader.skip('name', 'or')) {
    left = { type: 'or', left, right: parseAnd(reader), at, end: reader.end };
  }
  return left;
}

function parseAnd(reader: TokenReader): Expression {
  const at = reader.at;
  let left = parseNot(reader);
  while (reader.skip('name', 'and')) {
    left = { type: 'and', left, right: parseNot(reader), at, end: reader.end };
  }
  return left;
}

function parseNot(reader: TokenReader): Expression {
  const at = reader.at;
  if (!reader.skip('name', 'not')) return parseComparison(reader);
  return reader.deeper(() => ({ type: 'not', operand: parseNot(reader), at, end: reader.end }));
}

const compareOperators: ReadonlySet<string> = new Set<CompareOperator>(['==', '!=', '<', '<=', '>', '>=']);

function isCompareOperator(value: string): value is CompareOperator {
  return compareOperators.has(value);
}

function parseComparison(reader: TokenReader): Expression {
  const at = reader.at;
  const first = parseArithmetic(reader, 0);
  const rest: Comparand[] = [];
  for (;;) {
    const value = reader.is('operator') ? reader.peek()?.value : undefined;
    let operator: CompareOperator;
    if (value !== undefined && isCompareOperator(value)) {
      reader.take();
      operator = value;
    } else if (reader.skip('name', 'in')) {
      operator = 'in';
    } else if (reader.areWords('not', 'in')) {
      reader.take();
      reader.take();
      operator = 'not in';
    } else {
      return rest.length === 0 ? first : { type: 'comparison', first, rest, at, end: reader.end };
    }
    rest.push({ operator, operand: parseArithmetic(reader, 0) });
  }
}

/** From the loosest to the closest; all of them take what stands left of them first. */
const levels: readonly (readonly (ArithmeticOperator | '~')[])[] = [
  ['+', '-'],
  ['~'],
  ['*', '/', '//', '%'],
  ['**'],
];

function parseArithmetic(reader: TokenReader, level: number): Expression {
  const operators = levels[level];
  if (operators === undefined) return parseUnary(reader);
  const at = reader.at;
  let left = parseArithmetic(reader, level + 1);
  for (;;) {
    const operator = operators.find((each) => reader.isOperator(each));
    if (operator === undefined) return left;
    reader.take();
    const right = parseArithmetic(reader, level + 1);
    if (operator === '~') {
      const parts = left.type === 'concatenation' ? [...left.parts, right] : [left, right];
      left = { type: 'concatenation', parts, at, end: reader.end };
    } else {
      left = { type: 'arithmetic', operator, left, right, at, end: reader.end };
    }
  }
}

function parseUnary(
  reader: TokenReader,
  { filtered = true }: { readonly filtered?: boolean } = {},
): Expression {
  return reader.deeper(() => {
    const at = reader.at;
    const operator = (['-', '+'] as const).find((each) => reader.isOperator(each));
    let node: Expression;
    if (operator === undefined) {
      node = parsePostfix(reader, parsePrimary(reader), at);
    } else {
      reader.take();
      node = {
        type: 'sign',
        operator,
        operand: parseUnary(reader, { filtered: false }),
        at,
        end: reader.end,
      };
    }
    return filtered ? parseFiltersAndTests(reader, node, at) : node;
  });
}

const constants: ReadonlyMap<string, Value> = new Map<string, Value>([
  ['true', true],
  ['True', true],
  ['false', false],
  ['False', false],
  ['none', null],
  ['None', null],
]);

function parsePrimary(reader: TokenReader): Expression {
  const at = reader.at;
  const token = reader.peek();
  switch (token?.type) {
    case 'name': {
      reader.take();
      const constant = constants.get(token.value);
      const end = reader.end;
      return constant === undefined
        ? { type: 'name', name: token.value, at, end }
        : { type: 'constant', value: constant, at, end };
    }
    case 'string': {
      let text = '';
      while (reader.is('string')) text += reader.take().value;
      return { type: 'constant', value: text, at, end: reader.end };
    }
    case 'integer':
      return {
        type: 'constant',
        value: BigInt(reader.take().value.replaceAll('_', '')),
        at,
        end: reader.end,
      };
    case 'float':
      return {
        type: 'constant',
        value: Number(reader.take().value.replaceAll('_', '')),
        at,
        end: reader.end,
      };
    case 'operator':
      if (token.value === '(') return parseParentheses(reader);
      if (token.value === '[') return parseList(reader, parseExpression);
      if (token.value === '{') return parseDict(reader, parseExpression);
      break;
    default:
  }
  throw reader.unexpected('a value');
}

function parseParentheses(reader: TokenReader): Expression {
  const at = reader.at;
  reader.take();
  if (reader.skip('operator', ')')) return { type: 'tuple', items: [], at, end: reader.end };
  const inner = parseTuple(reader);
  reader.expect('operator', ')');
  return { ...inner, at, end: reader.end };
}

function parsePostfix(reader: TokenReader, first: Expression, at: number): Expression {
  let node = first;
  for (;;) {
    if (reader.skip('operator', '.')) {
      const { type, value } = reader.take();
      const place = { at, end: reader.end };
      if (type === 'name') node = { type: 'attribute', object: node, name: value, ...place };
      else if (type === 'integer') {
        const key: Expression = { type: 'constant', value: BigInt(value), ...place };
        node = { type: 'item', object: node, key, ...place };
      } else throw new JinjaError('expected a name or a number after `.`', reader.end);
    } else if (reader.isOperator('[')) {
      node = parseSubscript(reader, node, at, parseExpression);
    } else if (reader.isOperator('(')) {
      node = {
        type: 'call',
        callee: node,
        args: parseArguments(reader, parseExpression),
        at,
        end: reader.end,
      };
    } else {
      return node;
    }
  }
}

function parseFiltersAndTests(reader: TokenReader, first: Expression, at: number): Expression {
  let node = first;
  for (;;) {
    if (reader.skip('operator', '|')) {
      node = { type: 'filter', operand: node, filter: parseFilter(reader), at, end: reader.end };
    } else if (reader.skip('name', 'is')) {
      node = parseTest(reader, node, at);
    } else if (reader.isOperator('(')) {
      node = {
        type: 'call',
        callee: node,
        args: parseArguments(reader, parseExpression),
        at,
        end: reader.end,
      };
    } else {
      return node;
    }
  }
}

/** One filter with its arguments, behind its `|`. */
export function parseFilter(reader: TokenReader): FilterUse {
  const at = reader.at;
  const name = reader.expect('name').value;
  const args = reader.isOperator('(') ? parseArguments(reader, parseExpression) : noArguments;
  return { name, args, at, end: reader.end };
}

/** A test takes one argument without parentheses: `x is divisibleby 3`. */
function parseTest(reader: TokenReader, operand: Expression, at: number): Expression {
  const negated = reader.skip('name', 'not');
  const name = reader.expect('name').value;
  let args = noArguments;
  if (reader.isOperator('(')) {
    args = parseArguments(reader, parseExpression);
  } else if (startsArgument(reader)) {
    if (reader.isWord('is')) throw reader.unexpected('the end of the test');
    const from = reader.at;
    args = { ...noArguments, positional: [parsePostfix(reader, parsePrimary(reader), from)] };
  }
  const end = reader.end;
  const test: Expression = { type: 'test', operand, name, args, at, end };
  return negated ? { type: 'not', operand: test, at, end } : test;
}

function startsArgument(reader: TokenReader): boolean {
  if (reader.is('name')) return !reader.isWord('else', 'or', 'and');
  return reader.is('string') || reader.is('integer') || reader.is('float') || reader.isOperator('[', '{');
}
