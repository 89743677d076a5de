/** Four significant digits, with a true minus sign; whole numbers as they are. */
export function wordNumber(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  if (Object.is(value, -0)) return '−0';
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return grouped(String(value));
  const size = Math.abs(value);
  if (size >= 1e-4 && size < 1e6) {
    const digits = Math.max(0, Math.min(6, 3 - Math.floor(Math.log10(size))));
    return minus(value.toFixed(digits));
  }
  return minus(value.toExponential(3));
}

function grouped(digits: string): string {
  return minus(digits.replace(/\B(?=(\d{3})+$)/g, digits.replace('-', '').length > 4 ? '\u202f' : ''));
}

function minus(text: string): string {
  return text.replace(/^-/, '−').replace('e-', 'e−');
}
