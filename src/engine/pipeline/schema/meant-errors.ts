import type { ErrorObject } from 'ajv/dist/2020.js';
import { suggest } from '../../../system/suggest.ts';

/**
 * The errors of Ajv that people are told. When an anyOf or oneOf fails, Ajv reports what each of its branches lacks.
 * This keeps the branch that the value was meant for: one that fails only inside the value, such as the branch for maps
 * where the value is a map with a wrong entry. Where no branch was meant, it keeps the choice alone.
 */
export function meantErrors(errors: readonly ErrorObject[]): ErrorObject[] {
  let left = [...errors];
  // Inner choices come first in Ajv's order, so outer ones see them already settled.
  for (const choice of errors.filter(({ keyword }) => keyword === 'anyOf' || keyword === 'oneOf')) {
    if (!left.includes(choice)) continue;
    const branches = new Map<string, ErrorObject[]>();
    for (const error of left) {
      if (!error.schemaPath.startsWith(`${choice.schemaPath}/`)) continue;
      if (!error.instancePath.startsWith(choice.instancePath)) continue;
      const branch = error.schemaPath.slice(choice.schemaPath.length + 1).replace(/\/.*$/, '');
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
  const told = left.filter(({ keyword, propertyName }) => keyword !== 'if' && propertyName === undefined);
  return told.filter((error) => !told.some((other) => isMisspelt(error, other)));
}

/** A key is missing because another one, which is told, is this one misspelt. */
function isMisspelt(missing: ErrorObject, unknown: ErrorObject): boolean {
  const { missingProperty } = missing.params as { readonly missingProperty?: string };
  const { additionalProperty, unevaluatedProperty } = unknown.params as Partial<Record<string, string>>;
  const key = additionalProperty ?? unevaluatedProperty;
  if (missingProperty === undefined || key === undefined) return false;
  return missing.instancePath === unknown.instancePath && suggest(key, [missingProperty]) !== undefined;
}

/** The value is of another kind than the branch is for: another type, or another fixed word. */
function missesKind(error: ErrorObject, choice: ErrorObject): boolean {
  const here = error.instancePath === choice.instancePath;
  if (here) return ['type', 'const', 'enum', 'required', 'not'].includes(error.keyword);
  const depth = error.instancePath.slice(choice.instancePath.length).split('/').length - 1;
  return depth === 1 && error.keyword === 'const';
}
