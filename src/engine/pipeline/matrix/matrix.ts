import { canonicalJson, isMap, type Json, type JsonObject, type Path } from '../../../system/json.ts';
import { must } from '../../../system/internal-error.ts';
import type { Problems } from '../problems.ts';
import { didYouMean, listNames } from '../../../system/suggest.ts';
import { instanceFolders, instanceLabel } from './matrix-names.ts';

/** More instances than this are a mistake: each is a stage with a result of its own. */
const maxInstances = 10_000;

/** One combination of a matrix. */
export interface MatrixInstance {
  /** `model=a,shots=0`: the stage is called `scores[model=a,shots=0]`. */
  readonly label: string;
  /** The folder inside the stage's folder of the run. */
  readonly folder: string;
  /** Value by axis, in the order of the axes in the file. */
  readonly values: JsonObject;
}

/** A matrix whose form is right. */
interface Matrix {
  /** Path of the matrix in the file. */
  readonly path: readonly string[];
  readonly axes: readonly string[];
  /** Values by axis; of no axis when `include` names all combinations. */
  readonly lists: Readonly<Record<string, readonly Json[]>>;
  readonly include: readonly JsonObject[];
  readonly exclude: readonly JsonObject[];
}

/** Values by axis, and the path of what gives them. */
interface Combination {
  readonly path: Path;
  readonly values: JsonObject;
}

/**
 * The combinations of a stage's `matrix`, parameters filled in: every value of each axis with every value of the
 * others, the last axis fastest, without those that `exclude` names; then those of `include`. A matrix that the schema
 * of the file refuses has no instances, and is not reported here.
 */
export function expandMatrix(
  stage: string,
  given: JsonObject,
  problems: Problems,
): MatrixInstance[] | undefined {
  const matrix = readMatrix(['stages', stage, 'matrix'], given);
  if (matrix === undefined) return undefined;
  const { path, axes, lists, include } = matrix;
  if (axes.length === 0) {
    problems.error(
      'empty-matrix',
      'the matrix has no axis',
      { key: path },
      {
        expected: 'lists of values by name',
      },
    );
    return undefined;
  }
  if (!checkAxes(matrix, problems)) return undefined;
  const size = Object.values(lists).reduce((product, values) => product * values.length, 1) + include.length;
  if (size > maxInstances) {
    problems.error(
      'matrix-too-large',
      'the matrix has too many combinations',
      { key: path },
      {
        expected: `at most ${maxInstances}`,
        found: String(size),
      },
    );
    return undefined;
  }
  const included = include.map((values, index): Combination => ({
    path: [...path, 'include', index],
    values: Object.fromEntries(axes.map((axis) => [axis, values[axis] ?? null])),
  }));
  return instancesOf(path, [...withoutExcluded(matrix, problems), ...included], problems);
}

function readMatrix(path: readonly string[], given: JsonObject): Matrix | undefined {
  if (Object.keys(given).length === 0) return undefined;
  const { include = [], exclude = [], ...others } = given;
  if (!isListOfMaps(include) || !isListOfMaps(exclude)) return undefined;
  const lists: Record<string, readonly Json[]> = {};
  for (const [axis, values] of Object.entries(others)) {
    if (!Array.isArray(values) || values.length === 0) return undefined;
    lists[axis] = values;
  }
  const axes = Object.keys(Object.keys(lists).length > 0 ? lists : (include[0] ?? {}));
  return { path, axes, lists, include, exclude };
}

/** Whether `include` and `exclude` name axes that there are, and what is included has a value for each. */
function checkAxes({ path, axes, include, exclude }: Matrix, problems: Problems): boolean {
  let right = true;
  const checkNames = (values: JsonObject, at: Path): void => {
    for (const axis of Object.keys(values).filter((name) => !axes.includes(name))) {
      right = false;
      problems.error(
        'unknown-axis',
        `the matrix has no axis \`${axis}\``,
        { key: [...at, axis] },
        {
          expected: listNames(axes),
          found: axis,
          next: didYouMean(axis, axes),
        },
      );
    }
  };
  include.forEach((values, index) => {
    const at = [...path, 'include', index];
    checkNames(values, at);
    const missing = axes.filter((axis) => !Object.hasOwn(values, axis));
    if (missing.length === 0) return;
    right = false;
    const names = missing.map((axis) => `\`${axis}\``).join(', ');
    problems.error(
      'missing-axis',
      `what is included needs a value for ${names}`,
      { value: at },
      {
        expected: `a value for each of ${listNames(axes)}`,
        found: listNames(Object.keys(values)),
      },
    );
  });
  exclude.forEach((values, index) => checkNames(values, [...path, 'exclude', index]));
  return right;
}

/** Every value of each axis with every value of the others, except what `exclude` names; warns of one that names none. */
function withoutExcluded({ path, axes, lists, exclude }: Matrix, problems: Problems): Combination[] {
  const all = Object.keys(lists).length > 0 ? product(path, axes, lists) : [];
  if (exclude.length === 0) return all;
  const combinations = all.map((combination) => ({ combination, texts: textsByAxis(combination.values) }));
  const excludes = exclude.map((values) => {
    const wanted = [...textsByAxis(values)];
    return (texts: ReadonlyMap<string, string>) => wanted.every(([axis, text]) => texts.get(axis) === text);
  });
  exclude.forEach((values, index) => {
    const named = must(excludes[index], 'a test for each of what is excluded');
    if (combinations.some(({ texts }) => named(texts))) return;
    problems.warning(
      'exclude-unmatched',
      'no combination of the matrix is excluded by this',
      { value: [...path, 'exclude', index] },
      { found: instanceLabel(values) },
    );
  });
  return combinations
    .filter(({ texts }) => !excludes.some((excluded) => excluded(texts)))
    .map(({ combination }) => combination);
}

function textsByAxis(values: JsonObject): ReadonlyMap<string, string> {
  return new Map(Object.entries(values).map(([axis, value]) => [axis, canonicalJson(value)]));
}

/** Names for combinations that are all different. */
function instancesOf(
  path: readonly string[],
  combinations: readonly Combination[],
  problems: Problems,
): MatrixInstance[] | undefined {
  if (combinations.length === 0) {
    problems.error('empty-matrix', 'every combination of the matrix is excluded', { key: path });
    return undefined;
  }
  const first = new Map<string, Combination>();
  let different = true;
  for (const combination of combinations) {
    const identity = canonicalJson(combination.values);
    const known = first.get(identity);
    if (known === undefined) {
      first.set(identity, combination);
      continue;
    }
    different = false;
    problems.error(
      'duplicate-instance',
      `the matrix has \`${instanceLabel(combination.values)}\` twice`,
      { value: combination.path },
      { related: [{ message: 'first given here', place: problems.locator.value(known.path).place }] },
    );
  }
  if (!different) return undefined;
  const labels = combinations.map(({ values }) => instanceLabel(values));
  const folders = instanceFolders(labels);
  return combinations.map(({ values }, index) => ({
    label: must(labels[index], 'a label for each instance'),
    folder: must(folders[index], 'a folder for each instance'),
    values,
  }));
}

/**
 * All combinations. Each has the path of a value that repeats another of its axis, if it has one: of `model: [a, b, a]`
 * the combinations with the second `a` have the path of that `a`, which is where the repetition can be removed. All
 * others have the path of the matrix.
 */
function product(path: readonly string[], axes: readonly string[], lists: Matrix['lists']): Combination[] {
  let combinations: Combination[] = [{ path, values: {} }];
  for (const axis of axes) {
    const values = must(lists[axis], `the values of ${axis}`);
    const seen = new Set<string>();
    const repeats = values.map((value) => seen.size === seen.add(canonicalJson(value)).size);
    combinations = combinations.flatMap((outer) =>
      values.map((value, index) => ({
        path: repeats[index] === true ? [...path, axis, index] : outer.path,
        values: { ...outer.values, [axis]: value },
      })),
    );
  }
  return combinations;
}

function isListOfMaps(value: Json): value is readonly JsonObject[] {
  return Array.isArray(value) && value.every((item: Json) => isMap(item));
}
