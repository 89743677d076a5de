import { JinjaError } from '../error.ts';
import { itemsOf } from './iterate.ts';
import { plainNumber, refuseUnfit } from './operators.ts';
import { typeName } from './type-name.ts';
import {
  DictView,
  isList,
  isNumber,
  Markup,
  Once,
  Range,
  Tuple,
  Undefined,
  type Value,
  Dict,
} from './value.ts';

export type CompareOperator = '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in' | 'not in';

/** @throws JinjaError where Python compares nothing: a text with a number by `<` */
export function compare(operator: CompareOperator, left: Value, right: Value): boolean {
  switch (operator) {
    case '==':
      return isEqual(left, right);
    case '!=':
      return !isEqual(left, right);
    case 'in':
      return contains(right, left);
    case 'not in':
      return !contains(right, left);
    case '<':
      return ordered(operator, left, right) < 0;
    case '<=':
      return ordered(operator, left, right) <= 0;
    case '>':
      return ordered(operator, left, right) > 0;
    case '>=':
      return ordered(operator, left, right) >= 0;
  }
}

/** `bool(value)` of Python: empty texts, lists and mappings, zero, `None` and what is undefined are false. */
export function isTrue(value: Value): boolean {
  switch (typeof value) {
    case 'boolean':
      return value;
    case 'string':
      return value !== '';
    case 'bigint':
      return value !== 0n;
    case 'number':
      return value !== 0;
    default:
  }
  if (value === null) return false;
  if (isList(value)) return value.length > 0;
  if (value instanceof Tuple || value instanceof Range) return value.items.length > 0;
  if (value instanceof Dict) return value.size > 0;
  if (value instanceof DictView) return value.dict.size > 0;
  if (value instanceof Markup) return value.text !== '';
  if (value instanceof Undefined) {
    if (value.strict) throw value.error;
    return false;
  }
  return true;
}

/** `left == right` of Python: numbers by value whatever their type, `'1' == 1` never, lists and mappings item by item. */
export function isEqual(left: Value, right: Value): boolean {
  for (const side of [left, right]) if (side instanceof Undefined && side.strict) throw side.error;
  if (left instanceof Undefined || right instanceof Undefined) {
    return left instanceof Undefined && right instanceof Undefined;
  }
  if (left instanceof Markup || right instanceof Markup) {
    return textLike(left) !== undefined && textLike(left) === textLike(right);
  }
  if (isNumber(left) && isNumber(right)) {
    const [a, b] = [plainNumber(left), plainNumber(right)];
    return a == b; // eslint-disable-line eqeqeq -- a bigint and a float are equal by value
  }
  if (isList(left) && isList(right)) return sameItems(left, right);
  if (left instanceof Tuple && right instanceof Tuple) return sameItems(left.items, right.items);
  if (left instanceof Range && right instanceof Range) return sameItems(left.items, right.items);
  if (left instanceof Dict && right instanceof Dict) {
    if (left.size !== right.size) return false;
    return left.entries().every(([key, value]) => {
      const other = right.get(key);
      return other !== undefined && isEqual(value, other);
    });
  }
  if (left instanceof DictView && right instanceof DictView) {
    throw new JinjaError('views of mappings are not compared here: make lists of them with `| list`');
  }
  return left === right;
}

function textLike(value: Value): string | undefined {
  if (value instanceof Markup) return value.text;
  return typeof value === 'string' ? value : undefined;
}

function sameItems(left: readonly Value[], right: readonly Value[]): boolean {
  return left.length === right.length && left.every((item, index) => isEqual(item, right[index] ?? null));
}

/** Below 0, 0, above 0 or NaN; `operator` is for the message. */
export function ordered(operator: string, left: Value, right: Value): number {
  refuseUnfit(left);
  refuseUnfit(right);
  if (isNumber(left) && isNumber(right)) {
    const [a, b] = [plainNumber(left), plainNumber(right)];
    if (a < b) return -1;
    if (a > b) return 1;
    return a == b ? 0 : NaN; // eslint-disable-line eqeqeq -- a bigint and a float are equal by value
  }
  if (typeof left === 'string' && typeof right === 'string') return orderOfTexts(left, right);
  if (isList(left) && isList(right)) return orderOfItems(operator, left, right);
  if (left instanceof Tuple && right instanceof Tuple) return orderOfItems(operator, left.items, right.items);
  throw new JinjaError(`\`${operator}\` between ${typeName(left)} and ${typeName(right)} is not defined`);
}

/** By code points: UTF-16, JavaScript's own order, puts emoji before some letters of Asia. */
export function orderOfTexts(left: string, right: string): number {
  const [a, b] = [left[Symbol.iterator](), right[Symbol.iterator]()];
  for (;;) {
    const [x, y] = [a.next(), b.next()];
    if (x.done === true || y.done === true) return Number(y.done ?? false) - Number(x.done ?? false);
    if (x.value !== y.value) return (x.value.codePointAt(0) ?? 0) - (y.value.codePointAt(0) ?? 0);
  }
}

function orderOfItems(operator: string, left: readonly Value[], right: readonly Value[]): number {
  for (const [index, item] of left.entries()) {
    const other = right[index];
    if (other === undefined) return 1;
    if (!isEqual(item, other)) return ordered(operator, item, other);
  }
  return left.length - right.length;
}

/** `item in container` of Python. */
function contains(container: Value, item: Value): boolean {
  if (container instanceof Undefined && !container.strict) return false;
  refuseUnfit(container);
  if (typeof container === 'string') {
    refuseUnfit(item);
    if (typeof item === 'string') return container.includes(item);
    throw new JinjaError(`\`in\` a text takes a text, not ${typeName(item)}`);
  }
  if (container instanceof Dict) {
    refuseUnfit(item);
    return container.has(item);
  }
  if (container instanceof Once)
    throw new JinjaError(`\`in\` would use up what \`${container.source}\` gave: ${container.advice}`);
  return itemsOf(container).some((each) => isEqual(each, item));
}
