import { undefinedValue, type Context } from '../context.ts';
import { JinjaError } from '../error.ts';
import { typeName } from '../values/type-name.ts';
import { Undefined, type Value } from '../values/value.ts';
import { itemOrAttribute } from './members.ts';

/**
 * What is at a path such as `address.city` or `items.0` of a value.
 *
 * @param fallback what is taken where a step leads nowhere; `None` for an undefined value
 */
export function valueAtPath(context: Context, value: Value, path: Value, fallback: Value = null): Value {
  return stepsOf(path).reduce<Value>((at, step) => {
    const found =
      itemOrAttribute(at, step) ?? undefinedValue(context, () => `an item has no \`${String(step)}\``);
    return found instanceof Undefined && fallback !== null ? fallback : found;
  }, value);
}

function stepsOf(path: Value): readonly (string | bigint)[] {
  if (typeof path === 'bigint') return [path];
  if (typeof path === 'string')
    return path.split('.').map((step) => (/^\d+$/.test(step) ? BigInt(step) : step));
  throw new JinjaError(`an attribute is named by a text or a number, not ${typeName(path)}`);
}
