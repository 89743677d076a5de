import { JinjaError } from '../error.ts';
import { formatBraces } from '../values/brace-format.ts';
import { isEqual } from '../values/compare.ts';
import { typeName } from '../values/type-name.ts';
import {
  DictView,
  HostObject,
  isList,
  Markup,
  Namespace,
  Range,
  Tuple,
  Undefined,
  type CallArguments,
  type Value,
  Dict,
} from '../values/value.ts';
import { bind, integerArgument, optional, required } from './arguments.ts';
import { textMethod } from './text-methods.ts';

/** `value.name` of Jinja2: a method or an attribute, or else what a mapping has under the name. @throws JinjaError */
export function attributeOrItem(value: Value, key: Value): Value | undefined {
  if (typeof key !== 'string') return item(value, key);
  return attribute(value, key) ?? item(value, key);
}

/** `value[key]` of Jinja2: an item, or else an attribute of that name. @throws JinjaError for what is undefined */
export function itemOrAttribute(value: Value, key: Value): Value | undefined {
  return item(value, key) ?? (typeof key === 'string' ? attribute(value, key) : undefined);
}

function item(value: Value, key: Value): Value | undefined {
  if (value instanceof Undefined) throw value.error;
  if (key instanceof Undefined) throw key.error;
  if (value instanceof Dict) return value.get(key);
  if (typeof key !== 'bigint' && typeof key !== 'boolean') return undefined;
  const items = sequenceOf(value);
  const index = BigInt(key) < 0n ? BigInt(items?.length ?? 0) + BigInt(key) : BigInt(key);
  return index < 0n || index > 2n ** 31n ? undefined : items?.[Number(index)];
}

/** Items by position, of what has such. */
export function sequenceOf(value: Value): readonly Value[] | undefined {
  if (isList(value)) return value;
  if (typeof value === 'string') return Array.from(value);
  return value instanceof Tuple || value instanceof Range ? value.items : undefined;
}

function attribute(value: Value, name: string): Value | undefined {
  if (value instanceof Undefined) throw value.error;
  if (name.startsWith('_')) return undefined;
  if (value instanceof Namespace) return value.fields.get(name);
  if (value instanceof HostObject) return value.attributes.get(name)?.();
  if (value instanceof Markup) {
    throw new JinjaError(`what \`${value.source}\` gives has no \`${name}\` here: it can only be printed`);
  }
  if (value instanceof Tuple) {
    const at = value.names.indexOf(name);
    if (at >= 0) return value.items[at];
  }
  const run = methodOf(value, name);
  return run === undefined ? undefined : new HostObject(`the method \`${name}\``, run);
}

function methodOf(value: Value, name: string): ((args: CallArguments) => Value) | undefined {
  if (typeof value === 'string') {
    return name === 'format' ? (args) => formatBraces(value, args, attributeOrItem) : textMethod(value, name);
  }
  if (value instanceof Dict) return dictMethod(value, name);
  if (isList(value) || value instanceof Tuple) return listMethod(value, name);
  if (typeof value === 'number' && name === 'is_integer') return () => Number.isInteger(value);
  return undefined;
}

const changesDict = new Set(['clear', 'pop', 'popitem', 'setdefault', 'update']);
const changesList = new Set(['append', 'clear', 'extend', 'insert', 'pop', 'remove', 'reverse', 'sort']);

function dictMethod(dict: Dict, name: string): ((args: CallArguments) => Value) | undefined {
  const what = `the method \`${name}\``;
  switch (name) {
    case 'get':
      return (args) => {
        const [key = null, fallback = null] = bind(what, [required('key'), optional('default')], args);
        return dict.get(key) ?? fallback;
      };
    case 'keys':
    case 'values':
    case 'items':
      return (args) => {
        bind(what, [], args);
        return new DictView(name, dict);
      };
    case 'copy':
      return (args) => {
        bind(what, [], args);
        return dict;
      };
    default:
      return changesDict.has(name) ? changing(what, dict) : undefined;
  }
}

function listMethod(
  list: readonly Value[] | Tuple,
  name: string,
): ((args: CallArguments) => Value) | undefined {
  const items = list instanceof Tuple ? list.items : list;
  const what = `the method \`${name}\``;
  switch (name) {
    case 'count':
      return (args) => {
        const [sought = null] = bind(what, [required('item')], args);
        return BigInt(items.filter((each) => isEqual(each, sought)).length);
      };
    case 'index':
      return (args) => {
        const [sought = null, start] = bind(what, [required('item'), optional('start', 0n)], args);
        const from = integerArgument(what, start);
        const first = from < 0 ? from + items.length : from;
        const at = items.findIndex((each, index) => index >= first && isEqual(each, sought));
        if (at < 0) throw new JinjaError(`${what} found no such item`);
        return BigInt(at);
      };
    case 'copy':
      return list instanceof Tuple ? undefined : () => items;
    default:
      return !(list instanceof Tuple) && changesList.has(name) ? changing(what, list) : undefined;
  }
}

/** The sandbox of chat templates forbids these too. */
function changing(what: string, value: Value): () => never {
  return () => {
    throw new JinjaError(
      `${what} would change a ${typeName(value)}, which templates may not: build a new one with \`set\` and \`+\``,
    );
  };
}
