/**
 * Do intervals cover, and are verdicts on nothing rare? Simulations with fixed seeds of the statistics that stages
 * print: 95 % intervals of means, paired differences, shares, spreads and correlations; verdicts of `correlate` where
 * there is no relation; the family error of `compare` and of `expect`; power as planned. Ends with exit code 1 where a figure is out of its bounds.
 *
 *   node --import tsx bench/coverage.ts [--experiments 2000] [--json FILE]
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { judge } from '../src/claims/gates/judge.ts';
import { placesByLabel } from '../src/statistics/groups.ts';
import { mapped, type Interval, type Maybe } from '../src/statistics/maybe.ts';
import { seededRandom } from '../src/statistics/random.ts';
import { evidenceOver, overAll } from '../src/statistics/association/units.ts';
import { coefficientOf, type Points } from '../src/statistics/association/partial.ts';
import { verdictOn } from '../src/statistics/association/verdict.ts';
import type { CorrelationMethod } from '../src/statistics/association/correlation.ts';
import { comparePairs, type PairedTest } from '../src/statistics/comparison/paired.ts';
import { adjusted } from '../src/statistics/comparison/multiplicity.ts';
import { unitsNeeded } from '../src/statistics/comparison/power.ts';
import { wilsonInterval } from '../src/statistics/comparison/proportion.ts';
import { spreadInterval } from '../src/statistics/comparison/spread.ts';
import { groupFigures } from '../src/statistics/group-figures.ts';

const { values } = parseArgs({
  options: { experiments: { type: 'string', default: '2000' }, json: { type: 'string' } },
});
const experiments = Number(values.experiments);
const level = 0.95;
const draws = { samples: 999, seed: 1 };

interface Figure {
  readonly what: string;
  readonly share: number;
  readonly low: number;
  readonly high: number;
  readonly experiments: number;
}
const figures: Figure[] = [];

function report(what: string, share: number, { low, high }: Interval, count: number): void {
  figures.push({ what, share, low, high, experiments: count });
  const verdict = share >= low && share <= high ? '' : '   OUT OF BOUNDS';
  const bounds = `${(100 * low).toFixed(1)} to ${(100 * high).toFixed(1)}`;
  console.log(
    `${what.padEnd(78)} ${(100 * share).toFixed(1).padStart(5)} %  (${bounds}; n = ${count})${verdict}`,
  );
}

/** The share of experiments whose interval holds the truth; one without an interval counts as a miss. */
function coverage(
  what: string,
  truth: number,
  interval: (random: Random) => Maybe<Interval>,
  count = experiments,
): void {
  const random = normalsFrom(figures.length + 1);
  let held = 0;
  for (let n = 0; n < count; n += 1) {
    const { value } = interval(random);
    if (value !== undefined && value.low <= truth && truth <= value.high) held += 1;
  }
  report(what, held / count, { low: 0.93, high: 0.97 }, count);
}

interface Random {
  uniform(): number;
  normal(): number;
}

function normalsFrom(seed: number): Random {
  const uniform = seededRandom(seed * 7919);
  return {
    uniform,
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
  };
}

const times = (count: number): readonly number[] => Array.from({ length: count }, (_, place) => place);

/** Sizes of clusters: all 4, or lognormal. */
function sizes(clusters: number, unequal: boolean, random: Random): readonly number[] {
  return times(clusters).map(() =>
    unequal ? Math.max(1, Math.round(Math.exp(1.1 + 0.8 * random.normal()))) : 4,
  );
}

const unitCounts = [5, 10, 50];

function means(): void {
  for (const unequal of [false, true]) {
    for (const clusters of unitCounts) {
      coverage(`mean, ${clusters} clusters ${unequal ? 'of unequal' : 'of equal'} size`, 0, (random) => {
        const labels = sizes(clusters, unequal, random).flatMap((size, label) =>
          times(size).map(() => String(label)),
        );
        const effects = times(clusters).map(() => random.normal());
        const { figures: found } = groupFigures(['ci95_low', 'ci95_high'], {
          values: labels.map((label) => (effects[Number(label)] ?? 0) + random.normal()),
          clusters: labels,
          isShare: false,
          bounds: {},
          texts: [],
        });
        const [low, high] = [found.get('ci95_low')?.value, found.get('ci95_high')?.value];
        return low === undefined || high === undefined ? { why: 'none' } : { value: { low, high } };
      });
    }
  }
}

/** Two formats on the same items; formats shared means that items differ in how they react to them. */
function differences(): void {
  for (const unequal of [false, true]) {
    for (const items of unitCounts) {
      coverage(
        `difference, ${items} items with ${unequal ? 'unequal numbers of rows' : 'one row each'}`,
        0.5,
        (random) => {
          const counts = unequal ? sizes(items, true, random) : times(items).map(() => 1);
          const clusters = counts.flatMap((size, item) => times(size).map(() => String(item)));
          const ease = times(items).map(() => 3 * random.normal());
          const reaction = times(items).map(() => 0.5 + random.normal());
          const b = clusters.map((item) => (ease[Number(item)] ?? 0) + random.normal());
          const a = clusters.map(
            (item) => (ease[Number(item)] ?? 0) + (reaction[Number(item)] ?? 0) + random.normal(),
          );
          return comparePairs({ a, b, clusters, isRightWrong: false }, { level, test: 't', draws }).interval;
        },
      );
    }
  }
}

function shares(): void {
  for (const trials of [10, 50, 200]) {
    // Of shares of every size: the coverage at a single one jumps with it, because counts are whole.
    coverage(`share of ${trials} (Wilson), shares from 0.1 to 0.9`, 0, (random) => {
      const share = 0.1 + 0.8 * random.uniform();
      const right = times(trials).filter(() => random.uniform() < share).length;
      return mapped(wilsonInterval(right, trials, level), ({ low, high }) => ({
        low: low - share,
        high: high - share,
      }));
    });
    coverage(`difference of right answers, ${trials} items (Newcombe)`, 0.2, (random) => {
      const kinds = times(trials).map(() => random.uniform());
      const a = kinds.map((u) => Number(u < 0.7));
      const b = kinds.map((u) => Number(u < 0.45 || (u >= 0.7 && u < 0.75)));
      const clusters = times(trials).map(String);
      return comparePairs({ a, b, clusters, isRightWrong: true }, { level, test: 'sign-flip', draws })
        .interval;
    });
  }
}

function spreads(): void {
  for (const items of unitCounts) {
    coverage(`spread of 6 formats, ${items} items`, 5, (random) =>
      spreadInterval(
        times(items).map(() => {
          const ease = 3 * random.normal();
          return times(6).map((format) => ease + format + random.normal());
        }),
        level,
      ),
    );
  }
}

/** Rows of formats and items; x and y as given for each cell, some cells missing where `share` is below 1. */
function grid(
  [formats, items]: readonly [number, number],
  share: number,
  random: Random,
  cell: (format: number, item: number) => readonly [number, number],
): {
  readonly points: Points;
  readonly formatLabels: readonly string[];
  readonly itemLabels: readonly string[];
} {
  const cells = times(items).flatMap((item) =>
    times(formats).flatMap((format) =>
      random.uniform() < share ? [{ format, item, at: cell(format, item) }] : [],
    ),
  );
  const itemLabels = cells.map(({ item }) => String(item));
  return {
    points: {
      x: cells.map(({ at }) => at[0]),
      y: cells.map(({ at }) => at[1]),
      controls: [],
      groups: [...placesByLabel(itemLabels).values()],
    },
    formatLabels: cells.map(({ format }) => String(format)),
    itemLabels,
  };
}

function correlations(): void {
  // Each item has formats of its own: items are independent witnesses. x and y differ by item as well.
  for (const unequal of [false, true]) {
    for (const items of unitCounts) {
      const what = `correlation within items, ${items} items with ${unequal ? 'unequal' : 'equal'} numbers of formats of their own`;
      coverage(what, -0.7 / Math.hypot(1, 0.7), (random) => {
        const ease = times(items).map(() => random.normal());
        const { points, itemLabels } = grid([12, items], unequal ? 0.6 : 1, random, (_, item) => {
          const x = random.normal();
          return [x + (ease[item] ?? 0), -0.7 * x + random.normal() + 2 * (ease[item] ?? 0)];
        });
        return intervalOver('pearson', points, itemLabels, itemLabels);
      });
    }
  }
  // All items share their formats, which have a perplexity and an effect of their own: formats are the unit.
  for (const unequal of [false, true]) {
    for (const formats of unitCounts) {
      for (const [slope, of] of [
        [0, 'no'],
        [-0.7, 'a'],
      ] as const) {
        const what = `correlation within 10 items, ${formats} shared formats${unequal ? ', some cells missing' : ''}, ${of} relation`;
        coverage(what, sharedTruth(slope), (random) => {
          const made = sharedFormats([formats, 10], { slope, share: unequal ? 0.7 : 1 }, random);
          return intervalOver('pearson', made.points, made.formatLabels, made.itemLabels);
        });
      }
    }
  }
}

const NOISE = 0.3;

/** Correlation of x = u + noise with y = slope u + v + noise, where u and v belong to the format. */
function sharedTruth(slope: number): number {
  return slope / Math.sqrt((1 + NOISE ** 2) * (slope ** 2 + 1 + NOISE ** 2));
}

function sharedFormats(
  size: readonly [number, number],
  { slope, share }: { readonly slope: number; readonly share: number },
  random: Random,
): ReturnType<typeof grid> {
  const [formats, items] = size;
  const perplexity = times(formats).map(() => random.normal());
  const effect = perplexity.map((u) => slope * u + random.normal());
  const ease = times(items).map(() => random.normal());
  return grid(size, share, random, (format, item) => [
    (perplexity[format] ?? 0) + (ease[item] ?? 0) + NOISE * random.normal(),
    (effect[format] ?? 0) + 2 * (ease[item] ?? 0) + NOISE * random.normal(),
  ]);
}

function intervalOver(
  method: CorrelationMethod,
  points: Points,
  labels: readonly string[],
  slots: readonly string[],
): Maybe<Interval> {
  return evidenceOver(method, points, { labels, slots }, { level, draws: { samples: 1, seed: 1 } }).interval;
}

/** Experiments of the shipped form without any relation: how many get a verdict. */
function nullVerdicts(): void {
  for (const items of [3, 10]) {
    for (const method of ['spearman', 'pearson', 'kendall'] as const) {
      const random = normalsFrom(1000 + items);
      let verdicts = 0;
      for (let n = 0; n < 200; n += 1) {
        const made = sharedFormats([12, items], { slope: 0, share: 1 }, random);
        const axes = [
          { labels: made.formatLabels, slots: made.itemLabels },
          { labels: made.itemLabels, slots: made.formatLabels },
        ];
        const evidence = axes.map((units) => evidenceOver(method, made.points, units, { level, draws }));
        const verdict = verdictOn(
          coefficientOf(method, made.points),
          { ...overAll(evidence), enoughUnits: true },
          { predicted: 'negative', level },
        );
        if (verdict === 'supported' || verdict === 'contradicted') verdicts += 1;
      }
      report(
        `verdicts on nothing, 12 shared formats, ${items} items, ${method}`,
        verdicts / 200,
        { low: 0, high: 17 / 200 },
        200,
      );
    }
  }
}

/** Families of comparisons where nothing differs: how many have a finding after Holm. */
function familyErrors(): void {
  for (const [test, items, all] of [
    ['sign-flip', 12, false],
    ['sign-flip', 40, true],
    ['t', 5, true],
    ['t', 30, true],
    ['wilcoxon', 20, false],
  ] as const satisfies readonly (readonly [PairedTest, number, boolean])[]) {
    const formats = 8;
    const random = normalsFrom(2000 + items);
    let wrong = 0;
    for (let n = 0; n < experiments; n += 1) {
      const ease = times(items).map(() => 2 * random.normal());
      const columns = times(formats).map(() => ease.map((own) => own + random.normal()));
      const clusters = times(items).map(String);
      const pairs = times(formats).flatMap((one) =>
        times(one).flatMap((other) => (all || other === 0 ? [[one, other] as const] : [])),
      );
      const p = pairs.map(
        ([one, other]) =>
          comparePairs(
            { a: columns[one] ?? [], b: columns[other] ?? [], clusters, isRightWrong: false },
            { level, test, draws },
          ).test.value?.p,
      );
      if (adjusted(p, 'holm').some((each) => each !== undefined && each <= 0.05)) wrong += 1;
    }
    report(
      `family error, ${test}, ${items} items, ${all ? 28 : 7} comparisons`,
      wrong / experiments,
      { low: 0, high: 0.055 },
      experiments,
    );
  }
}

/** Claims at their very bounds, where each decision is a false one: of five gates together at most one run in twenty. */
function gateErrors(): void {
  for (const items of [5, 30]) {
    const random = normalsFrom(3000 + items);
    let wrong = 0;
    for (let n = 0; n < experiments; n += 1) {
      const gates = times(5).map((place) => {
        const values = times(items).map(() => random.normal());
        const { figures: found } = groupFigures(['mean', 'ci95_low', 'ci95_high', 'df'], {
          values,
          isShare: false,
          bounds: {},
          texts: [],
        });
        const row = Object.fromEntries([...found].map(([name, { value }]) => [name, value ?? null]));
        const entry = { ...row, count: items };
        const interval = place % 2 === 0 ? { above: 0 } : { above: 0, below: 10 };
        const gate = { interval, unit: 'item', coverage: 0.95, sides: 2 } as const;
        return { name: String(place), gate, source: { entry, whole: entry } };
      });
      const judged = judge(gates, { level, minimum: 5, undecided: 'passes' });
      if (judged.some(({ result }) => result !== 'undecided')) wrong += 1;
    }
    report(
      `false decisions of five gates at their bounds, ${items} items`,
      wrong / experiments,
      { low: 0, high: 0.055 },
      experiments,
    );
  }
}

/** Comparisons of as many items as were planned for: how many find the difference that they were planned to find. */
function powers(): void {
  for (const [difference, deviation, wanted] of [
    [1, 1.3, 0.8],
    [0.4, 1, 0.8],
    [1, 1, 0.9],
  ] as const) {
    const random = normalsFrom(4000 + Math.round(10 * deviation));
    const items = unitsNeeded(difference, wanted, { deviation, alpha: 1 - level }).value ?? 0;
    let found = 0;
    for (let n = 0; n < experiments; n += 1) {
      const b = times(items).map(() => 3 * random.normal());
      const a = b.map((each) => each + difference + deviation * random.normal());
      const pairs = { a, b, clusters: times(items).map(String), isRightWrong: false };
      const { test } = comparePairs(pairs, { level, test: 'sign-flip', draws });
      if (test.value !== undefined && test.value.p <= 1 - level) found += 1;
    }
    report(
      `power of ${items} items, planned for ${wanted}, of ${difference} at a deviation of ${deviation}`,
      found / experiments,
      { low: wanted - 0.05, high: wanted + 0.05 },
      experiments,
    );
  }
}

means();
differences();
shares();
spreads();
correlations();
nullVerdicts();
familyErrors();
gateErrors();
powers();
const out = figures.filter(({ share, low, high }) => share < low || share > high);
console.log(`${figures.length} figures, ${out.length} out of their bounds`);
if (values.json !== undefined)
  writeFileSync(values.json, `${JSON.stringify({ experiments, figures }, null, 2)}\n`);
if (out.length > 0) process.exitCode = 1;
