import { cellKey } from '../cells.ts';
import { Refusal } from './functions/function.ts';
import { compareTexts } from './functions/numerals.ts';
import type { BinaryOperator, UnaryOperator } from './tree.ts';
import { cellFrom, isMissingValue, typeOf, wordType, type Type, type Value } from './value.ts';

/** Operators that see both values before they answer; `&&`, `||` and `??` may need the first alone. */
export type EagerOperator = Exclude<BinaryOperator, '&&' | '||' | '??'>;

const arithmetic: Readonly<Record<'-' | '*' | '/' | '%' | '**', (a: number, b: number) => number>> = {
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  // The sign is that of the divisor, as in Python and R: -7 % 3 is 2.
  '%': (a, b) => {
    const rest = a % b;
    return rest !== 0 && rest < 0 !== b < 0 ? (Number.isFinite(b) ? rest + b : b) : rest;
  },
  '**': (a, b) => a ** b,
};

const orders: Readonly<Record<'<' | '<=' | '>' | '>=', (difference: number) => boolean>> = {
  '<': (difference) => difference < 0,
  '<=': (difference) => difference <= 0,
  '>': (difference) => difference > 0,
  '>=': (difference) => difference >= 0,
};

/**
 * The result of two values, null where one is null (for comparisons, NaN too).
 *
 * @throws Refusal where their types do not go together.
 */
export function operatorFor(operator: EagerOperator): (a: Value, b: Value) => Value {
  switch (operator) {
    case '+':
      return (a, b) => {
        if (typeof a === 'number' && typeof b === 'number') return a + b;
        if (a === null || b === null) return null;
        if (typeof a === 'string' && typeof b === 'string') return a + b;
        throw mismatch(operator, typeOf(a), typeOf(b));
      };
    case '-':
    case '*':
    case '/':
    case '%':
    case '**': {
      const compute = arithmetic[operator];
      return (a, b) => {
        if (typeof a === 'number' && typeof b === 'number') return compute(a, b);
        if (a === null || b === null) return null;
        if (operator === '-' && a instanceof Date && b instanceof Date) return a.getTime() - b.getTime();
        throw mismatch(operator, typeOf(a), typeOf(b));
      };
    }
    case '<':
    case '<=':
    case '>':
    case '>=': {
      const holds = orders[operator];
      return (a, b) => {
        if (isMissingValue(a) || isMissingValue(b)) return null;
        if (typeof a === 'number' && typeof b === 'number') return holds(a < b ? -1 : a > b ? 1 : 0);
        if (typeof a === 'string' && typeof b === 'string') return holds(compareTexts(a, b));
        if (a instanceof Date && b instanceof Date) return holds(a.getTime() - b.getTime());
        throw mismatch(operator, typeOf(a), typeOf(b));
      };
    }
    case '==':
    case '!=':
      return (a, b) => {
        if (isMissingValue(a) || isMissingValue(b)) return null;
        if (typeOf(a) !== typeOf(b)) throw mismatch(operator, typeOf(a), typeOf(b));
        return same(a, b) === (operator === '==');
      };
    case '===':
    case '!==':
      return (a, b) => (typeOf(a) === typeOf(b) && same(a, b)) === (operator === '===');
  }
}

function same(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (typeof a === 'number' && typeof b === 'number') return Number.isNaN(a) && Number.isNaN(b);
  return typeof a === 'object' && typeof b === 'object' && cellKey(cellFrom(a)) === cellKey(cellFrom(b));
}

/** @throws Refusal */
export function signed(operator: UnaryOperator, value: Value): Value {
  if (value === null) return null;
  if (operator === '!') {
    if (typeof value === 'boolean') return !value;
    throw mismatch(operator, typeOf(value));
  }
  if (typeof value === 'number') return operator === '-' ? -value : value;
  throw mismatch(operator, typeOf(value));
}

/** Types that go together, known before there are rows: the type of the result, or why there is none. */
export function typeOfOperation(operator: BinaryOperator, a: Type, b: Type): Type | Refusal {
  const open = [a, b].some((type) => type === 'any' || type === 'null');
  const alike = a === b;
  const wrong = (): Refusal => mismatch(operator, a, b);
  const both = (...types: readonly Type[]): boolean =>
    [a, b].every((type) => type === 'any' || type === 'null' || types.includes(type));
  switch (operator) {
    case '+':
      if (!both('number', 'text') || (!open && !alike)) return wrong();
      return [a, b].find((type) => type === 'number' || type === 'text') ?? 'any';
    case '-':
      return both('number') || (both('date') && (alike || open)) ? 'number' : wrong();
    case '*':
    case '/':
    case '%':
    case '**':
      return both('number') ? 'number' : wrong();
    case '<':
    case '<=':
    case '>':
    case '>=':
      return both('number', 'text', 'date') && (open || alike) ? 'boolean' : wrong();
    case '==':
    case '!=':
      return open || alike ? 'boolean' : wrong();
    case '===':
    case '!==':
      return 'boolean';
    case '&&':
    case '||':
      return both('boolean') ? 'boolean' : wrong();
    case '??':
      return a === 'null' ? b : alike || b === 'null' ? a : 'any';
  }
}

const takes: Readonly<Record<string, string>> = {
  '+': 'two numbers, or two texts',
  '-': 'two numbers, or two dates',
  '*': 'two numbers',
  '/': 'two numbers',
  '%': 'two numbers',
  '**': 'two numbers',
  '<': 'two numbers, two texts or two dates',
  '<=': 'two numbers, two texts or two dates',
  '>': 'two numbers, two texts or two dates',
  '>=': 'two numbers, two texts or two dates',
  '==': 'two values of one type',
  '!=': 'two values of one type',
  '&&': 'true or false on both sides',
  '||': 'true or false on both sides',
};

export function mismatch(operator: BinaryOperator | UnaryOperator, a: Type, b?: Type): Refusal {
  if (b === undefined) {
    return new Refusal(`\`${operator}\` does not take ${wordType(a)}`, {
      expected: operator === '!' ? 'true or false' : 'a number',
      found: wordType(a),
      ...(a === 'text' && operator !== '!' && { next: 'make a number of text with `parse_float`' }),
    });
  }
  const expected = takes[operator] ?? 'other values';
  const next = advice(operator, a, b);
  return new Refusal(`the types differ: \`${operator}\` takes ${expected}`, {
    expected,
    found: `${wordType(a)} and ${wordType(b)}`,
    ...(next !== undefined && { next }),
  });
}

function advice(operator: BinaryOperator | UnaryOperator, a: Type, b: Type): string | undefined {
  const types = [a, b];
  if (operator === '&&' || operator === '||') return 'compare first, as in `d.x > 0`';
  if (types.includes('text') && types.includes('number')) {
    return operator === '+'
      ? 'make text of the number with `text`, or a number of the text with `parse_float`'
      : 'make a number of the text with `parse_float`, or give its column a type where it is read';
  }
  if (types.includes('text') && types.includes('date')) return 'make a date of the text with `parse_date`';
  if (types.includes('boolean') && '<=>='.includes(operator)) return 'compare twice: `1 < d.x && d.x < 5`';
  return undefined;
}
