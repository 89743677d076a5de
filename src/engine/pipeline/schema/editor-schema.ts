import { isMap, type Json, type JsonObject } from '../../../system/json.ts';

/** A value that is a reference and nothing else: it has the type of what it refers to. */
const wholeReference = '^\\$\\{[^}]*\\}$';
/** Text with a reference somewhere: what it will be is not known to an editor. */
const anyReference = '\\$\\{';

/**
 * A schema for the file as it is written, made from one for the values that are checked: wherever a value may stand, a
 * reference such as `${params.shots}` may stand too. Fixed words are left alone, because choices are made by them.
 */
export function withReferences(schema: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(schema).map(([keyword, value]) => [keyword, inside(keyword, value)]),
  );
}

function inside(keyword: string, value: Json): Json {
  switch (keyword) {
    case 'properties':
    case 'patternProperties':
      return mapValues(value, slot);
    case 'items':
    case 'additionalProperties':
      return isMap(value) ? slot(value) : value;
    case 'prefixItems':
      return Array.isArray(value) ? value.map((item: Json) => (isMap(item) ? slot(item) : item)) : value;
    case 'anyOf':
    case 'oneOf':
    case 'allOf':
      return Array.isArray(value)
        ? value.map((item: Json) => (isMap(item) ? withReferences(item) : item))
        : value;
    case 'then':
    case 'else':
      return isMap(value) ? withReferences(value) : value;
    case '$defs':
    case 'dependentSchemas':
      return mapValues(value, withReferences);
    default:
      return value;
  }
}

const choices = ['enum', 'anyOf', 'oneOf', 'allOf', 'not', 'if', '$ref', 'pattern'];

/** The schema of a value that may be a reference. */
export function slot(schema: JsonObject): JsonObject {
  const { type } = schema;
  const inner = withReferences(schema);
  if (schema.const !== undefined) return inner;
  if (!choices.some((keyword) => schema[keyword] !== undefined)) {
    if (type === undefined) return inner;
    const types = [type as string | string[]].flat();
    return types.includes('string')
      ? inner
      : { ...inner, type: [...types, 'string'], pattern: wholeReference };
  }
  const { description, default: standard, ...checks } = inner;
  return {
    ...(description !== undefined && { description }),
    ...(standard !== undefined && { default: standard }),
    if: { type: 'string', pattern: anyReference },
    else: checks,
  };
}

function mapValues(value: Json, change: (schema: JsonObject) => JsonObject): Json {
  if (!isMap(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, isMap(item) ? change(item) : item]),
  );
}
