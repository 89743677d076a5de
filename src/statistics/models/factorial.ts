import { fUpper } from '../distributions/tails.ts';
import { defined, undefinedBecause, type Maybe } from '../maybe.ts';
import { mean, sum, sumOfProducts, sumOfSquares } from '../sums.ts';
import { factored, type Columns } from './linear-algebra.ts';

/** One F test of type III. */
export interface FactorTest {
  readonly squares: number;
  readonly degrees: number;
  readonly f: number;
  readonly p: number;
}

export interface Factorial {
  readonly grandMean: number;
  /** Unweighted marginal means less the grand mean, by level in alphabetical order; in the unit of y. */
  readonly effectsA: readonly number[];
  readonly effectsB: readonly number[];
  /** Cell mean - grand mean - both effects. */
  readonly interaction: readonly (readonly number[])[];
  readonly residualDegrees: number;
  /** Sums of squares with sum contrasts; undefined where one row in each combination leaves nothing to test against. */
  readonly tests: Maybe<{
    readonly residualSquares: number;
    readonly a: FactorTest;
    readonly b: FactorTest;
    readonly ab: FactorTest;
  }>;
}

export interface Cells {
  readonly levelsA: readonly string[];
  readonly levelsB: readonly string[];
  readonly counts: readonly (readonly number[])[];
  readonly means: readonly (readonly Maybe<number>[])[];
}

/** Rows of two factors by combination of levels. */
export function factorialCells(a: readonly string[], b: readonly string[], y: readonly number[]): Cells {
  const [levelsA, levelsB] = [levelsOf(a), levelsOf(b)];
  const cells = levelsA.map((one) =>
    levelsB.map((other) => y.filter((_, place) => a[place] === one && b[place] === other)),
  );
  return {
    levelsA,
    levelsB,
    counts: cells.map((row) => row.map((values) => values.length)),
    means: cells.map((row) => row.map(mean)),
  };
}

/** Two-factor analysis of independent rows. Undefined where a combination of levels has no rows. */
export function factorial(
  a: readonly string[],
  b: readonly string[],
  y: readonly number[],
): Maybe<Factorial> {
  const { levelsA, levelsB, means: maybes } = factorialCells(a, b, y);
  const means = maybes.map((row) => row.flatMap(({ value }) => value ?? []));
  if (means.some((row) => row.length < levelsB.length)) {
    return undefinedBecause(
      'a combination has no rows: its main effects and interaction cannot be told apart',
    );
  }
  const average = (values: readonly number[]): number => sum(values) / values.length;
  const grandMean = average(means.flat());
  const effectsA = means.map((row) => average(row) - grandMean);
  const effectsB = levelsB.map((_, j) => average(means.map((row) => row[j] ?? 0)) - grandMean);
  const residualDegrees = y.length - levelsA.length * levelsB.length;
  return defined({
    grandMean,
    effectsA,
    effectsB,
    interaction: means.map((row, i) =>
      row.map((value, j) => value - grandMean - (effectsA[i] ?? 0) - (effectsB[j] ?? 0)),
    ),
    residualDegrees,
    tests:
      residualDegrees < 1
        ? undefinedBecause('one row in each combination leaves nothing to test against')
        : testsOf(contrasts(a, levelsA), contrasts(b, levelsB), y, residualDegrees),
  });
}

function testsOf(a: Columns, b: Columns, y: readonly number[], residualDegrees: number): Factorial['tests'] {
  const both = a.flatMap((one) => b.map((other) => one.map((value, place) => value * (other[place] ?? 0))));
  const one = [y.map(() => 1)];
  const full = unexplained([...one, ...a, ...b, ...both], y);
  const tests = [
    { without: [...one, ...b, ...both], degrees: a.length },
    { without: [...one, ...a, ...both], degrees: b.length },
    { without: [...one, ...a, ...b], degrees: both.length },
  ].map(({ without, degrees }): FactorTest => {
    const squares = unexplained(without, y) - full;
    const f = squares / degrees / (full / residualDegrees);
    return { squares, degrees, f, p: fUpper(f, degrees, residualDegrees) };
  });
  const [testA, testB, testAB] = tests;
  if (testA === undefined || testB === undefined || testAB === undefined) {
    throw new Error(`expected three tests, was ${tests.length}`);
  }
  return full === 0
    ? undefinedBecause('the rows of each combination are equal')
    : defined({ residualSquares: full, a: testA, b: testB, ab: testAB });
}

/** Sum of squared residuals of least squares. */
function unexplained(columns: Columns, y: readonly number[]): number {
  const { q } = factored(columns) ?? { q: [] };
  let rest = y;
  for (const direction of [...q, ...q]) {
    const part = sumOfProducts(rest, direction);
    rest = rest.map((value, place) => value - part * (direction[place] ?? 0));
  }
  return sumOfSquares(rest);
}

/** Sum contrasts: a column per level but the last, 1 for the level, -1 for the last. */
function contrasts(labels: readonly string[], levels: readonly string[]): Columns {
  return levels
    .slice(0, -1)
    .map((level) => labels.map((label) => (label === level ? 1 : label === levels.at(-1) ? -1 : 0)));
}

function levelsOf(labels: readonly string[]): readonly string[] {
  return [...new Set(labels)].sort();
}
