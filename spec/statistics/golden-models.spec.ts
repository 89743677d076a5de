import { expect } from 'chai';
import { correlation } from '../../src/statistics/association/correlation.ts';
import { spreadOf } from '../../src/statistics/comparison/spread.ts';
import { placesByLabel } from '../../src/statistics/groups.ts';
import { factorial, factorialCells, type FactorTest } from '../../src/statistics/models/factorial.ts';
import { regression } from '../../src/statistics/models/regression.ts';
import { bootstrapIntervals } from '../../src/statistics/resampling/bootstrap.ts';
import { jackknifeError } from '../../src/statistics/resampling/jackknife.ts';
import { median } from '../../src/statistics/summary.ts';
import { mean } from '../../src/statistics/sums.ts';
import { expectFigures, goldenCases, pair } from '../support/golden-statistics.ts';

type Values = readonly number[];

interface BootstrapInput {
  readonly statistic: 'mean' | 'median' | 'pearson' | 'spread';
  readonly values?: Values;
  readonly other?: Values;
  readonly clusters?: readonly string[];
  readonly matrix?: readonly Values[];
  readonly indices: readonly Values[];
}

/** The units that are drawn, and the statistic of some of them. */
function drawnUnits({ statistic, values = [], other = [], clusters, matrix = [] }: BootstrapInput) {
  const units =
    clusters === undefined
      ? (matrix.length > 0 ? matrix : values).map((_, place) => [place])
      : [...placesByLabel(clusters).values()];
  const of = (drawn: Values): number => {
    const places = drawn.flatMap((unit) => units[unit]!);
    const own = places.map((place) => values[place]!);
    switch (statistic) {
      case 'mean':
        return mean(own).value!;
      case 'median':
        return median(own).value!;
      case 'pearson':
        return correlation(
          'pearson',
          own,
          places.map((place) => other[place]!),
        ).value!;
      case 'spread':
        return spreadOf(places.map((place) => matrix[place]!));
    }
  };
  return { units: units.map((_, unit) => unit), of };
}

describe('golden statistics: models and the bootstrap', () => {
  for (const { name, input, expected } of goldenCases<BootstrapInput, string>('bootstrap')) {
    it(`bootstrap: ${name}`, () => {
      const { units, of } = drawnUnits(input);
      const replicates = input.indices.map(of);
      const leftOut = units.map((left) => of(units.filter((unit) => unit !== left)));
      const found = bootstrapIntervals(of(units), replicates, leftOut, 0.95).value!;
      expectFigures(
        {
          estimate: of(units),
          resamples: replicates.length,
          bootstrap_se: found.error,
          percentile: pair(found.percentile),
          basic: pair(found.basic),
          replicates_first_five: replicates.slice(0, 5),
          z0: found.bca.value?.z0,
          bca: pair(found.bca.value),
          bca_levels: pair(found.bca.value?.levels),
          jackknife_se: jackknifeError(leftOut),
        },
        expected,
      );
      // The acceleration of a statistic that does not skew is rounding alone in the reference too.
      const { acceleration } = expected as { acceleration?: number };
      if (acceleration !== undefined && found.bca.value !== undefined) {
        expect(found.bca.value.acceleration).to.be.closeTo(
          acceleration,
          1e-9 * Math.abs(acceleration) + 1e-14,
        );
      }
    });
  }

  for (const { name, input, expected } of goldenCases<
    { columns: readonly Values[]; y: Values; clusters: readonly string[] },
    string
  >('regression')) {
    it(`regression: ${name}`, () => {
      const found = regression(input.columns, input.y, input.clusters, 0.95).value!;
      const { coefficients } = found;
      expectFigures(
        {
          n: input.y.length,
          clusters: found.clusters,
          coefficients: coefficients.map(({ value }) => value),
          ols_se: coefficients.map(({ ols }) => ols),
          r_squared: found.rSquared,
          cr0_se: coefficients.map(({ cr0 }) => cr0),
          cr1_se: coefficients.map(({ cr1 }) => cr1),
          cr1s_se: coefficients.map(({ cr1s }) => cr1s),
          cr1_p: coefficients.map(({ cr1P }) => cr1P),
          cr2_se: coefficients.map(({ cr2 }) => cr2.error),
          cr2_df: coefficients.map(({ cr2 }) => cr2.degrees),
          cr2_p: coefficients.map(({ cr2 }) => cr2.p),
          cr2_interval: coefficients.map(({ cr2 }) => pair(cr2)),
        },
        expected,
      );
    });
  }

  for (const { name, input, expected } of goldenCases<
    { A: readonly string[]; B: readonly string[]; y: Values },
    string
  >('factorial')) {
    it(`factorial: ${name}`, () => {
      const cells = factorialCells(input.A, input.B, input.y);
      const found = factorial(input.A, input.B, input.y).value;
      const tests = found?.tests.value;
      const range = (effects: Values) => Math.max(...effects) - Math.min(...effects);
      const testOf = (term: string, test: FactorTest | undefined) => ({
        [`ss3_${term}`]: test?.squares,
        [`df_${term}`]: test?.degrees,
        [`F3_${term}`]: test?.f,
        [`p3_${term}`]: test?.p,
      });
      expectFigures(
        {
          cell_means: cells.means.map((row) => row.map(({ value }) => value)),
          counts: cells.counts,
          grand_mean: found?.grandMean,
          effects_A: found?.effectsA,
          effects_B: found?.effectsB,
          interaction: found?.interaction,
          ...(found !== undefined && {
            main_range_A: range(found.effectsA),
            main_range_B: range(found.effectsB),
            residual_df: found.residualDegrees,
          }),
          ...testOf('A', tests?.a),
          ...testOf('B', tests?.b),
          ...testOf('AB', tests?.ab),
          residual_ss: tests?.residualSquares,
        },
        expected,
      );
    });
  }
});
