/** What templates can call besides Jinja's own: numbers as people print them. */
export const templateFunctions = {
  /** `fixed(x, 4)`: so many decimals, as `%.4f` prints them. Non-finite numbers are spelled out, null is `undefined`. */
  fixed(x: unknown, decimals: unknown): string {
    return formatted('fixed', x, decimals);
  },
  /** `signed(x, 4)`: the same with a sign in front, as `%+.4f` prints it. */
  signed(x: unknown, decimals: unknown): string {
    const text = formatted('signed', x, decimals);
    return /^[-]/.test(text) || !/\d|Infinity/.test(text) ? text : `+${text}`;
  },
  /** `finite(x)`: false for NaN and the infinities. */
  finite(x: unknown): boolean {
    return Number.isFinite(x);
  },
} as const;

export const templateFunctionsDocumentation =
  'Besides Jinja, templates can call `fixed(x, 4)` (four decimals; `undefined` for null), `signed(x, 4)` (the same ' +
  'with its sign) and `finite(x)` (false for null, NaN and the infinities).';

function formatted(name: string, x: unknown, decimals: unknown): string {
  if (x === null) return 'undefined';
  if (typeof x !== 'number') {
    throw new Error(`${name}(x, decimals) expects a number first, got ${JSON.stringify(x) ?? 'nothing'}`);
  }
  if (typeof decimals !== 'number' || !Number.isInteger(decimals) || decimals < 0 || decimals > 20) {
    throw new Error(
      `${name}(x, decimals) expects 0 to 20 decimals, got ${JSON.stringify(decimals) ?? 'nothing'}`,
    );
  }
  return Number.isFinite(x) ? x.toFixed(decimals) : String(x);
}
