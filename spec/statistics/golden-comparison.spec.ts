import { expect } from 'chai';
import { clusteredErrors, type ClusteredErrors } from '../../src/statistics/comparison/clustered-mean.ts';
import { groupEffect, pairedEffect } from '../../src/statistics/comparison/effect-size.ts';
import { adjusted } from '../../src/statistics/comparison/multiplicity.ts';
import {
  betaInterval,
  clopperPearsonInterval,
  wilsonInterval,
} from '../../src/statistics/comparison/proportion.ts';
import { mcNemar } from '../../src/statistics/comparison/right-wrong.ts';
import { signedRanks } from '../../src/statistics/comparison/signed-ranks.ts';
import { noiseFloorOf, spreadOf } from '../../src/statistics/comparison/spread.ts';
import { signFlipTest } from '../../src/statistics/resampling/permutation.ts';
import { tTwoSided } from '../../src/statistics/distributions/student-t.ts';
import { sampleDeviation, standardError, tInterval } from '../../src/statistics/summary.ts';
import { mean } from '../../src/statistics/sums.ts';
import { expectFigures, goldenCases, pair, present, type Found } from '../support/golden-statistics.ts';

type Missing = readonly (number | null)[];

function intervalOf(
  center: number | undefined,
  error: { readonly error: number; readonly degrees: number } | undefined,
): Found {
  return center === undefined || error === undefined ? undefined : pair(tInterval(center, error, 0.95));
}

function pOf(
  center: number | undefined,
  error: { readonly error: number; readonly degrees: number } | undefined,
): Found {
  if (center === undefined || error === undefined || error.error === 0) return undefined;
  return tTwoSided(center / error.error, error.degrees);
}

function clusterFigures(center: number | undefined, errors: ClusteredErrors | undefined) {
  return {
    cr0_se: errors?.cr0,
    cr1_se: errors?.cr1.error,
    cr1_df: errors?.cr1.degrees,
    cr1_interval: intervalOf(center, errors?.cr1),
    cr2_se: errors?.cr2.error,
    cr2_df: errors?.cr2.degrees,
    cr2_interval: intervalOf(center, errors?.cr2),
    cr2_p: pOf(center, errors?.cr2),
  };
}

describe('golden statistics: comparison', () => {
  for (const { name, input, expected } of goldenCases<
    Missing,
    'n' | 'mean' | 'sd' | 'se' | 'df' | 'interval'
  >('mean')) {
    it(`mean: ${name}`, () => {
      const values = present(input);
      const [center, error] = [mean(values).value, standardError(values).value];
      expectFigures(
        {
          n: values.length,
          mean: center,
          sd: sampleDeviation(values).value,
          se: error?.error,
          df: error?.degrees,
          interval: intervalOf(center, error),
        },
        expected,
      );
    });
  }

  for (const { name, input, expected } of goldenCases<
    { values: Missing; clusters: readonly string[] },
    string
  >('cluster-mean')) {
    it(`cluster-mean: ${name}`, () => {
      const kept = input.values.flatMap((value, place) => (value === null ? [] : [{ value, place }]));
      const values = kept.map(({ value }) => value);
      const labels = kept.map(({ place }) => input.clusters[place]!);
      const center = mean(values).value;
      expectFigures(
        {
          n: values.length,
          clusters: new Set(labels).size,
          mean: center,
          ...clusterFigures(center, clusteredErrors(values, labels).value),
        },
        expected,
      );
    });
  }

  for (const { name, input, expected } of goldenCases<
    { a: Missing; b: Missing; clusters: readonly string[] },
    string
  >('paired')) {
    it(`paired: ${name}`, () => {
      const kept = input.a.flatMap((a, place) => {
        const b = input.b[place];
        return a === null || b === null || b === undefined
          ? []
          : [{ d: a - b, label: input.clusters[place]! }];
      });
      const differences = kept.map(({ d }) => d);
      const [center, error] = [mean(differences).value, standardError(differences).value];
      const errors = clusteredErrors(
        differences,
        kept.map(({ label }) => label),
      ).value;
      expectFigures(
        {
          pairs: differences.length,
          left_out: input.a.length - differences.length,
          clusters: new Set(kept.map(({ label }) => label)).size,
          mean: center,
          ...clusterFigures(center, errors),
          sd: sampleDeviation(differences).value,
          t: error === undefined || error.error === 0 ? undefined : center! / error.error,
          df: error?.degrees,
          p: pOf(center, error),
          interval: intervalOf(center, error),
          d_z: pairedEffect(differences).value,
        },
        expected,
      );
    });
  }

  for (const { name, input, expected } of goldenCases<
    { a: readonly number[]; b: readonly number[] },
    'difference' | 'df' | 'pooled_sd' | 'd' | 'J' | 'g'
  >('effect-size')) {
    it(`effect-size: ${name}`, () => {
      const effect = groupEffect(input.a, input.b).value;
      expectFigures(
        {
          ...(effect !== undefined && {
            difference: effect.difference,
            df: effect.degrees,
            pooled_sd: effect.pooledDeviation,
            J: effect.correction,
          }),
          d: effect?.d,
          g: effect?.g,
        },
        expected,
      );
    });
  }

  for (const { name, input, expected } of goldenCases<Missing, string>('wilcoxon')) {
    it(`wilcoxon: ${name}`, () => {
      const differences = present(input);
      const ranks = signedRanks(differences).value;
      expectFigures(
        {
          n: differences.length,
          zeros: ranks?.zeros ?? differences.length,
          n_used: ranks?.used ?? 0,
          w_plus: ranks?.plus,
          w_minus: ranks?.minus,
          rank_biserial: ranks?.rankBiserial,
          p_exact: ranks?.p,
          p_normal: ranks?.normalP,
          p_normal_corrected: ranks?.correctedP,
        },
        expected,
      );
    });
  }

  for (const { name, input, expected } of goldenCases<readonly [number, number, number, number], string>(
    'mcnemar',
  )) {
    it(`mcnemar: ${name}`, () => {
      const [both, onlyA, onlyB, neither] = input;
      const test = mcNemar({ both, onlyA, onlyB, neither }).value;
      expectFigures(
        {
          only_a: onlyA,
          only_b: onlyB,
          difference: test?.difference,
          p_exact: test?.p,
          p_mid: test?.midP,
          chi2: test?.chiSquared.value?.value,
          p: test?.chiSquared.value?.p,
          chi2_corrected: test?.corrected.value?.value,
          p_corrected: test?.corrected.value?.p,
        },
        expected,
      );
      // The exact test is that of the signs of discordant pairs.
      if (onlyA + onlyB > 0 && onlyA + onlyB < 30) {
        const signs = [...Array<number>(onlyA).fill(1), ...Array<number>(onlyB).fill(-1)];
        expect(signFlipTest(signs, { samples: 1, seed: 1 }).value!.p).to.be.closeTo(test!.p, 1e-12);
      }
    });
  }

  for (const { name, input, expected } of goldenCases<readonly [number, number], string>('proportion')) {
    it(`proportion: ${name}`, () => {
      const [k, n] = input;
      expectFigures(
        {
          share:
            n === 0 ? undefined : mean([...Array<number>(k).fill(1), ...Array<number>(n - k).fill(0)]).value,
          wilson: pair(wilsonInterval(k, n, 0.95).value),
          clopper_pearson: pair(clopperPearsonInterval(k, n, 0.95).value),
          jeffreys: pair(betaInterval(k, n, 0.5, 0.95).value),
          uniform_prior: pair(betaInterval(k, n, 1, 0.95).value),
        },
        expected,
      );
      if (n === 0) expect(wilsonInterval(k, n, 0.95).why).to.equal('no trials');
    });
  }

  for (const { name, input, expected } of goldenCases<Missing, 'holm' | 'bh' | 'bonferroni'>(
    'multiplicity',
  )) {
    it(`multiplicity: ${name}`, () => {
      const values = input.map((p) => p ?? undefined);
      expectFigures(
        {
          holm: adjusted(values, 'holm'),
          bh: adjusted(values, 'benjamini-hochberg'),
          bonferroni: adjusted(values, 'bonferroni'),
        },
        expected,
      );
    });
  }

  for (const { name, input, expected } of goldenCases<
    { matrix: readonly (readonly number[])[]; permutations: readonly (readonly (readonly number[])[])[] },
    string
  >('spread')) {
    it(`spread: ${name}`, () => {
      const floor = noiseFloorOf(input.matrix, input.permutations).value;
      expectFigures(
        {
          questions: input.matrix.length,
          formats: input.matrix[0]!.length,
          spread: spreadOf(input.matrix),
          noise_floor_mean: floor?.mean,
          noise_floor_95: floor?.upper,
          p: floor?.p,
        },
        expected,
      );
    });
  }
});
