import { JinjaError, notSupported } from '../error.ts';
import { floatText } from './numbers.ts';
import { typeName } from './type-name.ts';
import {
  DictView,
  isList,
  Markup,
  Namespace,
  Once,
  Range,
  Tuple,
  Undefined,
  type Value,
  Dict,
} from './value.ts';

/**
 * `str(value)` of Python.
 *
 * @throws JinjaError for what has no text worth printing: an undefined value, a function, what can be gone through once
 */
export function textOf(value: Value): string {
  if (typeof value === 'string') return value;
  if (value instanceof Markup) return value.text;
  if (value instanceof Undefined) {
    if (value.strict) throw value.error;
    return '';
  }
  return representationOf(value);
}

/** `repr(value)` of Python. @throws JinjaError as `textOf` */
export function representationOf(value: Value): string {
  switch (typeof value) {
    case 'string':
      return quoted(value);
    case 'boolean':
      return value ? 'True' : 'False';
    case 'bigint':
      return String(value);
    case 'number':
      return floatText(value);
    default:
  }
  if (value === null) return 'None';
  if (isList(value)) return `[${value.map(representationOf).join(', ')}]`;
  if (value instanceof Tuple) {
    return `(${value.items.map(representationOf).join(', ')}${value.items.length === 1 ? ',' : ''})`;
  }
  if (value instanceof Dict) {
    return `{${value
      .entries()
      .map((entry) => entry.map(representationOf).join(': '))
      .join(', ')}}`;
  }
  if (value instanceof DictView) return `dict_${value.part}(${representationOf(value.items)})`;
  if (value instanceof Range) {
    const { start, stop, step } = value;
    return `range(${[start, stop, ...(step === 1n ? [] : [step])].join(', ')})`;
  }
  if (value instanceof Undefined) {
    if (value.strict) throw value.error;
    return 'Undefined';
  }
  if (value instanceof Once)
    throw new JinjaError(`what \`${value.source}\` gives cannot be printed: ${value.advice}`);
  if (value instanceof Markup)
    throw new JinjaError(`what \`${value.source}\` gives cannot be printed in a list`);
  if (value instanceof Namespace) throw notSupported('printing a namespace', 'print its fields');
  throw new JinjaError(`${typeName(value)} is called with (...), and has no text of its own`);
}

/** A string literal of Python: in single quotes unless it holds some and no double ones. */
function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const body = Array.from(text, (character) => {
    if (character === quote || character === '\\') return `\\${character}`;
    return escapes.get(character) ?? (isPrintable(character) ? character : codeEscape(character));
  });
  return `${quote}${body.join('')}${quote}`;
}

const escapes: ReadonlyMap<string, string> = new Map([
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);

/** As `str.isprintable`: no control, format, surrogate, private or unassigned character, and no separator but the space. */
export function isPrintable(character: string): boolean {
  return character === ' ' || !/^[\p{C}\p{Z}]/u.test(character);
}

function codeEscape(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`;
  if (code < 0x10000) return `\\u${code.toString(16).padStart(4, '0')}`;
  return `\\U${code.toString(16).padStart(8, '0')}`;
}
