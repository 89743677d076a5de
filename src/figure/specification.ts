import type { OptionProblem } from '../system/failure.ts';
import { objectNames, writtenProblem } from './expressions.ts';
import { unknownColumns } from '../table/columns.ts';
import { wordProblems } from './vocabulary.ts';
import type { TableShape } from '../table/table.ts';

type Path = readonly (string | number)[];

/**
 * What is wrong with a Vega-Lite specification before it is drawn: fields that its data do not have, data sets that
 * are no input, data from elsewhere. A view whose transforms make new fields may use those.
 */
export function specificationProblems(
  spec: unknown,
  data: Readonly<Record<string, TableShape>>,
  main: string,
): readonly OptionProblem[] {
  const problems: OptionProblem[] = [];
  const made = fieldsMade(spec);

  const visit = (node: unknown, path: Path, current: TableShape | undefined): void => {
    if (Array.isArray(node)) {
      node.forEach((child, index) => visit(child, [...path, index], current));
      return;
    }
    if (typeof node !== 'object' || node === null) return;
    const entries = node as Readonly<Record<string, unknown>>;
    let table = current;
    if (isObject(entries['data'])) {
      const { name, url, values } = entries['data'];
      if (url !== undefined) {
        problems.push({
          path: [...path, 'data', 'url'],
          message: 'a figure draws its inputs, not data from elsewhere',
          expected: 'a name in `from`, and `data: { name: ... }`',
          found: typeof url === 'string' ? url : JSON.stringify(url),
        });
      }
      if (typeof name === 'string' && values === undefined) {
        table = Object.hasOwn(data, name) ? data[name] : undefined;
        if (table === undefined) {
          problems.push({
            path: [...path, 'data', 'name'],
            message: `no table \`${name}\` in \`from\``,
            found: name,
            candidates: Object.keys(data),
          });
        }
      } else {
        table = undefined;
      }
    }
    for (const [key, value] of Object.entries(entries)) {
      const at = [...path, key];
      if (value === null && /\s/.test(key)) {
        problems.push({
          path: at,
          message: `Vega-Lite has no property \`${key}\``,
          next: 'between { and } a comma ends a text in YAML: put the text into quotes',
        });
      }
      if (key === 'data' || key === 'datasets' || key === 'config') continue;
      if (typeof value === 'string' && expressionKeys.has(key)) {
        const problem = writtenProblem(value);
        if (problem !== undefined) problems.push({ path: at, ...problem });
      }
      if (namesField(key) && typeof value === 'string' && objectNames.has(value)) {
        problems.push({
          path: at,
          message: `a figure cannot have a field that is called \`${value}\``,
          next: 'rename the column first, with a `table` stage',
        });
      }
      if (fetches(key, value)) {
        problems.push({
          path: at,
          message: 'a figure draws its inputs, not images from elsewhere',
          next: 'use another mark',
        });
      }
      if (key === 'field' && typeof value === 'string' && table !== undefined) {
        if (!made.has(value)) problems.push(...fieldProblems(value, table, at));
      }
      visit(value, at, table);
    }
  };

  visit(spec, ['spec'], data[main]);
  return [...problems, ...wordProblems(spec, ['spec'])];
}

/** A field that is no column, or that Vega would read as something else than the column of that name. */
function fieldProblems(value: string, table: TableShape, path: Path): readonly OptionProblem[] {
  if (!/[.[\]\\]/.test(value)) return unknownColumns(table, [{ name: value, path }]);
  if (!table.columns.some(({ name }) => name === value)) return [];
  return [
    {
      path,
      message: `Vega reads \`${value}\` as a member of a cell, not as the column of that name`,
      expected: value.replaceAll(/[.[\]\\]/g, '\\$&'),
      found: value,
      next: 'write a backslash before each dot, bracket and backslash of the name',
    },
  ];
}

/** Properties of Vega-Lite whose text is an expression. */
const expressionKeys = new Set(['calculate', 'filter', 'test', 'expr', 'labelExpr', 'signal', 'update']);

function namesField(key: string): boolean {
  return key === 'field' || key === 'as' || key === 'groupby' || key === 'key';
}

/** Whether a specification, right or wrong, holds an expression: then the parser has to be loaded to check it. */
export function hasExpressions(spec: unknown): boolean {
  if (Array.isArray(spec)) return spec.some(hasExpressions);
  if (!isObject(spec)) return false;
  return Object.entries(spec).some(
    ([key, value]) => (typeof value === 'string' && expressionKeys.has(key)) || hasExpressions(value),
  );
}

/** Marks and channels that fetch something by its address. */
function fetches(key: string, value: unknown): boolean {
  if (key === 'url') return true;
  return (key === 'mark' || key === 'type') && value === 'image';
}

/**
 * The columns of a table that a specification may use: those whose name stands anywhere in its texts. More may be kept
 * than are drawn, never fewer.
 */
export function columnsUsed(spec: unknown, columns: readonly string[]): readonly string[] {
  const texts: string[] = [];
  const visit = (node: unknown): void => {
    if (typeof node === 'string') texts.push(node);
    else if (Array.isArray(node)) node.forEach(visit);
    else if (isObject(node)) {
      texts.push(...Object.keys(node));
      Object.values(node).forEach(visit);
    }
  };
  visit(spec);
  // A field is named as it is, or with what is special in a path escaped.
  const plain = texts.join('\n').replaceAll('\\', '');
  return columns.filter((name) => plain.includes(name.replaceAll('\\', '')));
}

/** Every name that a transform anywhere in the specification gives to a field. */
function fieldsMade(spec: unknown): ReadonlySet<string> {
  const made = new Set<string>();
  const note = (value: unknown): void => {
    for (const name of [value].flat()) if (typeof name === 'string') made.add(name);
  };
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) node.forEach(visit);
    if (!isObject(node)) return;
    note(node['as']);
    if (node['fold'] !== undefined && node['as'] === undefined) note(['key', 'value']);
    if (node['density'] !== undefined && node['as'] === undefined) note(['value', 'density']);
    if (node['quantile'] !== undefined && node['as'] === undefined) note(['prob', 'value']);
    // The fields of a pivot are values of its data, and those of a lookup belong to other data.
    if (isObject(node['from'])) note(node['from']['fields']);
    Object.values(node).forEach(visit);
  };
  visit(spec);
  return made;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
