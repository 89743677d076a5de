import { isMap, type Json, type JsonObject, type Path } from './json.ts';

/** Where a map remembers the order of its names; absent where the object has them in that order by itself. */
const order = Symbol.for('assay: names in order');

type Ordered = JsonObject & { readonly [order]?: readonly string[] };

/**
 * A map from entries that keeps their order for `entriesOf`. A JavaScript object moves names that are whole numbers
 * (`16`, `2024`) to the front; such a map remembers the order that was meant. A copy by spreading keeps it too.
 */
export function mapOf<T extends Json>(
  entries: readonly (readonly [string, T])[],
): Readonly<Record<string, T>> {
  const map = Object.fromEntries(entries) as Record<string, T>;
  const names = [...new Set(entries.map(([name]) => name))];
  const kept = Object.keys(map).every((name, index) => name === names[index]);
  return kept ? map : Object.assign(map, { [order]: names });
}

/** The entries of a map in the order that was meant. */
export function entriesOf<T>(map: Readonly<Record<string, T>>): [string, T][] {
  return namesOf(map).map((name) => [name, map[name] as T]);
}

/** The names of a map in the order that was meant. */
export function namesOf(map: object): readonly string[] {
  const names = Object.keys(map);
  const meant = (map as Ordered)[order];
  if (meant === undefined) return names;
  const still = new Set(names);
  const known = new Set(meant);
  return [...meant.filter((name) => still.has(name)), ...names.filter((name) => !known.has(name))];
}

/** A deep copy; maps keep the order of their names in it. */
export function copyOf<T extends Json>(value: T): T {
  if (Array.isArray(value)) return (value as readonly Json[]).map(copyOf) as unknown as T;
  return isMap(value) ? (mapValues(value, copyOf) as T) : value;
}

/** JSON text as `JSON.stringify(value, null, 2)` writes it, with names in the order that was meant. */
export function jsonInOrder(value: Json, indent = ''): string {
  const inner = `${indent}  `;
  const block = (open: string, parts: readonly string[], close: string): string =>
    parts.length === 0
      ? open + close
      : `${open}\n${parts.map((part) => inner + part).join(',\n')}\n${indent}${close}`;
  if (Array.isArray(value)) {
    return block(
      '[',
      (value as readonly Json[]).map((each) => jsonInOrder(each, inner)),
      ']',
    );
  }
  if (!isMap(value)) return JSON.stringify(value);
  const parts = entriesOf(value).map(
    ([name, each]) => `${JSON.stringify(name)}: ${jsonInOrder(each, inner)}`,
  );
  return block('{', parts, '}');
}

/** The same map with other values, in the same order. */
export function mapValues(map: JsonObject, change: (value: Json, name: string) => Json): JsonObject {
  return mapOf(entriesOf(map).map(([name, value]) => [name, change(value, name)] as const));
}

/** The order of the names of one map inside of a value, by the path there. */
export interface MeantOrder {
  readonly path: Path;
  readonly names: readonly string[];
}

/** Orders that a copy by the system, as between threads, forgets: `withOrders` gives them to the copy. */
export function meantOrders(value: Json, path: Path = []): readonly MeantOrder[] {
  if (Array.isArray(value)) {
    return (value as readonly Json[]).flatMap((each, index) => meantOrders(each, [...path, index]));
  }
  if (!isMap(value)) return [];
  const own = (value as Ordered)[order] === undefined ? [] : [{ path, names: namesOf(value) }];
  return [...own, ...Object.entries(value).flatMap(([name, each]) => meantOrders(each, [...path, name]))];
}

/** The same value, whose maps have the orders that were meant. */
export function withOrders<T extends Json>(value: T, orders: readonly MeantOrder[]): T {
  for (const { path, names } of orders) {
    const map = path.reduce<Json>((at, step) => (at as Readonly<Record<string, Json>>)[step] ?? null, value);
    if (isMap(map)) Object.assign(map, { [order]: names });
  }
  return value;
}

/** Names by the path of the map that holds them. */
export type NameOrders = Readonly<Record<string, readonly string[]>>;

/**
 * The orders of names that canonical JSON forgets: of each map whose names are a person's own (its schema leaves them
 * open) and do not stand in the order of their code units. The order of names that a schema declares means nothing.
 */
export function openOrders(options: JsonObject, schema: JsonObject): NameOrders {
  const found: [string, readonly string[]][] = [];
  const visit = (value: Json, at: string, schemas: readonly JsonObject[]): void => {
    if (Array.isArray(value)) {
      const items = below(schemas, 'items');
      value.forEach((item: Json, index) => visit(item, `${at}[${index}]`, items));
    }
    if (!isMap(value)) return;
    const names = namesOf(value);
    const isOpen = !schemas.some((each) => declares(each, names));
    const sorted = names.every((name, index) => index === 0 || (names[index - 1] ?? '') < name);
    if (isOpen && !sorted) found.push([at, names]);
    for (const name of names) {
      const inner = schemas.flatMap((each) => branchesOf(schema, propertyOf(each, name)));
      visit(value[name] ?? null, at === '' ? name : `${at}.${name}`, inner);
    }
  };
  const below = (schemas: readonly JsonObject[], keyword: string): readonly JsonObject[] =>
    schemas.flatMap((each) => branchesOf(schema, own(each, keyword)));
  visit(options, '', branchesOf(schema, schema));
  return Object.fromEntries(found);
}

function own(map: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(map, name) ? map[name] : undefined;
}

function declares(schema: JsonObject, names: readonly string[]): boolean {
  const properties = own(schema, 'properties');
  if (!isMap(properties)) return false;
  const closed =
    own(schema, 'additionalProperties') === false || own(schema, 'unevaluatedProperties') === false;
  return closed && names.every((name) => Object.hasOwn(properties, name));
}

/** The schema of a property by name, declared or not. */
export function propertyOf(schema: JsonObject, name: string): Json | undefined {
  const properties = own(schema, 'properties');
  const declared = isMap(properties) ? own(properties, name) : undefined;
  return declared ?? own(schema, 'additionalProperties');
}

/** A schema with all that it refers to and all alternatives that it names. */
export function branchesOf(
  root: JsonObject,
  schema: Json | undefined,
  open: readonly Json[] = [],
): readonly JsonObject[] {
  if (!isMap(schema) || open.includes(schema)) return [];
  const inside = [...open, schema];
  const lists = ['anyOf', 'oneOf', 'allOf'].flatMap((keyword) => {
    const list = own(schema, keyword);
    return Array.isArray(list) ? (list as readonly Json[]) : [];
  });
  return [
    schema,
    ...[resolved(root, own(schema, '$ref')), ...lists].flatMap((each) => branchesOf(root, each, inside)),
  ];
}

function resolved(root: JsonObject, reference: Json | undefined): Json | undefined {
  if (typeof reference !== 'string' || !reference.startsWith('#/')) return undefined;
  return reference
    .slice(2)
    .split('/')
    .reduce<Json | undefined>((at, step) => (isMap(at) ? own(at, step) : undefined), root);
}
