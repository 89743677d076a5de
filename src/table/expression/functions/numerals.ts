import { compareText } from '../../cells.ts';
import { Refusal } from './function.ts';

/** The number that a whole text is; undefined where it is none. Hexadecimal and blank texts are none. */
export function numberFrom(text: string): number | undefined {
  const trimmed = text.trim();
  if (/^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/.test(trimmed)) return Number(trimmed);
  if (trimmed === 'NaN') return NaN;
  return /^[+-]?Infinity$/.test(trimmed) ? Number(trimmed) : undefined;
}

/**
 * Texts by code points.
 * @throws Refusal where both are numbers and as such stand the other way round: "10" comes before "9"
 */
export function compareTexts(a: string, b: string): number {
  const order = compareText(a, b);
  const [x, y] = [numberFrom(a), numberFrom(b)];
  if (x === undefined || y === undefined || Math.sign(order) === Math.sign(x - y)) return order;
  if (Number.isNaN(x) || Number.isNaN(y)) return order;
  throw new Refusal('numbers as text are compared as text, "10" before "9"', {
    expected: 'numbers, or texts that are none',
    found: `${JSON.stringify(a)} and ${JSON.stringify(b)}`,
    next: 'make a number of the text with `parse_float`, or give its column a type where it is read',
  });
}

/** The whole number that a whole text is, to a base. @throws Refusal */
export function wholeFrom(text: string, radix: number): number {
  if (!(Number.isInteger(radix) && radix >= 2 && radix <= 36)) {
    throw new Refusal('not a base', { expected: 'a whole number from 2 to 36', found: String(radix) });
  }
  const digits = /^[+-]?([0-9a-z]+)$/i.exec(text.trim())?.[1] ?? '';
  const known = digits !== '' && Array.from(digits).every((digit) => Number.parseInt(digit, 36) < radix);
  if (!known) throw new Refusal('the text is no whole number', { found: JSON.stringify(text) });
  const value = Number.parseInt(text.trim(), radix);
  if (!Number.isSafeInteger(value)) {
    throw new Refusal('the number has more digits than are kept', {
      expected: 'at most 9007199254740991',
      found: text,
    });
  }
  return value;
}

/** In the shortest form that reads back exactly. */
export function numeral(value: number): string {
  return String(value);
}
