import { JinjaError } from '../error.ts';
import { floatOf, plainNumber, signed } from '../values/operators.ts';
import { roundFloat } from '../values/numbers.ts';
import { strip } from '../values/text.ts';
import { typeName } from '../values/type-name.ts';
import { isNumber, Undefined } from '../values/value.ts';
import { integerArgument, named } from './arguments.ts';
import { filter, type Filters } from './filter.ts';

/** Filters that give numbers, by name. */
export const numberFilters: Filters = new Map([
  filter('abs', [], (value, _, __, what) => {
    if (!isNumber(value)) throw new JinjaError(`${what} takes a number, not ${typeName(value)}`);
    const number = plainNumber(value);
    return number < 0 || Object.is(number, -0) ? signed('-', number) : number;
  }),
  filter('int', [named('default', 0n), named('base', 10n)], (value, [fallback = null, base], _, what) => {
    if (value instanceof Undefined) throw value.error;
    const whole = typeof value === 'string' ? integerIn(value, integerArgument(what, base)) : undefined;
    if (whole !== undefined) return whole;
    if (typeof value === 'bigint' || typeof value === 'boolean') return BigInt(value);
    const float = typeof value === 'string' ? floatIn(value) : value;
    if (typeof float !== 'number' || Number.isNaN(float)) return fallback;
    if (Number.isFinite(float)) return BigInt(Math.trunc(float));
    if (typeof value === 'string') return fallback;
    throw new JinjaError(`${what} cannot make a whole number of ${typeName(value)} ${String(float)}`);
  }),
  filter('float', [named('default', 0)], (value, [fallback = null]) => {
    if (value instanceof Undefined) throw value.error;
    if (isNumber(value)) return floatOf(plainNumber(value));
    return (typeof value === 'string' ? floatIn(value) : undefined) ?? fallback;
  }),
  filter(
    'round',
    [named('precision', 0n), named('method', 'common')],
    (value, [precision, method], _, what) => {
      if (!isNumber(value)) throw new JinjaError(`${what} takes a number, not ${typeName(value)}`);
      const digits = integerArgument(what, precision);
      const number = plainNumber(value);
      if (method === 'common') {
        if (typeof number === 'number') return roundFloat(number, digits);
        if (digits >= 0) return number;
        throw new JinjaError(`${what} of a whole number to tens is not supported: use \`//\``);
      }
      if (method !== 'ceil' && method !== 'floor')
        throw new JinjaError(`${what} knows common, ceil and floor`);
      if (digits < 0 || digits > 22) throw new JinjaError(`${what} by ${method} takes 0 to 22 decimals`);
      // Math.floor gives an int in Python, which is then divided: zero has no sign.
      const shifted = Math[method](floatOf(number) * 10 ** digits) / 10 ** digits;
      return shifted === 0 ? 0 : shifted;
    },
  ),
]);

const digitsOf: ReadonlyMap<number, RegExp> = new Map([
  [2, /^(?:0b_?)?[01]+(?:_[01]+)*$/i],
  [8, /^(?:0o_?)?[0-7]+(?:_[0-7]+)*$/i],
  [10, /^[0-9]+(?:_[0-9]+)*$/],
  [16, /^(?:0x_?)?[0-9a-f]+(?:_[0-9a-f]+)*$/i],
]);

/** `int(text, base)` of Python; undefined for a text that is no whole number. */
function integerIn(text: string, base: number): bigint | undefined {
  const pattern = digitsOf.get(base);
  if (pattern === undefined) throw new JinjaError('whole numbers are read with base 2, 8, 10 or 16');
  const [, sign = '', digits = ''] = /^([+-]?)(.*)$/su.exec(refuseOtherDigits(strip(text))) ?? [];
  if (!pattern.test(digits)) return undefined;
  const bare = digits.replaceAll('_', '').replace(/^0[box]/i, '');
  const prefix = { 2: '0b', 8: '0o', 16: '0x' }[base] ?? '';
  const magnitude = BigInt(base === 10 ? digits.replaceAll('_', '') : prefix + bare);
  return sign === '-' ? -magnitude : magnitude;
}

/** `float(text)` of Python; undefined for a text that is no number. */
function floatIn(text: string): number | undefined {
  const bare = refuseOtherDigits(strip(text));
  const special = /^([+-]?)(?:inf(?:inity)?|(nan))$/i.exec(bare);
  if (special !== null) return special[2] === undefined ? Number(`${special[1] ?? ''}Infinity`) : NaN;
  const digits = '\\d+(?:_\\d+)*';
  const number = new RegExp(`^[+-]?(?:${digits}\\.?(?:${digits})?|\\.${digits})(?:e[+-]?${digits})?$`, 'i');
  return number.test(bare) ? Number(bare.replaceAll('_', '')) : undefined;
}

/** Python reads digits of every script. */
function refuseOtherDigits(text: string): string {
  if (/[^\P{Nd}0-9]/u.test(text))
    throw new JinjaError('numbers in other digits than 0 to 9 are not read here');
  return text;
}
