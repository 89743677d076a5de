/** Milliseconds since 1970 that never go back. */
export function monotonic(): number {
  return performance.timeOrigin + performance.now();
}

/** Milliseconds from a moment until now, by the same clock; to a tenth, since more digits are noise. */
export function msSince(began: number, clock: () => number): number {
  return Math.round((clock() - began) * 10) / 10;
}
