import { isDeepStrictEqual } from 'node:util';
import type { Cell } from '../../../table/table.ts';

/** Longest value that a message shows whole. */
const LONGEST = 60;

/** A value as people read it: JSON, digests and long texts shortened. */
export function wordValue(value: Cell | undefined, longest = LONGEST): string {
  if (value === undefined) return '(absent)';
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (typeof value === 'string' && isDigest(value)) return value.slice(0, 8);
  return shorten(JSON.stringify(value, finite), longest);
}

/**
 * `"4" -> "@"`. Where both are long, what they have in common is cut away, so that the difference is seen and not
 * two equal beginnings.
 */
export function wordChange(before: Cell | undefined, after: Cell | undefined, longest = LONGEST): string {
  const [a, b] = [plain(before), plain(after)];
  if (a.length <= longest && b.length <= longest) return `${a} -> ${b}`;
  let same = 0;
  while (same < a.length && a[same] === b[same]) same += 1;
  // A few characters of what precedes tell the reader where in the text the difference is.
  const from = same > 16 ? same - 12 : 0;
  return `${window(a, from, longest)} -> ${window(b, from, longest)}`;
}

/** Where a value sits: `formats.leetspeak.map.a`, `items[2].answer`. */
export function wordPath(path: readonly (string | number)[]): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (/^[\p{L}\p{N}_$-]+$/u.test(step)) text += text === '' ? step : `.${step}`;
    else text += `[${JSON.stringify(step)}]`;
  }
  return text;
}

interface Change {
  readonly path: readonly (string | number)[];
  readonly before?: Cell;
  readonly after?: Cell;
}

/**
 * What is new beside what is gone, where both have one value and stand at one place: it has another name. Of options, in
 * keys and in resolved pipelines.
 */
export function renamesAmong<C extends Change>(changes: readonly C[]): Map<C, C> {
  const gone = changes.filter(
    ({ after, path }) => after === undefined && (path[0] === 'options' || path[2] === 'with'),
  );
  const found = new Map<C, C>();
  for (const change of changes) {
    if (change.before !== undefined || change.after === undefined) continue;
    const at = gone.findIndex(
      ({ path, before }) =>
        isDeepStrictEqual(path.slice(0, -1), change.path.slice(0, -1)) &&
        isDeepStrictEqual(before, change.after),
    );
    const [was] = at < 0 ? [] : gone.splice(at, 1);
    if (was !== undefined) found.set(change, was);
  }
  return found;
}

export function shorten(text: string, longest: number): string {
  return text.length <= longest ? text : `${text.slice(0, longest - 3)}...`;
}

function plain(value: Cell | undefined): string {
  return wordValue(value, Number.POSITIVE_INFINITY);
}

function window(text: string, from: number, longest: number): string {
  const cut = from > 0 && from < text.length ? `...${text.slice(from)}` : text;
  return shorten(cut, longest);
}

function isDigest(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text);
}

function finite(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}
