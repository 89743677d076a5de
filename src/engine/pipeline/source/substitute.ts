import { isMap, type Json, type JsonObject, type Path } from '../../../system/json.ts';
import { entriesOf, mapOf } from '../../../system/names-in-order.ts';
import type { ProblemCode } from '../problem-code.ts';
import type { Details, Problems } from '../problems.ts';
import { didYouMean, listNames } from '../../../system/suggest.ts';
import { describe, wordPath } from '../words.ts';
import { follow } from './follow.ts';
import { parseReference, referencePattern, type Reference } from './references.ts';
import { warnOfReading } from './written.ts';

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
export function substitute(value: Json, path: Path, scope: Scope, problems: Problems): Json {
  if (typeof value === 'string') {
    warnOfBraces(value, path, scope, problems);
    return value.includes('${') ? fill(value, path, scope, problems) : value;
  }
  if (Array.isArray(value)) {
    return value.map((item: Json, index) => substitute(item, [...path, index], scope, problems));
  }
  if (!isMap(value)) return value;
  const keys = new Map<string, string>();
  return mapOf(
    entriesOf(value).map(([key, item]) => {
      const at = [...path, key];
      const filled = fillKey(key, at, scope, problems);
      const other = keys.get(filled);
      if (other !== undefined) {
        const message = `\`${filled}\` stands twice here: \`${other}\` and \`${key}\` are the same`;
        problems.error(
          'duplicate-key',
          message,
          { key: at },
          { found: filled, next: 'remove one of them, or give the parameter another value' },
        );
      }
      keys.set(filled, key);
      return [filled, substitute(item, at, scope, problems)] as const;
    }),
  );
}

/** `{params.model}` without its `$` is text, and stays. */
function warnOfBraces(text: string, path: Path, scope: Scope, problems: Problems): void {
  for (const { 0: found, 1: inside = '' } of text.matchAll(
    /(?<![${])\{\s*((?:params|matrix)\.[^{}\s]+)\s*\}(?!\})/g,
  )) {
    if (!('value' in resolve(inside, scope))) continue;
    problems.warning(
      'no-reference',
      `\`${found}\` is text, and stays as it is`,
      { value: path },
      {
        expected: `\`$\{${inside}}\``,
        found,
        next: `write \`$\{${inside}}\` for the value of the parameter`,
      },
    );
  }
}

/** A key is text: what a reference in it names becomes text too. */
function fillKey(key: string, path: Path, scope: Scope, problems: Problems): string {
  if (!key.includes('${')) return key;
  const filled = fill(key, path, scope, problems);
  if (filled !== null && typeof filled !== 'object') return String(filled);
  problems.unfilled(
    'param-not-text',
    `\`${key}\` stands in place of a key, and cannot be put there`,
    { key: path },
    { expected: 'text, a number, true or false', found: describe(filled) },
  );
  return key;
}

function fill(text: string, path: Path, scope: Scope, problems: Problems): Json {
  const only = /^\$\{([^}]*)\}$/.exec(text)?.[1];
  if (only !== undefined) return lookUp(only, path, scope, problems) ?? null;
  return text.replace(referencePattern, (match, inside: string | undefined) => {
    if (inside === undefined) return '${';
    const found = lookUp(inside, path, scope, problems);
    if (found === undefined) return match;
    if (found !== null && typeof found !== 'object') return textOf(found, inside, path, problems);
    problems.unfilled(
      'param-not-text',
      `\`${match}\` stands inside text, and cannot be put there`,
      { value: path },
      {
        expected: 'text, a number, true or false',
        found: describe(found),
        next: 'use the parameter as the whole value',
      },
    );
    return match;
  });
}

/** A number or truth value inside text is what was written, or else is told: `007` would become `7`. */
function textOf(value: string | number | boolean, inside: string, path: Path, problems: Problems): string {
  const text = String(value);
  const reference = parseReference(inside);
  if (typeof value === 'string' || reference?.source !== 'params') return text;
  const written = problems.locator.written(['params', ...reference.name.split('.')]);
  if (written !== undefined && written !== text) {
    warnOfReading(problems, { place: problems.locator.value(path).place }, written, text);
  }
  return text;
}

/** What the inside of `${ ... }` stands for; undefined, with the problem told, when it stands for nothing. */
function lookUp(inside: string, path: Path, scope: Scope, problems: Problems): Json | undefined {
  const found = resolve(inside, scope);
  if ('value' in found) return found.value;
  const { code, message, ...details } = found;
  // The place alone: where a parameter is defined does not help one who names another.
  problems.unfilled(code, message, { place: problems.locator.value(path).place }, details);
  return undefined;
}

interface Unresolved extends Details {
  readonly code: ProblemCode;
  readonly message: string;
}

function resolve(inside: string, { params, matrix }: Scope): { readonly value: Json } | Unresolved {
  const reference = parseReference(inside);
  if (reference === undefined) {
    return {
      code: 'bad-reference',
      message: `\`\${${inside}}\` does not refer to a parameter`,
      expected: typeof matrix === 'object' ? '`${params.name}` or `${matrix.axis}`' : '`${params.name}`',
      found: `\${${inside}}`,
      next: 'write `$${` for a literal `${`',
    };
  }
  if (reference.source === 'params') {
    const message = `no parameter \`${reference.name}\` in the pipeline`;
    return resolveIn(params, reference, { code: 'unknown-param', message });
  }
  if (typeof matrix === 'object') {
    const message = `the matrix has no axis \`${reference.name}\``;
    return resolveIn(matrix, reference, { code: 'unknown-axis', message });
  }
  return matrix === 'none'
    ? {
        code: 'bad-reference',
        message: `\`\${${inside}}\` stands in a stage that has no \`matrix\``,
        expected: '`${params.name}`',
        found: `\${${inside}}`,
        next: `add \`matrix: { ${firstStep(reference)}: [...] }\` to the stage`,
      }
    : {
        code: 'bad-reference',
        message: `\`\${${inside}}\` stands outside of \`with\``,
        expected: '`${matrix.axis}` in `with` only',
        found: `\${${inside}}`,
      };
}

function resolveIn(
  root: JsonObject,
  reference: Reference,
  unknown: Unresolved,
): { readonly value: Json } | Unresolved {
  const found = follow(root, reference.name.split('.'));
  if ('value' in found) return found;
  return {
    ...unknown,
    expected: listNames(found.known),
    found: reference.name,
    next:
      didYouMean(found.missing, found.known) ?? `add \`${firstStep(reference)}\` to \`${reference.source}\``,
  };
}

/** `model` of `model.name`. */
function firstStep({ name }: Reference): string {
  return name.replace(/\..*$/, '');
}

/** Reports references in the values of parameters: nothing fills them in there. */
export function refuseReferences(params: JsonObject, problems: Problems): void {
  const look = (at: Json, path: Path): void => {
    if (typeof at === 'string') {
      const reference = /(?:^|[^$])(\$\{\s*(?:params|matrix)\.[^}]*\})/.exec(at)?.[1];
      if (reference === undefined) return;
      problems.error(
        'param-reference',
        `the parameter \`${wordPath(path.slice(1))}\` refers to a parameter`,
        { place: problems.locator.value(path).place },
        { expected: 'a value', found: reference },
      );
    } else if (Array.isArray(at)) at.forEach((item: Json, index) => look(item, [...path, index]));
    else if (isMap(at)) {
      for (const [key, item] of entriesOf(at)) look(item, [...path, key]);
    }
  };
  look(params, ['params']);
}
