import { JinjaError } from '../error.ts';
import { formatPercent } from './percent.ts';
import { powerOfFloat } from './numbers.ts';
import { typeName } from './type-name.ts';
import { isList, isNumber, Markup, Tuple, Undefined, type Value } from './value.ts';

export type ArithmeticOperator = '+' | '-' | '*' | '/' | '//' | '%' | '**';

/** Longest text or list that an expression makes, and most bits of what `**` gives: more is a slip that would fill the memory. */
export const longestValue = 10_000_000;
const mostBits = 20_000;

/** `left operator right` as Python computes it. @throws JinjaError for types that do not go together, and by zero */
export function arithmetic(operator: ArithmeticOperator, left: Value, right: Value): Value {
  refuseUnfit(left);
  refuseUnfit(right);
  if (isNumber(left) && isNumber(right)) return ofNumbers(operator, plainNumber(left), plainNumber(right));
  if (operator === '+') {
    if (typeof left === 'string' && typeof right === 'string') return left + right;
    if (isList(left) && isList(right)) return [...left, ...right];
    if (left instanceof Tuple && right instanceof Tuple) return new Tuple([...left.items, ...right.items]);
  }
  if (operator === '*') {
    const [repeated, times] = isCount(left) ? [right, left] : [left, right];
    if (isCount(times)) {
      if (typeof repeated === 'string') return repeated.repeat(timesOf(times, repeated.length));
      if (isList(repeated)) return repeatedItems(repeated, times);
      if (repeated instanceof Tuple) return new Tuple(repeatedItems(repeated.items, times));
    }
  }
  if (operator === '%' && typeof left === 'string') return formatPercent(left, right);
  throw new JinjaError(`\`${operator}\` of ${typeName(left)} and ${typeName(right)} is not defined`);
}

/** `-x`, `+x`. */
export function signed(operator: '-' | '+', operand: Value): Value {
  refuseUnfit(operand);
  if (!isNumber(operand)) throw new JinjaError(`\`${operator}\` of ${typeName(operand)} is not defined`);
  const number = plainNumber(operand);
  return operator === '-' ? -number : number;
}

/** What no operator takes: something undefined, and text that counts as HTML. */
export function refuseUnfit(value: Value): void {
  if (value instanceof Undefined) throw value.error;
  if (value instanceof Markup) {
    throw new JinjaError(`what \`${value.source}\` gives can only be printed, or joined with \`~\``);
  }
}

function isCount(value: Value): value is bigint | boolean {
  return typeof value === 'bigint' || typeof value === 'boolean';
}

/** True counts as 1. */
export function plainNumber(value: boolean | bigint | number): bigint | number {
  return typeof value === 'boolean' ? BigInt(value) : value;
}

function timesOf(times: bigint | boolean, length: number): number {
  const count = BigInt(times);
  if (count <= 0n || length === 0) return 0;
  if (count * BigInt(length) > BigInt(longestValue))
    throw new JinjaError(`\`*\` makes more than ${longestValue} characters or items`);
  return Number(count);
}

function repeatedItems(items: readonly Value[], times: bigint | boolean): readonly Value[] {
  return Array.from({ length: timesOf(times, items.length) }, () => items).flat();
}

function ofNumbers(operator: ArithmeticOperator, left: bigint | number, right: bigint | number): Value {
  if (operator === '**') return power(left, right);
  if ((operator === '/' || operator === '//' || operator === '%') && Number(right) === 0) {
    throw new JinjaError(`\`${operator}\` by zero`);
  }
  if (typeof left === 'bigint' && typeof right === 'bigint') return ofIntegers(operator, left, right);
  return ofFloats(operator, floatOf(left), floatOf(right));
}

function ofIntegers(operator: Exclude<ArithmeticOperator, '**'>, left: bigint, right: bigint): Value {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      if (isSafe(left) && isSafe(right)) return Number(left) / Number(right);
      throw new JinjaError(`\`/\` of whole numbers beyond 2^53 is not supported: use \`//\``);
    case '//':
      return floorDivide(left, right);
    case '%':
      return left - right * floorDivide(left, right);
  }
}

function isSafe(value: bigint): boolean {
  return BigInt.asIntN(54, value) === value;
}

/** Towards minus infinity, as Python divides; JavaScript's bigints divide towards zero. */
function floorDivide(left: bigint, right: bigint): bigint {
  const quotient = left / right;
  return left % right !== 0n && left < 0n !== right < 0n ? quotient - 1n : quotient;
}

/** @throws JinjaError for a whole number that no float is as large as */
export function floatOf(value: bigint | number): number {
  const float = Number(value);
  if (typeof value === 'bigint' && !Number.isFinite(float)) {
    throw new JinjaError('a whole number is too large to become a float');
  }
  return float;
}

function ofFloats(operator: Exclude<ArithmeticOperator, '**'>, left: number, right: number): number {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return left / right;
    case '//':
      return floatDivision(left, right).floor;
    case '%':
      return floatDivision(left, right).modulo;
  }
}

/** Python's `divmod` of floats (Objects/floatobject.c, `_float_div_mod`): the remainder has the divisor's sign. */
function floatDivision(left: number, right: number): { readonly floor: number; readonly modulo: number } {
  let modulo = left % right;
  let quotient = (left - modulo) / right;
  if (modulo !== 0) {
    if (right < 0 !== modulo < 0) {
      modulo += right;
      quotient -= 1;
    }
  } else {
    modulo = right < 0 ? -0 : 0;
  }
  // Zero has the sign of the exact quotient.
  if (quotient === 0) return { floor: isBelowZero(left / right) ? -0 : 0, modulo };
  const floor = Math.floor(quotient);
  return { floor: quotient - floor > 0.5 ? floor + 1 : floor, modulo };
}

function power(base: bigint | number, exponent: bigint | number): Value {
  if (typeof base === 'bigint' && typeof exponent === 'bigint' && exponent >= 0n) {
    const bits = BigInt(base.toString(2).length) * exponent;
    if (bits > BigInt(mostBits) && base !== 1n && base !== 0n && base !== -1n) {
      throw new JinjaError(`\`**\` gives a number of more than ${mostBits} bits`);
    }
    return base ** exponent;
  }
  const [x, y] = [floatOf(base), floatOf(exponent)];
  if (x === 0 && y < 0) throw new JinjaError('`**` of zero to a negative power');
  const result = powerOfFloat(x, y);
  if (result !== undefined) return result;
  throw new JinjaError('`**` with this exponent is not supported: whole exponents up to 64 and 0.5 are');
}

function isBelowZero(value: number): boolean {
  return value < 0 || Object.is(value, -0);
}
