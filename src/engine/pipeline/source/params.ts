import { parseDocument } from 'yaml';
import type { Diagnostic } from '../../diagnostic.ts';
import type { Json, JsonObject } from '../../../system/json.ts';
import { REFERENCE, type Locator, type Path } from './locator.ts';
import { didYouMean, listNames } from '../suggest.ts';
import { describe, wordPath } from '../words.ts';

/** The parameters with what was set on the command line put in; `set` maps dotted names to raw text. */
export function setParams(
  params: JsonObject,
  set: Readonly<Record<string, string>>,
  problems: Diagnostic[],
): JsonObject {
  let result = params;
  for (const [name, raw] of Object.entries(set)) {
    const steps = name.split('.');
    const where = `--set ${name}=${raw}`;
    const missing = firstMissing(params, steps);
    if (missing !== undefined) {
      const next = didYouMean(missing.step, missing.known);
      problems.push({
        code: 'unknown-param',
        severity: 'error',
        message: `no parameter \`${name}\` in the pipeline`,
        where,
        expected: listNames(missing.known),
        found: name,
        ...(next !== undefined && { next }),
      });
      continue;
    }
    const value = parseSetValue(raw);
    if (value === undefined) {
      problems.push({
        code: 'bad-set',
        severity: 'error',
        message: `the value of \`--set ${name}\` is not a YAML value`,
        where,
        found: raw,
        next: `quote it to set it as text: --set '${name}=${JSON.stringify(raw)}'`,
      });
      continue;
    }
    result = withValue(result, steps, value) as JsonObject;
  }
  return result;
}

function firstMissing(
  params: JsonObject,
  steps: readonly string[],
): { readonly step: string; readonly known: string[] } | undefined {
  let at: Json = params;
  for (const step of steps) {
    const known: string[] = at !== null && typeof at === 'object' ? Object.keys(at) : [];
    if (!known.includes(step)) return { step, known };
    at = (at as Record<string, Json>)[step] ?? null;
  }
  return undefined;
}

/** Nothing after `=` is empty text: that is what a shell user means. */
function parseSetValue(raw: string): Json | undefined {
  if (raw.trim() === '') return raw;
  const document = parseDocument(raw, { prettyErrors: false, version: '1.2', schema: 'core', merge: false });
  if (document.errors.length > 0 || document.warnings.length > 0) return undefined;
  try {
    const value = document.toJS({ maxAliasCount: 0 }) as Json;
    return JSON.stringify(value, (_key, inner: unknown) =>
      typeof inner === 'number' && !Number.isFinite(inner) ? undefined : inner,
    ) === JSON.stringify(value)
      ? value
      : undefined;
  } catch {
    return undefined;
  }
}

function withValue(at: Json, steps: readonly string[], value: Json): Json {
  const [step, ...rest] = steps;
  if (step === undefined) return value;
  if (Array.isArray(at)) {
    return at.map((item: Json, index) => (String(index) === step ? withValue(item, rest, value) : item));
  }
  const map = at as JsonObject;
  return { ...map, [step]: withValue(map[step] ?? null, rest, value) };
}

/** What references can name, and where they stand. */
export interface Scope {
  readonly params: JsonObject;
  /**
   * The values of this instance of a matrix stage; or why there are none: the stage has no matrix, or the reference
   * stands outside of its `with`.
   */
  readonly matrix: JsonObject | 'none' | 'outside';
}

/**
 * Puts values in place of `${params.x}` and `${matrix.x}`: a value that is only a reference becomes what it names with
 * its type, a reference inside text becomes text. `$${` is a literal `${`.
 */
export function substitute(
  value: Json,
  path: Path,
  scope: Scope,
  locator: Locator,
  problems: Diagnostic[],
): Json {
  const inside = (at: Json, here: Path): Json => {
    if (typeof at === 'string') return at.includes('${') ? fill(at, here) : at;
    if (at === null || typeof at !== 'object') return at;
    if (Array.isArray(at)) return at.map((item: Json, index) => inside(item, [...here, index]));
    return Object.fromEntries(Object.entries(at).map(([key, item]) => [key, inside(item, [...here, key])]));
  };

  const fill = (text: string, here: Path): Json => {
    const only = /^\$\{([^}]*)\}$/.exec(text)?.[1];
    if (only !== undefined) return lookUp(only, here) ?? null;
    return text.replace(REFERENCE, (match, reference: string | undefined) => {
      if (reference === undefined) return '${';
      const found = lookUp(reference, here);
      if (found === undefined) return match;
      if (found === null || typeof found === 'object') {
        problems.push({
          code: 'param-not-text',
          severity: 'error',
          message: `\`${match}\` stands inside text, and cannot be put there`,
          ...locator.value(here),
          expected: 'text, a number, true or false',
          found: describe(found),
          next: 'use the parameter as the whole value',
        });
        return match;
      }
      return String(found);
    });
  };

  const lookUp = (reference: string, here: Path): Json | undefined => {
    const report = (problem: Omit<Diagnostic, 'severity' | 'place'>): undefined => {
      problems.push({ severity: 'error', ...problem, place: locator.value(here).place });
    };
    const [, source, name] = NAMED.exec(reference) ?? [];
    const { matrix } = scope;
    if (name === undefined) {
      report({
        code: 'bad-reference',
        message: `\`\${${reference}}\` does not refer to a parameter`,
        expected: typeof matrix === 'object' ? '`${params.name}` or `${matrix.axis}`' : '`${params.name}`',
        found: `\${${reference}}`,
        next: 'write `$${` for a literal `${`',
      });
      return;
    }
    const steps = name.split('.');
    const [first = ''] = steps;
    if (source === 'matrix' && typeof matrix === 'string') {
      report({
        code: 'bad-reference',
        message:
          matrix === 'none'
            ? `\`\${${reference}}\` stands in a stage that has no \`matrix\``
            : `\`\${${reference}}\` stands outside of \`with\``,
        expected: matrix === 'none' ? '`${params.name}`' : '`${matrix.axis}` in `with` only',
        found: `\${${reference}}`,
        ...(matrix === 'none' && { next: `add \`matrix: { ${first}: [...] }\` to the stage` }),
      });
      return;
    }
    const root = source === 'matrix' ? (matrix as JsonObject) : scope.params;
    const missing = firstMissing(root, steps);
    if (missing !== undefined) {
      const next = didYouMean(missing.step, missing.known);
      report({
        code: source === 'matrix' ? 'unknown-axis' : 'unknown-param',
        message:
          source === 'matrix'
            ? `the matrix has no axis \`${name}\``
            : `no parameter \`${name}\` in the pipeline`,
        expected: listNames(missing.known),
        found: name,
        next: next ?? `add \`${first}\` to \`${source ?? 'params'}\``,
      });
      return;
    }
    let found: Json = root;
    for (const step of steps) found = (found as Record<string, Json>)[step] ?? null;
    return found;
  };

  return inside(value, path);
}

/** The inside of a reference. */
const NAMED = /^\s*(params|matrix)\.([\w-]+(?:\.[\w-]+)*)\s*$/;

/** Parameters are values: a reference in one is a mistake, because nothing fills it in. */
export function refuseReferences(params: JsonObject, locator: Locator, problems: Diagnostic[]): void {
  const look = (at: Json, path: Path): void => {
    if (typeof at === 'string') {
      const reference = /(?:^|[^$])(\$\{\s*(?:params|matrix)\.[^}]*\})/.exec(at)?.[1];
      if (reference === undefined) return;
      problems.push({
        code: 'param-reference',
        severity: 'error',
        message: `the parameter \`${wordPath(path.slice(1))}\` refers to a parameter`,
        place: locator.value(path).place,
        expected: 'a value',
        found: reference,
      });
    } else if (Array.isArray(at)) at.forEach((item: Json, index) => look(item, [...path, index]));
    else if (at !== null && typeof at === 'object') {
      for (const [key, item] of Object.entries(at)) look(item, [...path, key]);
    }
  };
  look(params, ['params']);
}
