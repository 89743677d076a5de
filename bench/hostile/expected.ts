import type { Artifact } from '../../src/engine/artifact.ts';
import type { Cell, Row, Table } from '../../src/table/table.ts';
import { must } from '../../src/system/internal-error.ts';
import type { MadeTable, Scalar } from './made-table.ts';

/** What a stage gave, and what it warned of. */
export interface Given {
  readonly artifact: Artifact;
  readonly warnings: readonly string[];
}

/** How far from the independent computation a figure may be, relative to its size: other orders of addition. */
const tolerance = 1e-9;

/**
 * What is wrong with the result of a stage, by a computation of its own from the table as it was made: no code of the house
 * beside its types. Undefined where all is right.
 */
export function faultIn(
  stage: string,
  given: ReadonlyMap<string, Given>,
  made: MadeTable,
): string | undefined {
  const { artifact, warnings } = must(given.get(stage), 'a result');
  switch (stage) {
    case 'rows':
      return faultInRows(tableIn(artifact), made);
    case 'v':
      return faultInPrompts(tableIn(artifact), warnings, made);
    case 't':
      return faultInVerbs(tableIn(artifact), warnings, made);
    case 'a':
      return faultInGroups(tableIn(artifact), warnings, made);
    case 'c':
      return faultInCorrelation(artifact, warnings, made);
    case 'r':
      return faultInResults(artifact, made);
    case 'p':
      return faultInFigure(artifact, warnings, made);
    default:
      return `nobody computes ${stage}`;
  }
}

function tableIn(artifact: Artifact): Table {
  if (artifact.type !== 'table') throw new Error(`expected a table, was a ${artifact.type}`);
  return artifact.table;
}

function faultInRows({ columns, rows }: Table, made: MadeTable): string | undefined {
  if (made.length === 0) return rows.length === 0 ? undefined : `${rows.length} rows of none`;
  if (rows.length !== made.length) return `${rows.length} rows of ${made.length}`;
  const found = columns.map(({ name }) => name);
  const wanted = made.columns.map(({ name }) => name);
  if (!sameSet(found, wanted)) return `columns ${JSON.stringify(found)}`;
  for (const { name, cells } of made.columns) {
    const at = cells.findIndex((cell, row) => !Object.is(rows[row]?.[name], cell));
    if (at >= 0)
      return `${JSON.stringify(name)} of row ${at + 1} is ${JSON.stringify(rows[at]?.[name])} for ${JSON.stringify(cells[at])}`;
  }
  return undefined;
}

function faultInPrompts(
  { rows }: Table,
  warnings: readonly string[],
  { text, length, format }: MadeTable,
): string | undefined {
  // Jinja has no way to name such a column.
  if (/^(?:true|false|none)$/i.test(text.name) && text.name !== 'TRUE') {
    return warnings.some((each) => each.includes(`\`${text.name}\``)) ? undefined : 'a constant for a column';
  }
  const isNamed = /^[\p{ID_Start}_]\p{ID_Continue}*$/u.test(text.name);
  // A format called `7` twice is one format, the later one.
  const formats = format === '7' ? ['7'] : [format, '7'];
  const wanted = formats.flatMap((name) =>
    Array.from(
      { length },
      (_, row) => [name, name === '7' ? '2' : isNamed ? text.cells[row] : 'same'] as const,
    ),
  );
  if (rows.length !== wanted.length) return `${rows.length} prompts of ${wanted.length}`;
  // What JSON objects in YAML keep of the order of names is not what is tried here: numbers come first in them.
  for (const [name, prompt] of wanted) {
    if (!rows.some((row) => row['format'] === name && row['prompt'] === prompt))
      return `no prompt ${JSON.stringify(prompt)} of ${name}`;
  }
  return undefined;
}

/** filter x > 1, sort by x and y upwards with what is missing last, and the sum. */
function faultInVerbs(
  { rows }: Table,
  warnings: readonly string[],
  { x, y, length }: MadeTable,
): string | undefined {
  const places = Array.from({ length }, (_, row) => row).filter(
    (row) => typeof x.cells[row] === 'number' && x.cells[row] > 1,
  );
  const at = (cells: readonly Cell[], row: number): number => (cells[row] as number | null) ?? Infinity;
  const sorted = places.sort(
    (a, b) => at(x.cells, a) - at(x.cells, b) || compare(at(y.cells, a), at(y.cells, b)) || a - b,
  );
  if (rows.length !== sorted.length) return `${rows.length} rows of ${sorted.length}`;
  const missing = x.cells.filter((cell) => cell === null).length;
  if (missing > 0 && !counts(warnings, missing, length))
    return `${missing} rows without a value went in silence`;
  if (length > 0 && rows.length === 0 && !warnings.some((each) => each.includes(`of ${length}`)))
    return 'all rows went in silence';
  for (const [index, place] of sorted.entries()) {
    const row = must(rows[index], 'a row');
    const [a, b] = [x.cells[place] as number, y.cells[place] as number | null];
    const wanted = b === null ? null : a + b;
    if (!same(row[x.name], a) || !same(row[y.name], b) || !same(row['the sum'], wanted))
      return `row ${index + 1} is ${JSON.stringify(row)} for ${JSON.stringify([a, b, wanted])}`;
  }
  return undefined;
}

interface Group {
  readonly label: Scalar;
  readonly values: number[];
}

function groupsOf({ label, x }: MadeTable): readonly Group[] {
  const groups: Group[] = [];
  for (const [row, cell] of label.cells.entries()) {
    let group = groups.find((each) => each.label === cell);
    if (group === undefined) groups.push((group = { label: cell, values: [] }));
    const value = x.cells[row];
    if (typeof value === 'number') group.values.push(value);
  }
  return groups;
}

function meanOf(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function faultInGroups({ rows }: Table, warnings: readonly string[], made: MadeTable): string | undefined {
  if (made.label.cells.includes(null)) return 'rows without a label were pooled';
  const groups = groupsOf(made);
  if (rows.length !== groups.length) return `${rows.length} groups of ${groups.length}`;
  const missing = made.x.cells.filter((cell) => cell === null).length;
  if (missing > 0 && !counts(warnings, missing, made.length))
    return `${missing} rows without a value went in silence`;
  for (const [index, { label, values }] of groups.entries()) {
    const row = must(rows[index], 'a row');
    const sorted = values.toSorted((a, b) => a - b);
    const [low, high] = [sorted[Math.ceil(values.length / 2) - 1], sorted[Math.floor(values.length / 2)]];
    const wanted: Row = {
      [made.label.name]: label,
      mean: meanOf(values),
      median: low === undefined || high === undefined ? null : (low + high) / 2,
      min: sorted[0] ?? null,
      count: values.length,
    };
    const wrong = Object.keys(wanted).find((name) => !same(row[name], wanted[name]));
    if (wrong !== undefined)
      return `${wrong} of group ${JSON.stringify(label)} is ${JSON.stringify(row[wrong])} for ${JSON.stringify(wanted[wrong])}`;
  }
  return undefined;
}

function faultInCorrelation(
  artifact: Artifact,
  warnings: readonly string[],
  { x, y, length }: MadeTable,
): string | undefined {
  if (artifact.type !== 'value') return `a ${artifact.type}`;
  const value = artifact.value as {
    readonly n: number;
    readonly excluded: number;
    readonly pearson: { readonly coefficient: number | null };
  };
  const points = x.cells.flatMap((a, row) => {
    const b = y.cells[row];
    return typeof a === 'number' && typeof b === 'number' ? [[a, b] as const] : [];
  });
  if (value.n !== points.length || value.excluded !== length - points.length)
    return `n is ${value.n} for ${points.length}`;
  if (value.excluded > 0 && !counts(warnings, value.excluded, length))
    return 'rows without a value went in silence';
  const found = value.pearson.coefficient;
  const [mx, my] = [meanOf(points.map(([a]) => a)) ?? 0, meanOf(points.map(([, b]) => b)) ?? 0];
  const total = (of: (a: number, b: number) => number): number =>
    points.reduce((sum, [a, b]) => sum + of(a - mx, b - my), 0);
  const varies = new Set(points.map(([a]) => a)).size > 1 && new Set(points.map(([, b]) => b)).size > 1;
  if (points.length < 3 || !varies)
    return found === null ? undefined : `a correlation ${found} of what has none`;
  const wanted = total((a, b) => a * b) / Math.sqrt(total((a) => a * a) * total((_, b) => b * b));
  return same(found, wanted) ? undefined : `pearson is ${String(found)} for ${wanted}`;
}

function faultInResults(artifact: Artifact, made: MadeTable): string | undefined {
  if (artifact.type !== 'value') return `a ${artifact.type}`;
  const found = (artifact.value as Readonly<Record<string, Row>>)[made.format];
  if (found === undefined || !Object.hasOwn(artifact.value as object, made.format))
    return 'the name is not there';
  const groups = groupsOf(made);
  if (
    !sameSet(
      Object.keys(found),
      groups.map(({ label }) => String(label)),
    )
  )
    return `names ${JSON.stringify(Object.keys(found))}`;
  const wrong = groups.find(({ label, values }) => !same(found[String(label)], meanOf(values)));
  return wrong === undefined
    ? undefined
    : `${String(wrong.label)} is ${JSON.stringify(found[String(wrong.label)])}`;
}

function faultInFigure(
  artifact: Artifact,
  warnings: readonly string[],
  { x, length }: MadeTable,
): string | undefined {
  if (artifact.type !== 'figure') return `a ${artifact.type}`;
  const missing = x.cells.filter((cell) => cell === null).length;
  if (missing > 0 && !counts(warnings, missing, length)) return `${missing} rows were not drawn, in silence`;
  const drawn = (artifact.svg.match(/aria-roledescription="point"/g) ?? []).length;
  return drawn === length - missing ? undefined : `${drawn} points of ${length - missing}`;
}

/** Whether a warning says that so many of so many rows have nothing there. */
function counts(warnings: readonly string[], some: number, all: number): boolean {
  return warnings.some((warning) => warning.includes(`${some} of ${all} rows`));
}

function compare(a: number, b: number): number {
  return a < b ? -1 : Number(a > b);
}

function same(found: Cell | undefined, wanted: Cell | undefined): boolean {
  if (typeof found !== 'number' || typeof wanted !== 'number') return found === wanted;
  return Math.abs(found - wanted) <= tolerance * Math.max(1, Math.abs(found), Math.abs(wanted));
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((each) => b.includes(each));
}
