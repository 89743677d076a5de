import { expect } from 'chai';
import * as fc from 'fast-check';
import type { Cell, Row } from '../../src/table/table.ts';
import { Fraction } from '../support/fraction.ts';
import { rowsOf, runStage, tableFrom, valueOf } from '../support/stage-rig.ts';

/*
 * `aggregate` and `correlate` against their definitions, computed in fractions: no rounding but of the last step. Values are few and
 * repeat, so that ties, groups of one and constant sides are the rule, and among them are those that doubles only come near.
 */

/** Relative; of the last roundings. */
const tolerance = 1e-13;
const runs = { numRuns: 60 };

const values = fc.constantFrom(-3, -1, 0, 0.1, 0.2, 0.3, 0.1 + 0.2, 1, 1 / 3, 2, 2.5, 1e9, 1e9 + 1);
const cells = fc.oneof({ weight: 5, arbitrary: values }, { weight: 1, arbitrary: fc.constant(null) });
const labels = fc.constantFrom<Cell>('a', 'b', 'a","b', null, 1, '1', true);

function near(found: Cell | undefined, expected: number | null, what: string): void {
  if (expected === null) {
    expect(found, what).to.equal(null);
    return;
  }
  const error = Math.abs(Number(found) - expected);
  expect(found, what).to.be.a('number');
  expect(error, `${what}: ${String(found)} for ${expected}`).to.be.at.most(
    tolerance * Math.max(Math.abs(expected), 1e-300),
  );
}

function mean(all: readonly Fraction[]): Fraction {
  return Fraction.sum(all).over(new Fraction(BigInt(all.length)));
}

/** Sum of squares around the mean. */
function squares(all: readonly Fraction[]): Fraction {
  const middle = mean(all);
  return Fraction.sum(all.map((each) => each.minus(middle).times(each.minus(middle))));
}

/** What each statistic is of the values that are there; undefined: null. */
const definitions: Readonly<Record<string, (all: readonly Fraction[]) => number | null>> = {
  count: (all) => all.length,
  sum: (all) => Fraction.sum(all).value,
  mean: (all) => (all.length === 0 ? null : mean(all).value),
  min: (all) => sorted(all)[0]?.value ?? null,
  max: (all) => sorted(all).at(-1)?.value ?? null,
  median: (all) => {
    if (all.length === 0) return null;
    const [below, above] = [sorted(all)[(all.length - 1) >> 1]!, sorted(all)[all.length >> 1]!];
    return mean([below, above]).value;
  },
  stdev: (all) =>
    all.length < 2 ? null : Math.sqrt(squares(all).over(new Fraction(BigInt(all.length - 1))).value),
  sem: (all) =>
    all.length < 2
      ? null
      : Math.sqrt(squares(all).over(new Fraction(BigInt(all.length) * BigInt(all.length - 1))).value),
};

function sorted(all: readonly Fraction[]): readonly Fraction[] {
  return [...all].sort((a, b) => a.compare(b));
}

describe('aggregate in fractions', () => {
  it('gives each statistic of each group of two labels, in the order in which they come', async () => {
    const rows = fc.array(fc.record({ g: labels, h: labels, x: cells, y: cells }), {
      minLength: 1,
      maxLength: 12,
    });
    await fc.assert(
      fc.asyncProperty(rows, async (given) => {
        const statistics = Object.keys(definitions);
        const options = {
          by: ['g', 'h'],
          measure: ['x', 'y'],
          statistics,
          cluster: false,
          missingLabels: 'keep',
        };
        const found = rowsOf(await runStage('aggregate', options, { inputs: { rows: tableFrom(given) } }));
        const same = (a: Row, b: Row): boolean => a['g'] === b['g'] && a['h'] === b['h'];
        const firsts = given.filter((row, at) => given.findIndex((other) => same(row, other)) === at);
        expect(found.map(({ g, h }) => [g, h])).to.deep.equal(firsts.map(({ g, h }) => [g, h]));
        for (const [index, first] of firsts.entries()) {
          for (const measure of ['x', 'y'] as const) {
            const own = given.flatMap((row) => (same(row, first) ? (row[measure] ?? []) : []));
            for (const [name, of] of Object.entries(definitions)) {
              near(found[index]?.[`${measure}_${name}`], of(own.map(Fraction.of)), `${measure}_${name}`);
            }
          }
        }
      }),
      runs,
    );
  });

  it('ranks groups by exact means: equal ones share a rank, missing ones come last and have none', async () => {
    const rows = fc.array(fc.record({ g: fc.constantFrom('a', 'b', 'c', 'd', 'e'), x: cells }), {
      minLength: 1,
      maxLength: 12,
    });
    await fc.assert(
      fc.asyncProperty(rows, fc.boolean(), async (given, down) => {
        const options = { by: ['g'], measure: 'x', statistics: ['mean'], order: down ? '-mean' : 'mean' };
        const found = rowsOf(await runStage('aggregate', options, { inputs: { rows: tableFrom(given) } }));
        const means = new Map(
          found.map(({ g }) => {
            const own = given.flatMap((row) => (row.g === g && row.x !== null ? [Fraction.of(row.x)] : []));
            return [g, own.length === 0 ? undefined : mean(own)];
          }),
        );
        const present = found.map(({ rank }) => rank !== null);
        expect(present.lastIndexOf(true)).to.equal(present.filter(Boolean).length - 1);
        for (const { g, mean: written, rank } of found) {
          const own = means.get(g);
          near(written, own?.value ?? null, 'mean');
          if (own === undefined) {
            expect(rank).to.equal(null);
            continue;
          }
          // Means that differ by less than the last roundings may be told apart or not; no others.
          const others = [...means.values()].flatMap((other) => (other === undefined ? [] : [other.value]));
          const gap = (other: number): number => (down ? other - own.value : own.value - other);
          const slack = 1e-15 * Math.abs(own.value);
          const surely = others.filter((other) => gap(other) > slack).length;
          const maybe = others.filter((other) => gap(other) > 0 && gap(other) <= slack).length;
          expect(rank, JSON.stringify(found)).to.be.within(surely + 1, surely + maybe + 1);
        }
      }),
      runs,
    );
  });
});

interface Points {
  readonly x: readonly Fraction[];
  readonly y: readonly Fraction[];
  readonly z: readonly Fraction[] | undefined;
  readonly groups: readonly (readonly number[])[];
}

/** Each value less the mean of its group. */
function centred(side: readonly Fraction[], groups: Points['groups']): readonly Fraction[] {
  const parts = [...side];
  for (const members of groups) {
    const middle = mean(members.map((at) => side[at]!));
    for (const at of members) parts[at] = side[at]!.minus(middle);
  }
  return parts;
}

/** Average ranks within each group: half of 1, and of each other value below 1 and equal a half. */
function ranked(side: readonly Fraction[], groups: Points['groups']): readonly Fraction[] {
  const ranks = [...side];
  for (const members of groups) {
    for (const at of members) {
      const twice = members.map((other) => 1 + side[at]!.compare(side[other]!)).reduce((a, b) => a + b, 1);
      ranks[at] = new Fraction(BigInt(twice), 2n);
    }
  }
  return ranks;
}

function products(a: readonly Fraction[], b: readonly Fraction[]): Fraction {
  return Fraction.sum(a.map((each, at) => each.times(b[at]!)));
}

/** r, or its partial form, from sums of products; undefined where a side has nothing left. */
function fromProducts(xy: Fraction, xx: Fraction, yy: Fraction): number | null {
  if (xx.sign === 0 || yy.sign === 0) return null;
  return xy.sign * Math.sqrt(xy.times(xy).over(xx.times(yy)).value);
}

function linear({ x, y, z, groups }: Points): number | null {
  const [u, v] = [centred(x, groups), centred(y, groups)];
  const [xy, xx, yy] = [products(u, v), products(u, u), products(v, v)];
  if (z === undefined) return fromProducts(xy, xx, yy);
  const w = centred(z, groups);
  const [xz, yz, zz] = [products(u, w), products(v, w), products(w, w)];
  if (zz.sign === 0) return fromProducts(xy, xx, yy);
  return fromProducts(
    xy.times(zz).minus(xz.times(yz)),
    xx.times(zz).minus(xz.times(xz)),
    yy.times(zz).minus(yz.times(yz)),
  );
}

function tau({ x, y, groups }: Points): number | null {
  let [difference, untiedX, untiedY] = [0, 0, 0];
  for (const members of groups) {
    for (const [at, one] of members.entries()) {
      for (const other of members.slice(at + 1)) {
        const [a, b] = [x[one]!.compare(x[other]!), y[one]!.compare(y[other]!)];
        difference += a * b;
        untiedX += Math.abs(a);
        untiedY += Math.abs(b);
      }
    }
  }
  return untiedX === 0 || untiedY === 0 ? null : difference / Math.sqrt(untiedX * untiedY);
}

const coefficients: Readonly<Record<string, (points: Points) => number | null>> = {
  pearson: linear,
  spearman: ({ x, y, z, groups }) =>
    linear({ x: ranked(x, groups), y: ranked(y, groups), z: z && ranked(z, groups), groups }),
  kendall: tau,
};

describe('correlate in fractions', () => {
  /** Far from each other, so that no sum of products is lost in rounding: that is another spec's. */
  const sides = fc.constantFrom<Cell>(-3, 0, 0.1, 0.1 + 0.2, 0.3, 1, 1 / 3, 2, 7.5, null);
  /** What a control explains but for the last bit counts as explained: then no two values are that close. */
  const apart = fc.constantFrom<Cell>(-3, 0, 0.1, 0.3, 1, 1 / 3, 2, 7.5, null);
  const points = (side: fc.Arbitrary<Cell>) =>
    fc.array(fc.record({ x: side, y: side, z: side, g: fc.constantFrom('a', 'b', 'c') }), {
      minLength: 3,
      maxLength: 14,
    });

  for (const [title, within, control] of [
    ['of all rows', false, false],
    ['within groups', true, false],
    ['with a control', false, true],
    ['within groups, with a control', true, true],
  ] as const) {
    it(`gives each coefficient ${title}, ties and missing values among them`, async () => {
      await fc.assert(
        fc.asyncProperty(points(control ? apart : sides), async (given) => {
          const methods = control ? ['pearson', 'spearman'] : ['pearson', 'spearman', 'kendall'];
          const options = {
            x: 'x',
            y: 'y',
            methods,
            ...(within && { within: 'g', unit: 'g' }),
            ...(control && { control: ['z'] }),
            draws: { samples: 99 },
          };
          const found = valueOf(
            await runStage('correlate', options, { inputs: { rows: tableFrom(given) } }),
          ) as Readonly<Record<string, Row>>;
          const kept = given.filter(({ x, y, z }) => ![x, y, ...(control ? [z] : [])].includes(null));
          const groups = within
            ? ['a', 'b', 'c']
                .map((name) => kept.flatMap(({ g }, at) => (g === name ? [at] : [])))
                .filter(({ length }) => length > 0)
            : [kept.map((_, at) => at)];
          expect(found).to.include({ n: kept.length, excluded: given.length - kept.length });
          const side = (name: 'x' | 'y' | 'z') => kept.map((row) => Fraction.of(row[name] as number));
          const all = { x: side('x'), y: side('y'), z: control ? side('z') : undefined, groups };
          for (const method of methods) {
            const scored = all.z && method === 'spearman' ? ranked(all.z, groups) : all.z;
            const tells = scored !== undefined && centred(scored, groups).some(({ sign }) => sign !== 0);
            const degrees = kept.length - groups.length - 1 - (tells ? 1 : 0);
            const expected = degrees < 1 ? null : coefficients[method]!(all);
            const own = found[method]?.['coefficient'];
            if (expected === null) expect(own, method).to.equal(null);
            // A correlation is of order 1: what is 0 may come out as the rounding of its terms.
            else expect(own, method).to.be.closeTo(expected, 1e-12);
          }
        }),
        runs,
      );
    });
  }
});
