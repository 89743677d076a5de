import type { ErrorObject } from 'ajv/dist/2020.js';
import type { Diagnostic } from '../../diagnostic.ts';
import type { Json, JsonObject } from '../../../system/json.ts';
import type { Locator, Path } from '../source/locator.ts';
import { AXIS_NAME, PARAM_NAME, STAGE_NAME } from './schema.ts';
import { didYouMean, listNames } from '../suggest.ts';
import { validatorOf } from './validators.ts';
import { describe, orList, wordPath, wordTypes } from '../words.ts';

/** Why a schema that is not this project's cannot be used; undefined when it can. */
export function schemaMistake(schema: JsonObject): string | undefined {
  try {
    validatorOf(schema);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/**
 * Checks a value against a schema and fills defaults into it, in place. Each problem is reported at its place in the
 * file; `path` leads from the root of the file to the value.
 */
export function checkSchema(
  schema: JsonObject,
  value: Json,
  path: Path,
  locator: Locator,
  problems: Diagnostic[],
): void {
  const validate = validatorOf(schema);
  if (validate(value)) return;
  for (const error of relevant(validate.errors ?? [])) {
    problems.push(problemOf(error, [...path, ...stepsOf(error.instancePath, value)], locator));
  }
}

/** Options as their schema wants them, defaults filled in. */
export interface FittedOptions {
  readonly value: JsonObject;
  /** Paths of keys and values that the schema does not allow, left out so that the rest can be looked at; none: they are whole. */
  readonly without: readonly Path[];
}

/**
 * Checks options as `checkSchema` does, on a copy. Undefined when what is left without the mistakes does not fit either, or a
 * list would lose an item.
 */
export function fitOptions(
  schema: JsonObject,
  options: JsonObject,
  path: Path,
  locator: Locator,
  problems: Diagnostic[],
): FittedOptions | undefined {
  const validate = validatorOf(schema);
  const whole = structuredClone(options);
  if (validate(whole)) return { value: whole, without: [] };
  const errors = relevant(validate.errors ?? []);
  const rest = structuredClone(options);
  const without: Path[] = [];
  let losesItem = false;
  for (const error of errors) {
    const steps = stepsOf(error.instancePath, options);
    problems.push(problemOf(error, [...path, ...steps], locator));
    const key = keyOf(error);
    const gone = key === undefined ? steps : [...steps, key];
    without.push(gone);
    losesItem ||= typeof gone.at(-1) !== 'string';
    deleteAt(rest, gone);
  }
  return !losesItem && validate(rest) ? { value: rest, without } : undefined;
}

/** The key that an error is about, where it is about a key and not about the value that it points to. */
function keyOf({ params }: ErrorObject): string | undefined {
  const { additionalProperty, unevaluatedProperty, propertyName } = params as Record<
    string,
    string | undefined
  >;
  return additionalProperty ?? unevaluatedProperty ?? propertyName;
}

function deleteAt(root: JsonObject, path: Path): void {
  const holder = path
    .slice(0, -1)
    .reduce<Json | undefined>((at, step) => (at as JsonObject | undefined)?.[step], root);
  const last = path.at(-1);
  if (typeof holder === 'object' && holder !== null && last !== undefined)
    Reflect.deleteProperty(holder, last);
}

/**
 * Of a failed anyOf or oneOf every branch complains. The branches that the value was not meant for are left out: those
 * that fail at the value itself, when another fails only inside it.
 */
function relevant(errors: readonly ErrorObject[]): ErrorObject[] {
  let left = [...errors];
  // Inner choices come first in Ajv's order, so outer ones see them already settled.
  for (const choice of errors.filter(({ keyword }) => keyword === 'anyOf' || keyword === 'oneOf')) {
    if (!left.includes(choice)) continue;
    const branches = new Map<string, ErrorObject[]>();
    for (const error of left) {
      if (!error.schemaPath.startsWith(`${choice.schemaPath}/`)) continue;
      if (!error.instancePath.startsWith(choice.instancePath)) continue;
      const branch = error.schemaPath.slice(choice.schemaPath.length + 1).split('/')[0] ?? '';
      branches.set(branch, [...(branches.get(branch) ?? []), error]);
    }
    const all = [...branches.values()];
    const meant = all
      .filter((branch) => !branch.some((error) => missesKind(error, choice)))
      .sort((a, b) => a.length - b.length);
    const keep = meant[0];
    const drop = new Set<ErrorObject>(all.flat());
    if (keep !== undefined) {
      keep.forEach((error) => drop.delete(error));
      drop.add(choice);
    }
    left = left.filter((error) => !drop.has(error));
  }
  // The reason why a name is wrong is told by its `propertyNames` error.
  return left.filter(({ keyword, propertyName }) => keyword !== 'if' && propertyName === undefined);
}

/** The value is of another kind than the branch is for: another type, or another fixed word. */
function missesKind(error: ErrorObject, choice: ErrorObject): boolean {
  const here = error.instancePath === choice.instancePath;
  if (here) return ['type', 'const', 'enum', 'required', 'not'].includes(error.keyword);
  const depth = error.instancePath.slice(choice.instancePath.length).split('/').length - 1;
  return depth === 1 && error.keyword === 'const';
}

function problemOf(error: ErrorObject, path: Path, locator: Locator): Diagnostic {
  const params = error.params as Record<string, unknown>;
  const inside = wordPath(path.slice(path[0] === 'stages' ? 3 : 0)) || path.at(-1);
  const name = inside === undefined ? 'the file' : `\`${inside}\``;
  const data = error.data as Json;
  switch (error.keyword) {
    case 'additionalProperties':
    case 'unevaluatedProperties': {
      const key = String(keyOf(error));
      const known = Object.keys((error.parentSchema as { properties?: object }).properties ?? {});
      const next = didYouMean(key, known);
      return {
        code: 'unknown-key',
        severity: 'error',
        message: `unknown key \`${key}\``,
        ...locator.key([...path, key]),
        expected: listNames(known),
        found: key,
        ...(next !== undefined && { next }),
      };
    }
    case 'required': {
      const key = String(params.missingProperty);
      return {
        code: 'missing-key',
        severity: 'error',
        message: `\`${key}\` is missing${path.length > 0 ? ` in \`${String(path.at(-1))}\`` : ''}`,
        ...locator.key(path),
        expected: `\`${key}\`${wordExpected((error.parentSchema as JsonObject | undefined)?.properties, key)}`,
      };
    }
    case 'propertyNames':
      return {
        code: 'bad-name',
        severity: 'error',
        message: `\`${String(params.propertyName)}\` cannot be a name here`,
        ...locator.key([...path, String(params.propertyName)]),
        expected: wordPattern((error.schema as { pattern?: string }).pattern),
        found: String(params.propertyName),
      };
    case 'type':
      return {
        code: 'wrong-type',
        severity: 'error',
        message: `${name} has the wrong type`,
        ...locator.value(path),
        expected: wordTypes([params.type as string | string[]].flat()),
        found: describe(data),
      };
    case 'enum':
    case 'const': {
      const allowed = (error.keyword === 'enum' ? params.allowedValues : [params.allowedValue]) as Json[];
      const next = typeof data === 'string' ? didYouMean(data, allowed.map(String)) : undefined;
      return {
        code: 'wrong-value',
        severity: 'error',
        message: `${name} is not one of the values that it can be`,
        ...locator.value(path),
        expected: orList(allowed.map((value) => describe(value))),
        found: describe(data),
        ...(next !== undefined && { next }),
      };
    }
    case 'anyOf':
    case 'oneOf': {
      const branches = error.schema as JsonObject[];
      const words = branches.flatMap(
        ({ enum: words, const: word }) => (words as Json[] | undefined) ?? word ?? [],
      );
      const next = typeof data === 'string' ? didYouMean(data, words.map(String)) : undefined;
      return {
        code: 'wrong-value',
        severity: 'error',
        message: `${name} is none of the things that it can be`,
        ...locator.value(path),
        expected: orList(branches.map(wordSchema)),
        found: describe(data),
        ...(next !== undefined && { next }),
      };
    }
    default:
      return {
        code: 'wrong-value',
        severity: 'error',
        message: `${name} ${LIMITS[error.keyword]?.says ?? 'is not right'}`,
        ...locator.value(path),
        expected: wordLimit(error),
        found: describe(data),
      };
  }
}

function wordExpected(properties: Json | undefined, key: string): string {
  const schema = (properties as Record<string, JsonObject> | undefined)?.[key];
  if (schema === undefined) return '';
  const about = typeof schema.description === 'string' ? schema.description : wordSchema(schema);
  return about === '' ? '' : `: ${about.replace(/\.$/, '')}`;
}

function wordSchema(schema: JsonObject): string {
  if (schema.const !== undefined) return describe(schema.const);
  if (Array.isArray(schema.enum)) return orList(schema.enum.map((value: Json) => describe(value)));
  if (schema.type !== undefined) return wordTypes([schema.type as string | string[]].flat());
  if (Array.isArray(schema.required)) return `a map with ${orList(schema.required.map(String))}`;
  return typeof schema.title === 'string' ? schema.title : 'another form';
}

const PATTERNS: Partial<Record<string, string>> = {
  [STAGE_NAME]: 'small letters, digits, `-` and `_`, beginning with a letter or a digit',
  [AXIS_NAME]: 'letters, digits and `_`, beginning with a letter',
  [PARAM_NAME]: 'letters, digits, `-` and `_`, beginning with a letter',
};

function wordPattern(pattern: string | undefined): string {
  if (pattern === undefined) return 'another name';
  return PATTERNS[pattern] ?? `a name that fits ${pattern}`;
}

const LIMITS: Partial<
  Record<string, { readonly says: string; readonly least: string; readonly of: string }>
> = {
  minItems: { says: 'has too few items', least: 'at least', of: 'item' },
  maxItems: { says: 'has too many items', least: 'at most', of: 'item' },
  minLength: { says: 'is too short', least: 'at least', of: 'character' },
  maxLength: { says: 'is too long', least: 'at most', of: 'character' },
  minProperties: { says: 'has too few entries', least: 'at least', of: 'entry' },
  maxProperties: { says: 'has too many entries', least: 'at most', of: 'entry' },
};

function wordLimit({ keyword, params, message }: ErrorObject): string {
  const { limit, comparison, pattern } = params as Record<string, string | number | undefined>;
  if (comparison !== undefined) return `a number ${comparison} ${limit ?? ''}`;
  if (pattern !== undefined) return `text that fits ${pattern}`;
  if (keyword === 'uniqueItems') return 'no item twice';
  const words = LIMITS[keyword];
  if (words === undefined || limit === undefined) return message ?? keyword;
  const many = words.of === 'entry' ? 'entries' : `${words.of}s`;
  return `${words.least} ${limit} ${limit === 1 ? words.of : many}`;
}

/** The steps of a JSON pointer; those into lists as numbers. */
function stepsOf(pointer: string, root: Json): (string | number)[] {
  let at: Json | undefined = root;
  return pointer
    .split('/')
    .slice(1)
    .map((raw) => {
      const step = raw.replaceAll('~1', '/').replaceAll('~0', '~');
      const inList = Array.isArray(at);
      at = (at as Record<string, Json> | undefined)?.[step];
      return inList ? Number(step) : step;
    });
}
