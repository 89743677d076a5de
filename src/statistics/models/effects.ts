import { mapped, undefinedBecause, type Maybe } from '../maybe.ts';
import type { Columns } from './linear-algebra.ts';
import { regression, type Coefficient } from './regression.ts';

/** The level of each value under one factor. */
export interface Factor {
  readonly levels: readonly string[];
  readonly labels: readonly string[];
}

/** What a level does, or two levels of different factors together beyond what each does. */
export interface Effect {
  /** Places of the factors, and of their levels. */
  readonly of: readonly { readonly factor: number; readonly level: number }[];
  /** In the unit of y, from the mean over all levels that gives each of them the same weight. */
  readonly estimate: Coefficient;
  /**
   * Effects with the same test have the same one: with two levels what the one does is the opposite of what the other does.
   */
  readonly test: string;
}

export interface Effects {
  /** The mean over all levels, each with the same weight. */
  readonly grandMean: number;
  readonly clusters: number;
  readonly effects: readonly Effect[];
}

/**
 * Main effects and, where asked for, two-way interactions by least squares with sum contrasts, so that effects of the levels
 * of a factor sum to 0; CR2 errors of the clusters. Undefined where a factor has one level, where combinations that are
 * missing leave effects that cannot be told apart, and for one cluster.
 *
 * @param clusters the cluster of each value.
 */
export function factorEffects(
  factors: readonly Factor[],
  y: readonly number[],
  clusters: readonly string[],
  { level, interactions }: { readonly level: number; readonly interactions: boolean },
): Maybe<Effects> {
  if (factors.some(({ levels }) => levels.length < 2)) {
    return undefinedBecause('a factor has one level, which differs from no other');
  }
  const mains = factors.map((_, factor) => [factor]);
  const pairs = interactions
    ? factors.flatMap((_, one) => factors.slice(one + 1).map((_each, after) => [one, one + 1 + after]))
    : [];
  const contrasts = factors.map(contrastsOf);
  const terms = [...mains, ...pairs];
  const blocks = terms.map((term) => productsOf(term.map((factor) => contrasts[factor] ?? [])));
  const columns = blocks.flat();
  if (y.length <= columns.length) return undefinedBecause('there are fewer values than effects');
  const wanted = terms.flatMap((term, index) => {
    const from = 1 + blocks.slice(0, index).reduce((total, { length }) => total + length, 0);
    return combinationsOf(term, factors).map(({ of, weights }) => ({
      of,
      test: testOf(of, factors),
      weights: [
        ...new Array<number>(from).fill(0),
        ...weights,
        ...new Array<number>(1 + columns.length - from - weights.length).fill(0),
      ],
    }));
  });
  const grand = [1, ...columns.map(() => 0)];
  const fitted = regression(columns, y, clusters, level, [grand, ...wanted.map(({ weights }) => weights)]);
  if (fitted.why === 'a column is explained by the others') {
    return undefinedBecause('combinations of levels are missing, so that effects cannot be told apart');
  }
  return mapped(fitted, ({ coefficients: [mean, ...estimates], clusters: count }) => ({
    grandMean: mean?.value ?? 0,
    clusters: count,
    effects: wanted.flatMap(({ of, test }, index) => {
      const estimate = estimates[index];
      return estimate === undefined ? [] : [{ of, test, estimate }];
    }),
  }));
}

/** A column per level but the last: 1 for the level, -1 for the last, 0 otherwise. */
function contrastsOf({ levels, labels }: Factor): Columns {
  const last = levels.at(-1);
  return levels
    .slice(0, -1)
    .map((level) => labels.map((label) => (label === level ? 1 : label === last ? -1 : 0)));
}

function productsOf([first = [], ...others]: readonly Columns[]): Columns {
  return others.reduce<Columns>(
    (products, columns) =>
      products.flatMap((a) => columns.map((b) => a.map((value, place) => value * (b[place] ?? 0)))),
    first,
  );
}

/** How each level, or each pair of levels, is made of the columns of its term. */
function combinationsOf(
  term: readonly number[],
  factors: readonly Factor[],
): readonly { readonly of: Effect['of']; readonly weights: readonly number[] }[] {
  return term.reduce<readonly { readonly of: Effect['of']; readonly weights: readonly number[] }[]>(
    (found, factor) => {
      const count = factors[factor]?.levels.length ?? 0;
      return found.flatMap(({ of, weights }) =>
        Array.from({ length: count }, (_, level) => {
          const own = Array.from({ length: count - 1 }, (_each, column) =>
            level === count - 1 ? -1 : Number(column === level),
          );
          return { of: [...of, { factor, level }], weights: weights.flatMap((a) => own.map((b) => a * b)) };
        }),
      );
    },
    [{ of: [], weights: [1] }],
  );
}

function testOf(of: Effect['of'], factors: readonly Factor[]): string {
  return of
    .map(({ factor, level }) => `${factor}:${factors[factor]?.levels.length === 2 ? 0 : level}`)
    .join(' ');
}
