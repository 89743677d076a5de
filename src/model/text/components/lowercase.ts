/** Each character by itself: Rust's `char::to_lowercase` knows no final sigma, JavaScript's `toLowerCase` does. */
export function lowercase(text: string): string {
  return text.replaceAll('Σ', 'σ').toLowerCase();
}
