import { JinjaError } from '../error.ts';
import { divideHalfEven, exponentText, fixedText, floatText, roundedTimesTen } from './numbers.ts';

/** No float has more than 1,074 that are not 0, and a power of ten as large as one asks for takes hours. */
const MOST_DECIMALS = 10_000;

/** Kinds of C's `printf` that print a number with a point. */
export type FloatKind = 'e' | 'f' | 'g';

/**
 * A float as C's `printf` prints it, without its sign.
 *
 * @param precision decimals for `e` and `f`, digits for `g`
 * @param keepZeros `#`: what `g` prints keeps the zeros at its end
 */
export function floatDigits(
  x: number,
  kind: FloatKind,
  precision: number,
  { keepZeros = false }: { readonly keepZeros?: boolean } = {},
): string {
  if (precision > MOST_DECIMALS) throw new JinjaError(`a number has at most ${MOST_DECIMALS} decimals here`);
  const magnitude = Math.abs(x);
  if (!Number.isFinite(x)) return floatText(magnitude);
  if (kind === 'f') return fixedText(magnitude, precision);
  if (kind === 'e') return exponential(magnitude, precision).text;
  const digits = Math.max(precision, 1);
  const { exponent, text } = exponential(magnitude, digits - 1);
  const plain = exponent >= -4 && exponent < digits;
  const all = plain ? fixedText(magnitude, digits - 1 - exponent) : text;
  return keepZeros ? all : all.replace(/(\.\d*?)0+(?=e|$)/, '$1').replace(/\.(?=e|$)/, '');
}

/** `d.ddde+xx` with so many decimals, rounded once from the exact value, halves to even. */
function exponential(
  magnitude: number,
  decimals: number,
): { readonly exponent: number; readonly text: string } {
  let exponent = magnitude === 0 ? 0 : Number(magnitude.toExponential().split('e')[1]);
  let digits = String(roundedTimesTen(magnitude, decimals - exponent));
  if (digits.length > decimals + 1) {
    exponent += 1;
    digits = String(divideHalfEven(BigInt(digits), 10n));
  }
  digits = digits.padStart(decimals + 1, '0');
  const fraction = decimals === 0 ? '' : `.${digits.slice(1)}`;
  return { exponent, text: `${digits[0] ?? '0'}${fraction}e${exponentText(exponent)}` };
}

export function isNegative(x: bigint | number): boolean {
  return x < 0 || Object.is(x, -0);
}
