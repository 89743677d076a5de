import { cosine } from '../../../statistics/association/correlation.ts';
import { quantile } from '../../../statistics/summary.ts';
import { areEqual, areFinite, deviations, mean, sum, sumOfProducts } from '../../../statistics/sums.ts';
import { cellKey, compareCells } from '../../cells.ts';
import { cellFrom, type Type, type Value } from '../value.ts';
import { binsOf } from './bins.ts';
import { numberAt, parametersFrom, Refusal, type AggregateFunction } from './function.ts';
import { compareTexts } from './numerals.ts';
import { objectFrom } from './object.ts';

type Columns = readonly (readonly Value[])[];

/** An aggregate of one column, null when no row has a value. */
function ofColumn(
  name: string,
  parameter: string,
  gives: AggregateFunction['gives'],
  summary: string,
  compute: (values: readonly Value[], settings: readonly Value[]) => Value,
): AggregateFunction {
  return {
    name,
    over: 'group',
    columns: 1,
    parameters: parametersFrom(parameter),
    gives,
    summary,
    compute: ([values = []], settings) => (values.length === 0 ? null : compute(values, settings)),
  };
}

/** Of numbers; true and false are 1 and 0, so that a mean of them is a share. */
function ofNumbers(
  name: string,
  summary: string,
  compute: (values: readonly number[]) => number | null,
): AggregateFunction {
  return ofColumn(name, 'x:number|boolean', 'number', summary, (values) => compute(values.map(Number)));
}

function ofPairs(
  name: string,
  summary: string,
  compute: (x: readonly number[], y: readonly number[]) => number | null,
): AggregateFunction {
  return {
    name,
    over: 'group',
    columns: 2,
    parameters: parametersFrom('x:number y:number'),
    gives: 'number',
    summary,
    compute: ([x = [], y = []]) => compute(x as readonly number[], y as readonly number[]),
  };
}

const same = ([first = 'any']: readonly Type[]): Type => first;

export const aggregateFunctions: readonly AggregateFunction[] = [
  {
    name: 'count',
    over: 'group',
    columns: 0,
    parameters: [],
    gives: 'number',
    summary: 'how many rows',
    compute: (_columns, _settings, rows) => rows,
  },
  {
    name: 'valid',
    over: 'group',
    columns: 1,
    parameters: parametersFrom('x'),
    gives: 'number',
    summary: 'how many rows have a value',
    compute: ([values = []]) => values.length,
  },
  {
    name: 'invalid',
    over: 'group',
    columns: 1,
    parameters: parametersFrom('x'),
    gives: 'number',
    summary: 'how many rows have none (null or NaN)',
    compute: ([values = []], _settings, rows) => rows - values.length,
  },
  {
    name: 'distinct',
    over: 'group',
    columns: 1,
    parameters: parametersFrom('x'),
    gives: 'number',
    summary: 'how many different values',
    compute: ([values = []]) => new Set(values.map(keyOf)).size,
  },
  {
    name: 'sum',
    over: 'group',
    columns: 1,
    parameters: parametersFrom('x:number|boolean'),
    gives: 'number',
    summary: 'sum; 0 of nothing',
    compute: ([values = []]) => sum(values.map(Number)),
  },
  {
    name: 'product',
    over: 'group',
    columns: 1,
    parameters: parametersFrom('x:number|boolean'),
    gives: 'number',
    summary: 'product; 1 of nothing',
    compute: ([values = []]) => values.reduce((product: number, value) => product * Number(value), 1),
  },
  ofNumbers('mean', 'arithmetic mean', meanOf),
  ofNumbers('average', 'the same as mean', meanOf),
  ofNumbers('variance', 'sample variance (n - 1); null of fewer than two', (x) => spread(x, 1)),
  ofNumbers('variancep', 'population variance (n)', (x) => spread(x, 0)),
  ofNumbers('stdev', 'sample standard deviation (n - 1); null of fewer than two', (x) => root(spread(x, 1))),
  ofNumbers('stdevp', 'population standard deviation (n)', (x) => root(spread(x, 0))),
  ofColumn('min', 'x:number|text|date|boolean', same, 'smallest value; of texts the first', (values) =>
    values.reduce((best, value) => (compareAlike(value, best) < 0 ? value : best)),
  ),
  ofColumn('max', 'x:number|text|date|boolean', same, 'largest value; of texts the last', (values) =>
    values.reduce((best, value) => (compareAlike(value, best) > 0 ? value : best)),
  ),
  ofNumbers('median', 'middle value, or the mean of the two in the middle', (x) => quantileOf(x, 0.5)),
  ofColumn(
    'quantile',
    'x:number|boolean share:number',
    'number',
    'value below which a share of the values lie, interpolated (type 7, as pandas and R)',
    (values, settings) => quantileOf(values.map(Number), numberAt(settings, 0)),
  ),
  ofColumn('mode', 'x', same, 'most frequent value; of several the first', mode),
  ofColumn('any', 'x', same, 'first value', ([first = null]) => first),
  ofPairs('covariance', 'sample covariance (n - 1); null of fewer than two', (x, y) => covariance(x, y, 1)),
  ofPairs('covariancep', 'population covariance (n)', (x, y) => covariance(x, y, 0)),
  ofPairs('corr', "Pearson's correlation; null of fewer than two and where a side is constant", correlation),
  {
    name: 'array_agg',
    over: 'group',
    columns: 1,
    takesMissing: true,
    parameters: parametersFrom('x'),
    gives: 'list',
    summary: 'list of all values, missing ones too',
    compute: ([values = []]) => values.map(cellFrom),
  },
  {
    name: 'array_agg_distinct',
    over: 'group',
    columns: 1,
    parameters: parametersFrom('x'),
    gives: 'list',
    summary: 'list of the different values, in the order in which they come',
    compute: ([values = []]) => [...new Map(values.map((value) => [keyOf(value), cellFrom(value)])).values()],
  },
  {
    name: 'object_agg',
    over: 'group',
    columns: 2,
    takesMissing: true,
    parameters: parametersFrom('name:text|number value'),
    gives: 'object',
    summary: 'object of names and values',
    compute: ([names = [], values = []]) => objectFrom(pairs([names, values])),
  },
  {
    name: 'entries_agg',
    over: 'group',
    columns: 2,
    takesMissing: true,
    parameters: parametersFrom('name value'),
    gives: 'list',
    summary: 'list of pairs of name and value',
    compute: (columns) => pairs(columns).map(([name, value]) => [cellFrom(name), value]),
  },
  ofColumn(
    'bins',
    'x:number most?:number nice?:boolean least_step?:number step?:number',
    'list',
    'low edge, high edge and step of bins of equal width: `bin(d.x, bins(d.x)[0], bins(d.x)[1], bins(d.x)[2])`',
    (values, settings) => binsOf(values as readonly number[], settings),
  ),
];

function keyOf(value: Value): string {
  return cellKey(cellFrom(value));
}

function pairs([names = [], values = []]: Columns): readonly (readonly [
  Value,
  ReturnType<typeof cellFrom>,
])[] {
  return names.map((name, index) => [name, cellFrom(values[index] ?? null)]);
}

/** The values of a column are compared where they are of one kind. */
function compareAlike(a: Value, b: Value): number {
  if (typeof a === 'string' && typeof b === 'string') return compareTexts(a, b);
  if (typeof a !== typeof b) {
    throw new Refusal('the values are of different types', { found: `${typeof b} and ${typeof a}` });
  }
  if (a instanceof Date && b instanceof Date) return a.getTime() - b.getTime();
  return compareCells(cellFrom(a), cellFrom(b));
}

function meanOf(values: readonly number[]): number | null {
  return mean(values).value ?? null;
}

/** Sum of squared deviations over n less `lost` degrees of freedom. */
function spread(values: readonly number[], lost: number): number | null {
  return covariance(values, values, lost);
}

function root(variance: number | null): number | null {
  return variance === null ? null : Math.sqrt(variance);
}

function covariance(x: readonly number[], y: readonly number[], lost: number): number | null {
  if (x.length <= lost || !areFinite(x) || !areFinite(y)) return null;
  const [alone, other] = [deviations(x), deviations(y)];
  return (sumOfProducts(alone.parts, other.parts) / (x.length - lost)) * alone.unit * other.unit;
}

function correlation(x: readonly number[], y: readonly number[]): number | null {
  if (x.length < 2 || areEqual(x) || areEqual(y) || !areFinite(x) || !areFinite(y)) return null;
  return cosine(deviations(x).parts, deviations(y).parts);
}

/** Hyndman and Fan's type 7. */
function quantileOf(values: readonly number[], share: number): number | null {
  if (!(share >= 0 && share <= 1)) {
    throw new Refusal('not a share', { expected: 'a number from 0 to 1', found: String(share) });
  }
  return quantile(values, share).value ?? null;
}

function mode(values: readonly Value[]): Value {
  const counts = new Map<string, { readonly value: Value; count: number }>();
  for (const value of values) {
    const key = keyOf(value);
    const entry = counts.get(key) ?? { value, count: 0 };
    entry.count += 1;
    counts.set(key, entry);
  }
  return [...counts.values()].reduce((best, each) => (each.count > best.count ? each : best)).value;
}
