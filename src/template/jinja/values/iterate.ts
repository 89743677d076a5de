import { JinjaError } from '../error.ts';
import { typeName } from './type-name.ts';
import { DictView, isList, Markup, Once, Range, Tuple, Undefined, type Value, Dict } from './value.ts';

/** What `for` goes through: characters of a text (code points), items of a list, keys of a mapping. @throws JinjaError */
export function itemsOf(value: Value): readonly Value[] {
  if (isList(value)) return value;
  if (typeof value === 'string') return Array.from(value);
  if (value instanceof Dict) return value.keys();
  if (value instanceof Once) return value.take();
  if (value instanceof Tuple || value instanceof DictView || value instanceof Range) return value.items;
  if (value instanceof Undefined) {
    if (value.strict) throw value.error;
    return [];
  }
  if (value instanceof Markup) throw new JinjaError(`what \`${value.source}\` gives can only be printed`);
  throw new JinjaError(`${typeName(value)} has no items to go through`);
}

/** `len(value)` of Python, texts in code points. @throws JinjaError */
export function lengthOf(value: Value): bigint {
  if (value instanceof Once)
    throw new JinjaError(`what \`${value.source}\` gives has no length: ${value.advice}`);
  if (value instanceof Dict) return BigInt(value.size);
  if (value instanceof Markup) return BigInt(Array.from(value.text).length);
  if (value instanceof Undefined && !value.strict) return 0n;
  if (typeof value !== 'object' && typeof value !== 'string')
    throw new JinjaError(`${typeName(value)} has no length`);
  return BigInt(itemsOf(value).length);
}
