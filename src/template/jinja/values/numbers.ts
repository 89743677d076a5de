/** A float as Python writes it: the fewest digits that read back, `1e+20` from 16 digits on, `1.0` for a whole number. */
export function floatText(x: number): string {
  if (Number.isNaN(x)) return 'nan';
  if (!Number.isFinite(x)) return x < 0 ? '-inf' : 'inf';
  const sign = x < 0 || Object.is(x, -0) ? '-' : '';
  const [mantissa = '', power = ''] = Math.abs(x).toExponential().split('e');
  const digits = mantissa.replace('.', '');
  const exponent = Number(power);
  if (exponent < -4 || exponent >= 16) {
    const fraction = digits.length > 1 ? `.${digits.slice(1)}` : '';
    return `${sign}${digits[0] ?? ''}${fraction}e${exponentText(exponent)}`;
  }
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  return `${sign}${whole}.${digits.slice(exponent + 1) || '0'}`;
}

/** The exponent as C prints it: a sign and at least two digits. */
export function exponentText(exponent: number): string {
  return `${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

/** A finite float as `mantissa * 2 ** exponent`, exactly; the mantissa has the sign. */
function exactly(x: number): { readonly mantissa: bigint; readonly exponent: number } {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, x);
  const raw = bits.getBigUint64(0);
  const biased = Number((raw >> 52n) & 0x7ffn);
  const fraction = raw & 0xfffffffffffffn;
  const magnitude = biased === 0 ? fraction : fraction | (1n << 52n);
  return { mantissa: x < 0 ? -magnitude : magnitude, exponent: Math.max(biased, 1) - 1075 };
}

/**
 * The whole number nearest to `x * 10 ** digits`, computed exactly; halves go to the even one, as Python's `round` and
 * `%.2f` have it. JavaScript's `toFixed` rounds halves up.
 */
export function roundedTimesTen(x: number, digits: number): bigint {
  const { mantissa, exponent } = exactly(x);
  let top = mantissa;
  let bottom = 1n;
  if (exponent >= 0) top <<= BigInt(exponent);
  else bottom <<= BigInt(-exponent);
  if (digits >= 0) top *= 10n ** BigInt(digits);
  else bottom *= 10n ** BigInt(-digits);
  return divideHalfEven(top, bottom);
}

/** @param bottom above 0 */
export function divideHalfEven(top: bigint, bottom: bigint): bigint {
  const sign = top < 0n ? -1n : 1n;
  const magnitude = sign * top;
  let quotient = magnitude / bottom;
  const twice = 2n * (magnitude % bottom);
  if (twice > bottom || (twice === bottom && quotient % 2n === 1n)) quotient += 1n;
  return sign * quotient;
}

/** `round(x, digits)` of Python. */
export function roundFloat(x: number, digits: number): number {
  if (!Number.isFinite(x) || digits > 340) return x;
  if (digits < -340) return x < 0 || Object.is(x, -0) ? -0 : 0;
  const rounded = Number(`${roundedTimesTen(x, digits)}e${-digits}`);
  return rounded === 0 && (x < 0 || Object.is(x, -0)) ? -0 : rounded;
}

/** A finite or other float with so many decimals, as `%.2f` prints it. */
export function fixedText(x: number, decimals: number): string {
  if (!Number.isFinite(x)) return floatText(x);
  const scaled = roundedTimesTen(x, decimals);
  const digits = String(scaled < 0n ? -scaled : scaled).padStart(decimals + 1, '0');
  const whole = digits.slice(0, digits.length - decimals);
  const sign = x < 0 || Object.is(x, -0) ? '-' : '';
  return decimals === 0 ? `${sign}${whole}` : `${sign}${whole}.${digits.slice(-decimals)}`;
}

/** `base ** exponent`, rounded once: `Math.pow` may be off by the last bit. Undefined where that is not known. */
export function powerOfFloat(base: number, exponent: number): number | undefined {
  if (exponent === 0.5 && base >= 0) return Math.sqrt(base);
  if (!Number.isFinite(base) || base === 0 || !Number.isFinite(exponent)) return base ** exponent;
  if (!Number.isInteger(exponent) || Math.abs(exponent) > 64) return undefined;
  const { mantissa, exponent: power } = exactly(base);
  let magnitude = mantissa ** BigInt(Math.abs(exponent));
  let shift = power * Math.abs(exponent);
  if (exponent < 0) {
    // 1 / magnitude with some 2600 bits, far more than 53: what the division drops cannot change the rounding.
    const room = 6000;
    const sign = magnitude < 0n ? -1n : 1n;
    magnitude = sign * ((1n << BigInt(room)) / (sign * magnitude));
    shift = -shift - room;
  }
  return scaled(magnitude, shift);
}

/** `magnitude * 2 ** shift`, rounded once; undefined where it would be too small or too large to be sure of that. */
function scaled(magnitude: bigint, shift: number): number | undefined {
  const bits = magnitude.toString(2).length + shift;
  if (bits < -1000 || bits > 1000) return undefined;
  // `Number` rounds a bigint once. Of a very long one, the last bit stands for all that is cut off.
  const extra = Math.max(0, magnitude.toString(2).length - 200);
  const cut = magnitude >> BigInt(extra);
  const sticky = cut << BigInt(extra) === magnitude ? cut : cut | 1n;
  const half = Math.trunc((shift + extra) / 2);
  return Number(sticky) * 2 ** half * 2 ** (shift + extra - half);
}
