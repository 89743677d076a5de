import { lowercase } from '../../../transforms/case.ts';
import { undefinedValue, type Context } from '../context.ts';
import { JinjaError } from '../error.ts';
import { isTrue, ordered } from '../values/compare.ts';
import { itemsOf, lengthOf } from '../values/iterate.ts';
import { arithmetic, longestValue } from '../values/operators.ts';
import { typeName } from '../values/type-name.ts';
import {
  DictView,
  Once,
  Tuple,
  Undefined,
  type CallArguments,
  type Value,
  Dict,
  hashOf,
} from '../values/value.ts';
import { integerArgument, named, textArgument } from './arguments.ts';
import { filter, type Filter, type Filters } from './filter.ts';
import { valueAtPath } from './paths.ts';

/** Filters over lists, mappings and texts as sequences, by name. */
export const listFilters: Filters = new Map<string, Filter>([
  filter('length', [], (value) => lengthOf(value)),
  filter('count', [], (value) => lengthOf(value)),
  filter('list', [], (value) => itemsOf(value)),
  filter('first', [], (value, _, context) => firstOf(context, itemsOf(value))),
  filter('last', [], (value, _, context, what) => {
    if (value instanceof Once)
      throw new JinjaError(`${what} cannot be asked of what \`${value.source}\` gives: ${value.advice}`);
    return firstOf(context, itemsOf(value).slice(-1));
  }),
  filter('reverse', [], (value) => {
    if (typeof value === 'string') return Array.from(value).reverse().join('');
    const items = itemsOf(value).toReversed();
    return value instanceof Once ? items : new Once('reverse', items);
  }),
  filter('items', [], (value, _, __, what) => {
    if (value instanceof Undefined) return new Once('items', []);
    if (value instanceof Dict) return new Once('items', new DictView('items', value).items);
    throw new JinjaError(`${what} takes a mapping, not ${typeName(value)}`);
  }),
  filter(
    'sort',
    [named('reverse', false), named('case_sensitive', false), named('attribute')],
    (value, [reverse = null, caseSensitive = null, attribute = null], context) => {
      const paths = typeof attribute === 'string' ? attribute.split(',') : [attribute];
      const keysOf = paths.map((path) => keyGetter(context, path, isTrue(caseSensitive)));
      const keyed = itemsOf(value).map((item) => ({ item, key: keysOf.map((keyOf) => keyOf(item)) }));
      return sorted(keyed, { reverse: isTrue(reverse) }).map(({ item }) => item);
    },
  ),
  filter(
    'dictsort',
    [named('case_sensitive', false), named('by', 'key'), named('reverse', false)],
    (value, [caseSensitive = null, by, reverse = null], _, what) => {
      if (!(value instanceof Dict)) throw new JinjaError(`${what} takes a mapping, not ${typeName(value)}`);
      if (by !== 'key' && by !== 'value') throw new JinjaError(`${what} sorts by 'key' or by 'value'`);
      const fold = isTrue(caseSensitive) ? (key: Value): Value => key : ignoringCase;
      const keyed = value.entries().map((item) => ({ item, key: fold(item[by === 'key' ? 0 : 1]) }));
      return sorted(keyed, { reverse: isTrue(reverse) }).map(({ item }) => new Tuple(item));
    },
  ),
  filter(
    'unique',
    [named('case_sensitive', false), named('attribute')],
    (value, [caseSensitive = null, attribute = null], context) => {
      const keyOf = keyGetter(context, attribute, isTrue(caseSensitive));
      const seen = new Set<string>();
      const kept = itemsOf(value).filter((item) => {
        const hash = hashOf(keyOf(item));
        const isNew = !seen.has(hash);
        seen.add(hash);
        return isNew;
      });
      return new Once('unique', kept);
    },
  ),
  filter(
    'groupby',
    [{ name: 'attribute' }, named('default'), named('case_sensitive', false)],
    (value, [attribute = null, fallback = null, caseSensitive = null], context) =>
      grouped(context, itemsOf(value), { attribute, fallback, caseSensitive: isTrue(caseSensitive) }),
  ),
  extreme('min', (order) => order < 0),
  extreme('max', (order) => order > 0),
  filter(
    'sum',
    [named('attribute'), named('start', 0n)],
    (value, [attribute = null, start = null], context, what) => {
      if (typeof start === 'string') throw new JinjaError(`${what} adds no texts: use \`join\``);
      return itemsOf(value).reduce<Value>(
        (total, item) =>
          arithmetic('+', total, attribute === null ? item : valueAtPath(context, item, attribute)),
        start,
      );
    },
  ),
  filter('batch', [{ name: 'linecount' }, named('fill_with')], (value, [count, fill = null], _, what) => {
    const size = integerArgument(what, count);
    checkCount(what, size);
    const items = itemsOf(value);
    const rows = Array.from({ length: Math.ceil(items.length / size) }, (__, index) =>
      items.slice(index * size, (index + 1) * size),
    );
    return new Once(
      'batch',
      rows.map((row) => (fill === null ? row : filledUp(row, size, fill))),
    );
  }),
  filter('slice', [{ name: 'slices' }, named('fill_with')], (value, [count, fill = null], _, what) => {
    const slices = integerArgument(what, count);
    checkCount(what, slices);
    return new Once('slice', sliced(itemsOf(value), slices, fill));
  }),

  ['map', mapped],
  ['select', (context, value, args) => selected('select', context, value, args)],
  ['reject', (context, value, args) => selected('reject', context, value, args)],
  ['selectattr', (context, value, args) => selected('selectattr', context, value, args)],
  ['rejectattr', (context, value, args) => selected('rejectattr', context, value, args)],

  filter('default', [named('default_value', ''), named('boolean', false)], orDefault),
  filter('d', [named('default_value', ''), named('boolean', false)], orDefault),
]);

function firstOf(context: Context, items: readonly Value[]): Value {
  return (
    items[0] ??
    (items.length > 0 ? null : undefinedValue(context, () => 'an item of an empty sequence is not defined'))
  );
}

function orDefault(value: Value, [fallback = null, boolean = null]: readonly Value[]): Value {
  if (value instanceof Undefined) return fallback;
  return isTrue(boolean) && !isTrue(value) ? fallback : value;
}

/** Texts are compared in lower case unless case counts. */
function ignoringCase(value: Value): Value {
  return typeof value === 'string' ? lowercase(value) : value;
}

function keyGetter(context: Context, path: Value, caseSensitive: boolean): (item: Value) => Value {
  const at = (item: Value): Value => (path === null ? item : valueAtPath(context, item, path));
  return caseSensitive ? at : (item) => ignoringCase(at(item));
}

/** Stable, in both directions. @throws JinjaError for keys that have no order */
function sorted<T extends { readonly key: Value }>(
  keyed: readonly T[],
  { reverse }: { readonly reverse: boolean },
): readonly T[] {
  return keyed.toSorted(({ key: a }, { key: b }) => {
    const order = ordered('<', a, b);
    if (Number.isNaN(order)) throw new JinjaError('NaN has no place in an order');
    return reverse ? -order : order;
  });
}

function grouped(
  context: Context,
  items: readonly Value[],
  by: { readonly attribute: Value; readonly fallback: Value; readonly caseSensitive: boolean },
): readonly Value[] {
  const nameOf = (item: Value): Value => valueAtPath(context, item, by.attribute, by.fallback);
  const keyOf = (item: Value): Value => (by.caseSensitive ? nameOf(item) : ignoringCase(nameOf(item)));
  const keyed = sorted(
    items.map((item) => ({ item, key: keyOf(item) })),
    { reverse: false },
  );
  const groups: { readonly key: Value; readonly members: Value[] }[] = [];
  for (const { item, key } of keyed) {
    const last = groups.at(-1);
    if (last !== undefined && ordered('<', last.key, key) === 0) last.members.push(item);
    else groups.push({ key, members: [item] });
  }
  return groups.map(({ members }) => new Tuple([nameOf(members[0] ?? null), members], ['grouper', 'list']));
}

function extreme(name: string, isBetter: (order: number) => boolean): readonly [string, Filter] {
  return filter(
    name,
    [named('case_sensitive', false), named('attribute')],
    (value, [caseSensitive = null, attribute = null], context) => {
      const items = itemsOf(value);
      const keyOf = keyGetter(context, attribute, isTrue(caseSensitive));
      if (items.length === 0) return firstOf(context, items);
      return items.reduce((best, item) => (isBetter(ordered('<', keyOf(item), keyOf(best))) ? item : best));
    },
  );
}

function filledUp(row: readonly Value[], size: number, fill: Value): readonly Value[] {
  return [...row, ...Array.from({ length: size - row.length }, () => fill)];
}

/** Columns of as equal lengths as can be, the longer ones first. */
/** What is filled up to a count, or cut into as many, is there as a list: one without measure ends the whole program, not its thread. */
function checkCount(what: string, count: number): void {
  if (count < 1) throw new JinjaError(`${what} takes a count of at least 1`);
  if (count > longestValue)
    throw new JinjaError(`${what} makes more than ${longestValue} characters or items`);
}

function sliced(items: readonly Value[], slices: number, fill: Value): readonly (readonly Value[])[] {
  const [least, longer] = [Math.floor(items.length / slices), items.length % slices];
  let at = 0;
  return Array.from({ length: slices }, (_, index) => {
    const size = least + (index < longer ? 1 : 0);
    const column = items.slice(at, (at += size));
    return fill !== null && index >= longer ? [...column, fill] : column;
  });
}

/** Whether a filter finds nothing to go through before it looks at its arguments: `None | map(...)` is empty in Jinja2. */
function isNothing(value: Value): boolean {
  return !(value instanceof Once) && !isTrue(value);
}

function mapped(context: Context, value: Value, { positional, named: byName }: CallArguments): Value {
  if (isNothing(value)) return new Once('map', []);
  const items = itemsOf(value);
  const attribute = byName.get('attribute');
  const [name, ...rest] = positional;
  if (name === undefined && attribute !== undefined) {
    for (const other of byName.keys()) {
      if (other !== 'attribute' && other !== 'default')
        throw new JinjaError(`the filter \`map\` takes no \`${other}\``);
    }
    const fallback = byName.get('default') ?? null;
    return new Once(
      'map',
      items.map((item) => valueAtPath(context, item, attribute, fallback)),
    );
  }
  const filterName = textArgument('the filter `map`', name);
  return new Once(
    'map',
    items.map((item) => context.filter(filterName, item, { positional: rest, named: byName })),
  );
}

function selected(
  name: 'select' | 'reject' | 'selectattr' | 'rejectattr',
  context: Context,
  value: Value,
  { positional, named: byName }: CallArguments,
): Value {
  if (isNothing(value)) return new Once(name, []);
  const what = `the filter \`${name}\``;
  const byAttribute = name.endsWith('attr');
  const [path = null, ...afterPath] = byAttribute ? positional : [null, ...positional];
  if (byAttribute && positional.length === 0) throw new JinjaError(`${what} lacks the name of an attribute`);
  const [test, ...rest] = afterPath;
  const holds = (tested: Value): boolean =>
    test === undefined
      ? isTrue(tested)
      : context.test(textArgument(what, test), tested, { positional: rest, named: byName });
  const wanted = name.startsWith('select');
  const kept = itemsOf(value).filter((item) => {
    return holds(byAttribute ? valueAtPath(context, item, path) : item) === wanted;
  });
  return new Once(name, kept);
}
