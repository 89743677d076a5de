import type { Diagnostic } from '../../diagnostic.ts';
import { canonicalJson, type Json, type JsonObject } from '../../../system/json.ts';
import type { Locator } from '../source/locator.ts';
import { instanceFolders, instanceLabel } from './matrix-names.ts';
import { didYouMean, listNames } from '../suggest.ts';

/** More instances than this are a mistake: each is a stage with a result of its own. */
const MAX_INSTANCES = 10_000;

/** One combination of a matrix. */
export interface MatrixInstance {
  /** `model=a,shots=0`: the stage is called `scores[model=a,shots=0]`. */
  readonly label: string;
  /** The folder inside the stage's folder of the run. */
  readonly folder: string;
  /** Value by axis, in the order of the axes in the file. */
  readonly values: JsonObject;
}

type Entry = readonly [place: readonly (string | number)[], values: JsonObject];

/**
 * The combinations of a stage's `matrix`, parameters filled in: every value of each axis with every value of the
 * others, the last axis fastest, without those that `exclude` names; then those of `include`. What its schema refuses
 * gives none and is not reported here.
 */
export function expandMatrix(
  stage: string,
  matrix: JsonObject,
  locator: Locator,
  problems: Diagnostic[],
  warnings: Diagnostic[],
): MatrixInstance[] | undefined {
  if (Object.keys(matrix).length === 0) return undefined;
  const { include = [], exclude = [], ...lists } = matrix;
  if (!isListOfMaps(include) || !isListOfMaps(exclude)) return undefined;
  if (!Object.values(lists).every((values) => Array.isArray(values) && values.length > 0)) return undefined;
  const path = ['stages', stage, 'matrix'];
  const before = problems.length;
  const report = (
    problem: Omit<Diagnostic, 'severity' | 'place'>,
    at: readonly (string | number)[],
    key = false,
  ) => problems.push({ severity: 'error', ...problem, ...(key ? locator.key(at) : locator.value(at)) });

  const axes = Object.keys(lists).length > 0 ? Object.keys(lists) : Object.keys(include[0] ?? {});
  if (axes.length === 0) {
    report(
      { code: 'empty-matrix', message: 'the matrix has no axis', expected: 'lists of values by name' },
      path,
      true,
    );
    return undefined;
  }
  for (const [name, entries] of [
    ['include', include],
    ['exclude', exclude],
  ] as const) {
    entries.forEach((entry, index) => {
      for (const axis of Object.keys(entry)) {
        if (axes.includes(axis)) continue;
        const next = didYouMean(axis, axes);
        const problem = {
          code: 'unknown-axis',
          message: `the matrix has no axis \`${axis}\``,
          expected: listNames(axes),
          found: axis,
          ...(next !== undefined && { next }),
        };
        report(problem, [...path, name, index, axis], true);
      }
      const missing = axes.filter((axis) => !Object.hasOwn(entry, axis));
      if (name === 'exclude' || missing.length === 0) return;
      const problem = {
        code: 'missing-axis',
        message: `what is included needs a value for ${missing.map((axis) => `\`${axis}\``).join(', ')}`,
        expected: `a value for each of ${listNames(axes)}`,
        found: listNames(Object.keys(entry)),
      };
      report(problem, [...path, name, index]);
    });
  }
  if (problems.length > before) return undefined;

  const size = Object.values(lists).reduce<number>(
    (product, values) => product * (values as Json[]).length,
    1,
  );
  if (size + include.length > MAX_INSTANCES) {
    const problem = {
      code: 'matrix-too-large',
      message: 'the matrix has too many combinations',
      expected: `at most ${MAX_INSTANCES}`,
      found: String(size + include.length),
    };
    report(problem, path, true);
    return undefined;
  }

  const all = Object.keys(lists).length > 0 ? product(path, axes, lists as Record<string, Json[]>) : [];
  const texts = exclude.map((entry) =>
    Object.entries(entry).map(([axis, value]) => [axis, canonicalJson(value)]),
  );
  const used = new Set<number>();
  const left = all.filter(([, values]) => {
    const index = texts.findIndex((entry) =>
      entry.every(([axis = '', text]) => canonicalJson(values[axis] ?? null) === text),
    );
    if (index >= 0) used.add(index);
    return index < 0;
  });
  exclude.forEach((entry, index) => {
    // One that only repeats another is idle too, and does no harm.
    if (used.has(index) || all.some(([, values]) => matches(values, entry))) return;
    warnings.push({
      code: 'exclude-unmatched',
      severity: 'warning',
      message: 'no combination of the matrix is excluded by this',
      ...locator.value([...path, 'exclude', index]),
      found: instanceLabel(entry),
    });
  });
  const included = include.map((entry, index): Entry => [
    [...path, 'include', index],
    Object.fromEntries(axes.map((axis) => [axis, entry[axis] ?? null])),
  ]);
  return named([...left, ...included], path, report, locator);
}

function named(
  entries: readonly Entry[],
  path: readonly string[],
  report: (
    problem: Omit<Diagnostic, 'severity' | 'place'>,
    at: readonly (string | number)[],
    key?: boolean,
  ) => void,
  locator: Locator,
): MatrixInstance[] | undefined {
  if (entries.length === 0) {
    report({ code: 'empty-matrix', message: 'every combination of the matrix is excluded' }, path, true);
    return undefined;
  }
  const first = new Map<string, Entry[0]>();
  let sound = true;
  for (const [at, values] of entries) {
    const identity = canonicalJson(values);
    const known = first.get(identity);
    if (known === undefined) first.set(identity, at);
    else {
      sound = false;
      const label = instanceLabel(values);
      const related = [{ message: 'first given here', place: locator.value(known).place }];
      report({ code: 'duplicate-instance', message: `the matrix has \`${label}\` twice`, related }, at);
    }
  }
  if (!sound) return undefined;
  const labels = entries.map(([, values]) => instanceLabel(values));
  const folders = instanceFolders(labels);
  return entries.map(([, values], index) => ({
    label: labels[index] ?? '',
    folder: folders[index] ?? '',
    values,
  }));
}

/** Each with the place of the value that comes last: of two that are equal, that is where the second one stands. */
function product(path: readonly string[], axes: readonly string[], lists: Record<string, Json[]>): Entry[] {
  let entries: Entry[] = [[path, {}]];
  for (const axis of axes) {
    const values = lists[axis] ?? [];
    const seen = new Set<string>();
    const again = values.map((value) => seen.size === seen.add(canonicalJson(value)).size);
    entries = entries.flatMap(([at, chosen]) =>
      values.map((value, index): Entry => [
        again[index] ? [...path, axis, index] : at,
        { ...chosen, [axis]: value },
      ]),
    );
  }
  return entries;
}

function matches(values: JsonObject, entry: JsonObject): boolean {
  return Object.entries(entry).every(
    ([axis, value]) => canonicalJson(values[axis] ?? null) === canonicalJson(value),
  );
}

function isListOfMaps(value: Json): value is readonly JsonObject[] {
  return (
    Array.isArray(value) &&
    value.every((item: Json) => item !== null && typeof item === 'object' && !Array.isArray(item))
  );
}
