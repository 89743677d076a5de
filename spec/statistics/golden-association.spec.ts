import { agreement } from '../../src/statistics/association/agreement.ts';
import { concordance, correlation } from '../../src/statistics/association/correlation.ts';
import {
  correlationP,
  fisherInterval,
  kendallExactP,
  kendallNormalP,
} from '../../src/statistics/association/correlation-tests.ts';
import { relation } from '../../src/statistics/association/partial.ts';
import { placesByLabel } from '../../src/statistics/groups.ts';
import { mapped } from '../../src/statistics/maybe.ts';
import { jackknifeCorrelation } from '../../src/statistics/resampling/jackknife.ts';
import { asExtreme, permutationTest } from '../../src/statistics/resampling/permutation.ts';
import { expectFigures, goldenCases, pair } from '../support/golden-statistics.ts';

type Values = readonly number[];
type Missing = readonly (number | null)[];
type Matrix = readonly Values[];
const draws = { samples: 1, seed: 1 };

describe('golden statistics: association', () => {
  for (const { name, input, expected } of goldenCases<{ x: Missing; y: Missing }, string>('correlation')) {
    it(`correlation: ${name}`, () => {
      const kept = input.x.flatMap((x, place) => {
        const y = input.y[place];
        return x === null || y === null || y === undefined ? [] : [[x, y] as const];
      });
      const [x, y] = [kept.map(([one]) => one), kept.map(([, other]) => other)];
      const [pearson, spearman, kendall] = (['pearson', 'spearman', 'kendall'] as const).map(
        (method) => correlation(method, x, y).value,
      );
      const few = x.length <= 7;
      const reordered = (method: 'spearman' | 'kendall') =>
        permutationTest(
          x.length,
          (order) =>
            correlation(
              method,
              order.map((place) => x[place]!),
              y,
            ).value,
          draws,
        ).value?.p;
      expectFigures(
        {
          n: x.length,
          left_out: input.x.length - x.length,
          pearson,
          spearman,
          kendall,
          pearson_p: pearson === undefined ? undefined : correlationP(pearson, x.length - 2),
          spearman_p_t: spearman === undefined ? undefined : correlationP(spearman, x.length - 2),
          kendall_p_normal: kendall === undefined ? undefined : kendallNormalP(x, y),
          fisher_interval:
            pearson === undefined ? undefined : pair(fisherInterval(pearson, x.length, 0.95).value),
          kendall_p_exact: kendallExactP(x, y).value,
          ...(few && spearman !== undefined && { spearman_p_exact: reordered('spearman') }),
        },
        expected,
      );
      if (few && kendall !== undefined) expectFigures({ kendall_p_exact: reordered('kendall') }, expected);
    });
  }

  for (const { name, input, expected } of goldenCases<
    { x: Values; y: Values; groups: readonly string[]; controls: Matrix },
    string
  >('partial')) {
    it(`partial: ${name}`, () => {
      const { x, y, controls } = input;
      const groups = [...placesByLabel(input.groups).values()];
      const within = relation('pearson', { x, y, controls: [], groups });
      const partial = relation('pearson', { x, y, controls });
      const both = relation('pearson', { x, y, controls, groups });
      const pOf = (found: typeof within) =>
        mapped(found, ({ coefficient, degrees }) => correlationP(coefficient, degrees)).value;
      const of = (found: typeof within) => found.value?.coefficient;
      expectFigures(
        {
          n: x.length,
          groups: groups.length,
          rows_that_say_something: groups.filter(({ length }) => length > 1).flat().length,
          within_pearson: of(within),
          // Degrees of freedom are left even where the coefficient is undefined (a control that is a side).
          ...(within.value !== undefined && { within_df: within.value.degrees }),
          within_p: pOf(within),
          within_spearman: of(relation('spearman', { x, y, controls: [], groups })),
          partial_pearson: of(partial),
          ...(partial.value !== undefined && { partial_df: partial.value.degrees }),
          partial_p: pOf(partial),
          partial_spearman: of(relation('spearman', { x, y, controls })),
          partial_kendall: of(relation('kendall', { x, y, controls })),
          within_partial_pearson: of(both),
          ...(both.value !== undefined && { within_partial_df: both.value.degrees }),
          within_partial_p: pOf(both),
          within_partial_spearman: of(relation('spearman', { x, y, controls, groups })),
        },
        expected,
      );
    });
  }

  for (const { name, input, expected } of goldenCases<
    { x: Matrix; y: Matrix; permutations: readonly Values[] },
    string
  >('format-permutation')) {
    for (const method of ['pearson', 'spearman'] as const) {
      it(`format-permutation: ${name}, ${method}`, () => {
        const { x, y, permutations } = input;
        const columns = x[0]!.map((_, column) => column);
        const over = (order: Values, kept: Values = columns) => {
          const side = (matrix: Matrix, from: Values) =>
            matrix.flatMap((row) => kept.map((column) => row[from[column]!]!));
          const groups = x.map((_, row) => kept.map((_each, place) => row * kept.length + place));
          const points = { x: side(x, order), y: side(y, columns), controls: [], groups };
          return mapped(relation(method, points), ({ coefficient }) => coefficient);
        };
        const observed = over(columns);
        const leftOut = columns.map((left) =>
          over(
            columns,
            columns.filter((column) => column !== left),
          ),
        );
        const interval =
          observed.value === undefined
            ? undefined
            : jackknifeCorrelation(observed.value, leftOut, 0.95).value;
        const p =
          observed.value === undefined
            ? undefined
            : (1 +
                asExtreme(
                  observed.value,
                  permutations.map((order) => over(order).value),
                )) /
              (1 + permutations.length);
        expectFigures(
          {
            questions: x.length,
            formats: columns.length,
            [`within_${method}`]: observed.value,
            [`p_${method}`]: p,
            [`jackknife_over_formats_${method}`]: pair(interval),
            ...(method === 'spearman' && {
              by_question_spearman: x.map((row, place) => correlation('spearman', row, y[place]!).value),
            }),
          },
          expected,
        );
      });
    }
  }

  for (const { name, input, expected } of goldenCases<
    { x: Values; y: Values; groups: readonly string[] },
    string
  >('jackknife')) {
    it(`jackknife: ${name}`, () => {
      const labels = [...placesByLabel(input.groups).keys()];
      const over = (kept: readonly string[]) => {
        const places = input.groups.flatMap((label, place) => (kept.includes(label) ? [place] : []));
        const of = (values: Values) => places.map((place) => values[place]!);
        const groups = [...placesByLabel(places.map((place) => input.groups[place]!)).values()];
        const points = { x: of(input.x), y: of(input.y), controls: [], groups };
        return mapped(relation('pearson', points), ({ coefficient }) => coefficient);
      };
      const estimate = over(labels);
      const leftOut = labels.map((left) => over(labels.filter((label) => label !== left)));
      const interval = jackknifeCorrelation(estimate.value!, leftOut, 0.95).value;
      expectFigures(
        {
          groups: labels.length,
          within_pearson: estimate.value,
          by_group: labels.map((label) => over([label]).value),
          leave_one_out: leftOut.map(({ value }) => value),
          z: Math.atanh(estimate.value!),
          z_se: interval?.error,
          df: interval?.degrees,
          interval: pair(interval),
          p: interval?.p,
        },
        expected,
      );
    });
  }

  for (const { name, input, expected } of goldenCases<Matrix, string>('concordance')) {
    it(`concordance: ${name}`, () => {
      const found = agreement(input).value;
      expectFigures(
        {
          judges: input.length,
          items: input[0]!.length,
          w: found?.w,
          chi2: found?.chiSquared,
          df: found?.degrees,
          p: found?.p,
          mean_spearman: found?.meanSpearman,
        },
        expected,
      );
    });
  }

  it('counts pairs as a loop over all pairs does', () => {
    const x = [3, 1, 3, 2, 2, 5, 1, 3];
    const y = [1, 1, 2, 2, 2, 0, 4, 2];
    let [difference, untiedX, untiedY] = [0, 0, 0];
    for (const i of x.keys()) {
      for (const j of x.keys()) {
        if (j >= i) continue;
        difference += Math.sign(x[i]! - x[j]!) * Math.sign(y[i]! - y[j]!);
        untiedX += Number(x[i] !== x[j]);
        untiedY += Number(y[i] !== y[j]);
      }
    }
    expectFigures({ ...concordance(x, y) }, { difference, untiedX, untiedY });
  });
});
