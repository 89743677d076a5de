/** Length in code points, as Python's `len` counts. */
export function codePoints(text: string): number {
  return Array.from(text).length;
}
