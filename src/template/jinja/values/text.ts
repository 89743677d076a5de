/** What `str.isspace` knows as white space; JavaScript's `\s` has U+FEFF too, and lacks U+001C to U+001F and U+0085. */
export const spaceClass =
  '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';

export const spaces = new RegExp(`[${spaceClass}]+`, 'gu');
export const onlySpaces = new RegExp(`^[${spaceClass}]+$`, 'u');
const leadingSpaces = new RegExp(`^[${spaceClass}]+`, 'u');

/** `text.lstrip(characters)`: characters as a set; undefined for white space. */
export function stripStart(text: string, characters?: string): string {
  if (characters === undefined) return text.replace(leadingSpaces, '');
  const set = new Set(characters);
  const kept = Array.from(text);
  const first = kept.findIndex((character) => !set.has(character));
  return first < 0 ? '' : kept.slice(first).join('');
}

/** `text.rstrip(characters)`. */
export function stripEnd(text: string, characters?: string): string {
  const set = characters === undefined ? undefined : new Set(characters);
  const kept = Array.from(text);
  let end = kept.length;
  while (end > 0) {
    const last = kept[end - 1] ?? '';
    if (!(set === undefined ? onlySpaces.test(last) : set.has(last))) break;
    end -= 1;
  }
  return kept.slice(0, end).join('');
}

/** `text.strip(characters)`. */
export function strip(text: string, characters?: string): string {
  return stripStart(stripEnd(text, characters), characters);
}

/** `text.splitlines()`: Python ends lines at more characters than a newline. */
export function splitLines(
  text: string,
  { keepEnds = false }: { readonly keepEnds?: boolean } = {},
): string[] {
  const lines =
    text.match(
      /[^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]*(?:\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029])|[^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+$/gu,
    ) ?? [];
  return keepEnds
    ? [...lines]
    : lines.map((line) => line.replace(/(?:\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029])$/u, ''));
}

/** `text.split()` and `text.split(None, limit)`: between runs of white space; what is past the limit is kept as it is. */
export function splitAtSpaces(text: string, limit = -1): string[] {
  const words: string[] = [];
  let rest = stripStart(text);
  while (rest !== '') {
    spaces.lastIndex = 0;
    const gap = spaces.exec(rest);
    if (gap === null || words.length === limit) {
      words.push(rest);
      break;
    }
    words.push(rest.slice(0, gap.index));
    rest = rest.slice(gap.index + gap[0].length);
  }
  return words;
}

/** `text.split(separator, limit)`. */
export function splitAt(text: string, separator: string, limit = -1): string[] {
  const parts = text.split(separator);
  return limit < 0 || parts.length <= limit + 1
    ? parts
    : [...parts.slice(0, limit), parts.slice(limit).join(separator)];
}

/** `text.rsplit(separator, limit)`: the limit counts from the end. */
export function splitAtFromEnd(text: string, separator: string, limit = -1): string[] {
  const parts = [];
  let rest = text;
  while (limit < 0 || parts.length < limit) {
    const at = rest.length < separator.length ? -1 : rest.lastIndexOf(separator);
    if (at < 0) break;
    parts.unshift(rest.slice(at + separator.length));
    rest = rest.slice(0, at);
  }
  return [rest, ...parts];
}

/** `text.replace(old, new, count)`; an empty `old` stands before each character and at the end. */
export function replaceText(text: string, old: string, by: string, count = -1): string {
  if (old !== '') {
    const parts = splitAt(text, old, count);
    return parts.join(by);
  }
  const characters = Array.from(text);
  const places = count < 0 ? characters.length + 1 : Math.min(count, characters.length + 1);
  const all = characters.map((character, index) => (index < places ? by : '') + character).join('');
  return all + (places > characters.length ? by : '');
}

/** `text.center(width, fill)`: of an odd rest, Python puts the larger half in front where the width is odd. */
export function center(text: string, width: number, fill = ' '): string {
  const missing = width - Array.from(text).length;
  if (missing <= 0) return text;
  const left = Math.floor(missing / 2) + (missing & width & 1);
  return fill.repeat(left) + text + fill.repeat(missing - left);
}
