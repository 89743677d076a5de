import type { ErrorObject } from 'ajv/dist/2020.js';
import type { Json, JsonObject, Path } from '../../../system/json.ts';
import type { ProblemCode } from '../problem-code.ts';
import type { At, Details } from '../problems.ts';
import { didYouMean, listNames } from '../../../system/suggest.ts';
import { describe, orList, wordPath, wordTypes } from '../words.ts';
import { axisName, paramName, stageName } from './schema.ts';

/** An error of Ajv as a problem of the file. */
interface Worded extends Details {
  readonly code: ProblemCode;
  readonly message: string;
  readonly at: At;
}

/**
 * @param path leads from the root of the file to the value that the error is about
 * @param written that value as it was before the validator filled in defaults
 */
export function wordError(error: ErrorObject, path: Path, written: Json | undefined): Worded {
  switch (error.keyword) {
    case 'additionalProperties':
    case 'unevaluatedProperties':
      return unknownKey(error, path);
    case 'required':
      return missingKey(error, path, written);
    case 'propertyNames':
      return badName(error, path);
    case 'type':
      return {
        code: 'wrong-type',
        message: `${nameOf(path)} has the wrong type`,
        at: { value: path },
        expected: wordTypes([paramsOf(error).type as string | string[]].flat()),
        found: describe(error.data as Json),
        next: otherForm(error.data as Json, [paramsOf(error).type as string | string[]].flat()),
      };
    case 'enum':
      return wrongWord(error, path, paramsOf(error).allowedValues as Json[]);
    case 'const':
      return wrongWord(error, path, [paramsOf(error).allowedValue as Json]);
    case 'anyOf':
    case 'oneOf':
      return noneOf(error, path);
    default:
      return {
        code: 'wrong-value',
        message: `${nameOf(path)} ${limits[error.keyword]?.says ?? 'is not right'}`,
        at: { value: path },
        expected: wordLimit(error),
        found: describe(error.data as Json),
        next: limits[error.keyword]?.next,
      };
  }
}

/** The key that an error is about, where it is about a key and not about the value that it points to. */
export function keyOf({ params }: ErrorObject): string | undefined {
  const { additionalProperty, unevaluatedProperty, propertyName } = params as Record<
    string,
    string | undefined
  >;
  return additionalProperty ?? unevaluatedProperty ?? propertyName;
}

function unknownKey(error: ErrorObject, path: Path): Worded {
  const key = String(keyOf(error));
  const known = Object.keys((error.parentSchema as { properties?: object }).properties ?? {});
  return {
    code: 'unknown-key',
    message: `unknown key \`${key}\``,
    at: { key: [...path, key] },
    expected: listNames(known),
    found: key,
    next:
      didYouMean(key, known) ??
      (known.length > 0 ? 'write one of these names, or leave it out' : 'leave it out'),
  };
}

function missingKey(error: ErrorObject, path: Path, written: Json | undefined): Worded {
  const key = String(paramsOf(error).missingProperty);
  return {
    code: 'missing-key',
    message: `\`${key}\` is missing${path.length > 0 ? ` in \`${String(path.at(-1))}\`` : ''}`,
    at: { key: path },
    expected: `\`${key}\`${wordExpected((error.parentSchema as JsonObject | undefined)?.properties, key)}`,
    found: wordKeys(written),
    next: `add \`${key}: ...\``,
  };
}

function badName(error: ErrorObject, path: Path): Worded {
  const name = String(paramsOf(error).propertyName);
  return {
    code: 'bad-name',
    message: `\`${name}\` cannot be a name here`,
    at: { key: [...path, name] },
    expected: wordPattern((error.schema as { pattern?: string }).pattern),
    found: name,
    next: 'write the name so',
  };
}

function wrongWord(error: ErrorObject, path: Path, allowed: readonly Json[]): Worded {
  return {
    code: 'wrong-value',
    message: `${nameOf(path)} is not one of the values that it can be`,
    at: { value: path },
    expected: orList(allowed.map((value) => describe(value))),
    found: describe(error.data as Json),
    next: meantWord(error, allowed),
  };
}

function noneOf(error: ErrorObject, path: Path): Worded {
  const branches = error.schema as JsonObject[];
  const words = branches.flatMap(
    ({ enum: words, const: word }) => (words as Json[] | undefined) ?? word ?? [],
  );
  return {
    code: 'wrong-value',
    message: `${nameOf(path)} is none of the things that it can be`,
    at: { value: path },
    expected: orList(branches.map(wordSchema)),
    found: describe(error.data as Json),
    next: meantWord(error, words),
  };
}

function meantWord({ data }: ErrorObject, words: readonly Json[]): string | undefined {
  const meant = typeof data === 'string' ? didYouMean(data, words.map(String)) : undefined;
  return meant ?? (words.length > 0 ? 'write one of these' : undefined);
}

function paramsOf(error: ErrorObject): Record<string, unknown> {
  return error.params as Record<string, unknown>;
}

/** The keys of a map that lacks one. */
function wordKeys(data: Json | undefined): string {
  const keys = typeof data === 'object' && data !== null ? Object.keys(data) : [];
  return keys.length === 0 ? 'nothing' : listNames(keys);
}

/** How a value is written in the form that is wanted. */
function otherForm(data: Json, types: readonly string[]): string {
  const text = typeof data === 'object' ? '...' : String(data);
  if (types.includes('array')) return `write a list: \`[${text}]\``;
  if (types.includes('object'))
    return Array.isArray(data) ? 'write `name: ...` instead of `- ...`' : 'write a map: `{ name: ... }`';
  if (types.includes('string'))
    return typeof data === 'object'
      ? 'quote it: in YAML `{` and `[` begin a map or a list'
      : `quote it: "${text}"`;
  return 'write it without quotes, as the value itself';
}

/** `stages`, the name of the stage and `with` or another key of it: the place shows them, and names are short without. */
const stepsToInside = 3;

/** What a value is called: `rows[2].word` for the path `stages.words.with.rows.2.word`. */
function nameOf(path: Path): string {
  const inside = wordPath(path[0] === 'stages' ? path.slice(stepsToInside) : path) || path.at(-1);
  return inside === undefined ? 'the file' : `\`${inside}\``;
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

const patterns: Partial<Record<string, string>> = {
  [stageName]: 'at most 100 small letters, digits, `-` and `_`, beginning with a letter or a digit',
  [axisName]: 'letters, digits and `_`, beginning with a letter',
  [paramName]: 'letters, digits, `-` and `_`, beginning with a letter',
};

function wordPattern(pattern: string | undefined): string {
  if (pattern === undefined) return 'another name';
  return patterns[pattern] ?? `a name that fits ${pattern}`;
}

const limits: Partial<
  Record<
    string,
    { readonly says: string; readonly least: string; readonly of: string; readonly next: string }
  >
> = {
  minItems: { says: 'has too few items', least: 'at least', of: 'item', next: 'add what is missing' },
  maxItems: { says: 'has too many items', least: 'at most', of: 'item', next: 'leave out what is too many' },
  minLength: { says: 'is too short', least: 'at least', of: 'character', next: 'write more' },
  maxLength: { says: 'is too long', least: 'at most', of: 'character', next: 'write less' },
  minProperties: { says: 'has too few entries', least: 'at least', of: 'entry', next: 'add what is missing' },
  maxProperties: {
    says: 'has too many entries',
    least: 'at most',
    of: 'entry',
    next: 'make an item of its own of each entry',
  },
};

function wordLimit({ keyword, params, message }: ErrorObject): string {
  const { limit, comparison, pattern } = params as Record<string, string | number | undefined>;
  if (comparison !== undefined) return `a number ${comparison} ${limit ?? ''}`;
  if (pattern !== undefined) return `text that fits ${pattern}`;
  if (keyword === 'uniqueItems') return 'no item twice';
  const words = limits[keyword];
  if (words === undefined || limit === undefined) return message ?? keyword;
  const many = words.of === 'entry' ? 'entries' : `${words.of}s`;
  return `${words.least} ${limit} ${limit === 1 ? words.of : many}`;
}
