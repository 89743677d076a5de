import { entriesOf } from '../../../system/names-in-order.ts';
import { HostObject, isList, Range, Tuple, Undefined, type Value, Dict } from './value.ts';

/** What templates are rendered with: JSON, whose numbers may be NaN or infinite. */
export type Plain = null | boolean | number | string | readonly Plain[] | { readonly [name: string]: Plain };

/** JSON as Python's json module reads it, except that `1.0` is `1`: JavaScript does not tell them apart. */
export function valueOf(plain: Plain): Value {
  if (typeof plain === 'number') return Number.isSafeInteger(plain) ? BigInt(plain) : plain;
  if (plain === null || typeof plain !== 'object') return plain;
  if (isPlainList(plain)) return plain.map(valueOf);
  return new Dict(entriesOf(plain).map(([name, value]) => [name, valueOf(value)] as const));
}

function isPlainList(plain: object): plain is readonly Plain[] {
  return Array.isArray(plain);
}

/** A value as JavaScript has it, for functions that are lent to templates; undefined where it has no such value. */
export function plainOf(value: Value): Plain | undefined {
  if (typeof value === 'bigint') return Number(value);
  if (value === null || typeof value !== 'object') return value;
  if (isList(value)) return value.map((item) => plainOf(item) ?? null);
  if (value instanceof Tuple || value instanceof Range)
    return value.items.map((item) => plainOf(item) ?? null);
  if (value instanceof Undefined) throw value.error;
  if (value instanceof Dict) {
    return Object.fromEntries(
      value
        .entries()
        .flatMap(([key, each]) => (typeof key === 'string' ? [[key, plainOf(each) ?? null]] : [])),
    );
  }
  return undefined;
}

/** A JavaScript function as one that templates call by position. Its errors are to be `JinjaError`s. */
export function lentFunction(
  name: string,
  run: (...args: readonly (Plain | undefined)[]) => Plain,
): HostObject {
  return new HostObject(`the function \`${name}\``, ({ positional, named }) => {
    for (const value of named.values()) positional = [...positional, value];
    return valueOf(run(...positional.map(plainOf)));
  });
}
