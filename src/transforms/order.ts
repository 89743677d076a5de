/** `text[::-1]` of Python: code point by code point. */
export function reverse(text: string): string {
  return Array.from(text).reverse().join('');
}
