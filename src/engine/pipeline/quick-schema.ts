import { isDeepStrictEqual } from 'node:util';
import type { Json, JsonObject } from '../json.ts';

type Check = (value: Json) => boolean;

/** Says nothing of a value. */
const SILENT = new Set([
  'description',
  'title',
  'default',
  'examples',
  'deprecated',
  '$comment',
  '$defs',
  '$schema',
]);

class Unknown extends Error {}

/**
 * A check that takes what Ajv takes, fills the same defaults into it, and is made in a hundredth of the time: most
 * files are right, and need no more. Why one is not right is for Ajv to say. Undefined for a schema with keywords that
 * this does not know.
 */
export function quickCheck(root: JsonObject): Check | undefined {
  try {
    return new Compiler(root).check(root, true);
  } catch (error) {
    if (error instanceof Unknown) return undefined;
    throw error;
  }
}

class Compiler {
  readonly #root: JsonObject;
  readonly #references = new Map<string, { check?: Check }>();

  constructor(root: JsonObject) {
    this.#root = root;
  }

  /** @param fills Whether defaults are filled in: not in branches, which may turn out not to be meant. */
  check(schema: Json | undefined, fills: boolean): Check {
    if (typeof schema === 'boolean') return () => schema;
    if (!isMap(schema)) throw new Unknown();
    const checks: Check[] = [];
    for (const [keyword, given] of Object.entries(schema)) {
      if (SILENT.has(keyword)) continue;
      const check = this.#keyword(keyword, given, schema, fills);
      if (check !== undefined) checks.push(check);
    }
    const defaults = fills ? defaultsOf(schema) : [];
    if (defaults.length > 0) {
      checks.unshift((value) => {
        if (isMap(value)) fill(value as Record<string, Json>, defaults);
        return true;
      });
    }
    const [only] = checks;
    if (checks.length === 1 && only !== undefined) return only;
    return (value) => checks.every((check) => check(value));
  }

  #keyword(keyword: string, given: Json, schema: JsonObject, fills: boolean): Check | undefined {
    switch (keyword) {
      case 'type': {
        const types = [given as string | string[]].flat();
        return (value) => types.some((type) => isOfType(value, type));
      }
      case 'const':
        return (value) => isDeepStrictEqual(value, given);
      case 'enum': {
        const allowed = list(given);
        return (value) => allowed.some((one) => one === value || isDeepStrictEqual(one, value));
      }
      case 'properties': {
        const inner = this.#map(given, fills);
        return onMap((value) =>
          inner.every(([name, check]) => !Object.hasOwn(value, name) || check(value[name] ?? null)),
        );
      }
      case 'required': {
        const names = list(given) as string[];
        return onMap((value) => names.every((name) => Object.hasOwn(value, name)));
      }
      case 'additionalProperties': {
        if (schema.patternProperties !== undefined) throw new Unknown();
        const known = new Set(Object.keys(isMap(schema.properties) ? schema.properties : {}));
        const check = this.check(given, fills);
        return onMap((value) =>
          Object.keys(value).every((name) => known.has(name) || check(value[name] ?? null)),
        );
      }
      case 'propertyNames': {
        const check = this.check(given, false);
        return onMap((value) => Object.keys(value).every((name) => check(name)));
      }
      case 'minProperties':
        return onMap((value) => Object.keys(value).length >= Number(given));
      case 'maxProperties':
        return onMap((value) => Object.keys(value).length <= Number(given));
      case 'items': {
        if (schema.prefixItems !== undefined) throw new Unknown();
        const check = this.check(given, fills);
        return onList((value) => value.every((item) => check(item)));
      }
      case 'minItems':
        return onList((value) => value.length >= Number(given));
      case 'maxItems':
        return onList((value) => value.length <= Number(given));
      case 'uniqueItems':
        return given === true ? onList(isUnique) : undefined;
      case 'minLength':
        return onText((value) => [...value].length >= Number(given));
      case 'maxLength':
        return onText((value) => [...value].length <= Number(given));
      case 'pattern': {
        const pattern = new RegExp(String(given), 'u');
        return onText((value) => pattern.test(value));
      }
      case 'minimum':
        return onNumber((value) => value >= Number(given));
      case 'maximum':
        return onNumber((value) => value <= Number(given));
      case 'exclusiveMinimum':
        return onNumber((value) => value > Number(given));
      case 'exclusiveMaximum':
        return onNumber((value) => value < Number(given));
      case 'allOf': {
        const checks = list(given).map((branch) => this.check(branch, fills));
        return (value) => checks.every((check) => check(value));
      }
      case 'anyOf':
      case 'oneOf': {
        const checks = list(given).map((branch) => this.check(branch, false));
        if (keyword === 'anyOf') return (value) => checks.some((check) => check(value));
        return (value) => checks.filter((check) => check(value)).length === 1;
      }
      case 'not': {
        const check = this.check(given, false);
        return (value) => !check(value);
      }
      case 'if': {
        const test = this.check(given, false);
        const then = this.check(schema.then ?? true, fills);
        const otherwise = this.check(schema.else ?? true, fills);
        return (value) => (test(value) ? then(value) : otherwise(value));
      }
      case 'then':
      case 'else':
        return undefined;
      case '$ref':
        return this.#reference(String(given), fills);
      default:
        throw new Unknown();
    }
  }

  #reference(pointer: string, fills: boolean): Check {
    let target: Json | undefined = this.#root;
    if (!pointer.startsWith('#')) throw new Unknown();
    for (const step of pointer.split('/').slice(1)) {
      target = isMap(target) ? target[step.replaceAll('~1', '/').replaceAll('~0', '~')] : undefined;
    }
    // Whether Ajv fills defaults behind a reference in a branch depends on how it compiles it.
    if (!fills && hasDefault(target)) throw new Unknown();
    const known = `${pointer} ${String(fills)}`;
    let found = this.#references.get(known);
    if (found === undefined) {
      found = {};
      this.#references.set(known, found);
      found.check = this.check(target, fills);
    }
    const reference = found;
    return (value) => reference.check?.(value) ?? false;
  }

  #map(given: Json, fills: boolean): [string, Check][] {
    return Object.entries(isMap(given) ? given : {}).map(([name, schema]) => [
      name,
      this.check(schema, fills),
    ]);
  }
}

type Default = readonly [name: string, value: Json];

function defaultsOf({ properties }: JsonObject): Default[] {
  return Object.entries(isMap(properties) ? properties : {}).flatMap(([name, schema]): Default[] =>
    isMap(schema) && schema.default !== undefined ? [[name, schema.default]] : [],
  );
}

function fill(value: Record<string, Json>, defaults: readonly Default[]): void {
  for (const [name, standard] of defaults) {
    if (!Object.hasOwn(value, name)) value[name] = structuredClone(standard);
  }
}

function hasDefault(schema: Json | undefined): boolean {
  return JSON.stringify(schema)?.includes('"default"') ?? false;
}

function isOfType(value: Json, type: string): boolean {
  switch (type) {
    case 'null':
      return value === null;
    case 'array':
      return Array.isArray(value);
    case 'object':
      return isMap(value);
    case 'integer':
      return Number.isInteger(value);
    case 'number':
      return Number.isFinite(value);
    default:
      return typeof value === type;
  }
}

function isUnique(items: readonly Json[]): boolean {
  return items.every((item, index) =>
    items.slice(0, index).every((before) => !isDeepStrictEqual(before, item)),
  );
}

function onMap(check: (value: JsonObject) => boolean): Check {
  return (value) => !isMap(value) || check(value);
}

function onList(check: (value: readonly Json[]) => boolean): Check {
  return (value) => !Array.isArray(value) || check(value);
}

function onText(check: (value: string) => boolean): Check {
  return (value) => typeof value !== 'string' || check(value);
}

function onNumber(check: (value: number) => boolean): Check {
  return (value) => typeof value !== 'number' || check(value);
}

function list(given: Json): readonly Json[] {
  if (!Array.isArray(given)) throw new Unknown();
  return given;
}

function isMap(value: Json | undefined): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
