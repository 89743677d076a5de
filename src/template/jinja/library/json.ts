import { JinjaError } from '../error.ts';
import { ordered } from '../values/compare.ts';
import { floatText } from '../values/numbers.ts';
import { typeName } from '../values/type-name.ts';
import { isList, Markup, Tuple, Undefined, type Value, Dict } from '../values/value.ts';

export interface JsonLayout {
  readonly indent: string | undefined;
  readonly ensureAscii: boolean;
  readonly sortKeys: boolean;
  readonly separators: readonly [item: string, key: string];
}

/** `json.dumps` of Python. @throws JinjaError for what JSON has no form for */
export function pythonJson(value: Value, layout: JsonLayout, depth = 0): string {
  if (typeof value === 'string') return quoted(value, layout);
  if (value === null) return 'null';
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return floatName(value);
  if (value instanceof Undefined) throw value.error;
  if (value instanceof Markup) return quoted(value.text, layout);
  const [itemSeparator, keySeparator] = layout.separators;
  const wrapped = (open: string, parts: readonly string[], close: string): string => {
    if (parts.length === 0) return open + close;
    if (layout.indent === undefined) return open + parts.join(itemSeparator) + close;
    const inner = `\n${layout.indent.repeat(depth + 1)}`;
    return `${open}${inner}${parts.join(itemSeparator + inner)}\n${layout.indent.repeat(depth)}${close}`;
  };
  if (isList(value) || value instanceof Tuple) {
    const items = isList(value) ? value : value.items;
    return wrapped(
      '[',
      items.map((item) => pythonJson(item, layout, depth + 1)),
      ']',
    );
  }
  if (value instanceof Dict) {
    const entries = value.entries();
    if (layout.sortKeys) entries.sort(([a], [b]) => ordered('<', a, b));
    const parts = entries.map(
      ([key, each]) => quoted(keyText(key), layout) + keySeparator + pythonJson(each, layout, depth + 1),
    );
    return wrapped('{', parts, '}');
  }
  throw new JinjaError(`\`tojson\` has no form for ${typeName(value)}`);
}

function floatName(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value < 0 ? '-Infinity' : 'Infinity';
  return floatText(value);
}

function keyText(key: Value): string {
  if (typeof key === 'string') return key;
  if (typeof key === 'number') return floatName(key);
  if (key === null || typeof key === 'boolean' || typeof key === 'bigint') return String(key);
  throw new JinjaError(`\`tojson\` has no form for a key that is a ${typeName(key)}`);
}

function quoted(text: string, { ensureAscii }: JsonLayout): string {
  const escaped = text.replace(/["\\]/g, '\\$&').replace(/[\0-\x1f]/g, (character) => {
    return short.get(character) ?? unicodeEscape(character);
  });
  return `"${ensureAscii ? escaped.replace(/[\x7f-\uffff]/g, unicodeEscape) : escaped}"`;
}

const short: ReadonlyMap<string, string> = new Map([
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\b', '\\b'],
  ['\f', '\\f'],
]);

/** One UTF-16 unit: JSON writes rare characters as two. */
export function unicodeEscape(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
