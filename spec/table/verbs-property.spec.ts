import { expect } from 'chai';
import * as fc from 'fast-check';
import type { Cell, Row, Table } from '../../src/table/table.ts';
import { inferColumns } from '../../src/table/columns.ts';
import { apply } from './rig.ts';

/*
 * Each verb against its definition, written out: row by row, pair by pair, with no key texts and no hashing. Tables have
 * few different values, so that ties, repeated rows and repeated keys are the rule, and names that are traps.
 */

const runs = { numRuns: 200 };

const names = ['a', '__proto__', 'constructor', 'toString', 'he said "x"', 'größe', '-a', '|'];
const numbers = fc.constantFrom<Cell>(0, -0, 1, 2, 2.5, -1, null, NaN, Infinity);
const texts = fc.constantFrom<Cell>('', 'x', 'y', 'x"|"y', '"', '|', 'x\\', '🙂', '｡', 'é', '1', null);
const flags = fc.constantFrom<Cell>(true, false, null);
const lists = fc.constantFrom<Cell>([], [1], ['x', null], [[1], { a: 1 }], null);

interface Plain {
  readonly names: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

const plainTable = (kinds: readonly fc.Arbitrary<Cell>[]): fc.Arbitrary<Plain> =>
  fc
    .record({
      names: fc.shuffledSubarray(names, { minLength: kinds.length, maxLength: kinds.length }),
      rows: fc.array(fc.tuple(...kinds), { maxLength: 9 }),
    })
    .map((table) => table as Plain);

function tableOf({ names: columns, rows }: Plain): Table {
  const objects = rows.map((cells) =>
    Object.fromEntries(columns.map((name, at) => [name, cells[at] ?? null])),
  );
  const inferred = new Map(inferColumns(objects).map((column) => [column.name, column]));
  return {
    columns: columns.map((name) => inferred.get(name) ?? { name, type: 'json' }),
    key: [],
    rows: objects,
  };
}

/** The same cell: of one type, NaN is NaN, 0 is -0. */
function same(a: Cell, b: Cell): boolean {
  if (typeof a === 'number' && typeof b === 'number') return a === b || (Number.isNaN(a) && Number.isNaN(b));
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((cell: Cell, at) => same(cell, b[at] as Cell));
  }
  if (typeof a === 'object' && typeof b === 'object' && a !== null && b !== null) {
    return JSON.stringify(a) === JSON.stringify(b);
  }
  return a === b;
}

const missing = (cell: Cell): boolean => cell === null || Number.isNaN(cell);

const sameAt = (a: readonly Cell[], b: readonly Cell[], places: readonly number[]): boolean =>
  places.every((at) => same(a[at] ?? null, b[at] ?? null));

/** Smaller than: null and NaN are not asked. */
function less(a: Cell, b: Cell): boolean {
  if (typeof a === 'string' && typeof b === 'string') {
    const [x, y] = [Array.from(a, (c) => c.codePointAt(0)!), Array.from(b, (c) => c.codePointAt(0)!)];
    const at = x.findIndex((point, index) => point !== y[index]);
    return at < 0 ? x.length < y.length : y[at] !== undefined && x[at]! < y[at];
  }
  return (a as number) < (b as number);
}

function rowsOf({ rows }: Table, columns: readonly string[]): readonly (readonly Cell[])[] {
  for (const row of rows) expect(Object.keys(row)).to.have.members(columns as string[]);
  return rows.map((row) => columns.map((name) => row[name] ?? null));
}

function expectRows(actual: readonly (readonly Cell[])[], wanted: readonly (readonly Cell[])[]): void {
  expect(actual.length, 'rows').to.equal(wanted.length);
  for (const [row, cells] of wanted.entries()) {
    for (const [at, cell] of cells.entries()) {
      const found = actual[row]![at]!;
      expect(same(found, cell), `row ${row}, column ${at}: ${JSON.stringify([found, cell])}`).to.equal(true);
    }
  }
}

const read = (name: string): string => `d[${JSON.stringify(name)}]`;

describe('each verb is its definition', () => {
  it('filter', () => {
    fc.assert(
      fc.property(plainTable([numbers, texts]), fc.constantFrom('<', '>=', '==', '!='), (plain, operator) => {
        const [name = ''] = plain.names;
        const { table, warnings } = apply(tableOf(plain), [{ filter: `${read(name)} ${operator} 1` }]);
        const holds = {
          '<': (x: number) => x < 1,
          '>=': (x: number) => x >= 1,
          '==': (x: number) => x === 1,
          '!=': (x: number) => x !== 1,
        };
        expectRows(
          rowsOf(table, plain.names),
          plain.rows.filter(([cell = null]) => !missing(cell) && holds[operator](cell as number)),
        );
        const lost = plain.rows.filter(([cell = null]) => missing(cell)).length;
        expect(
          warnings.some((warning) => warning.includes(`for ${lost} of ${plain.rows.length} rows`)),
        ).to.equal(lost > 0);
      }),
      runs,
    );
  });

  it('orderby, and ranks after it', () => {
    fc.assert(
      fc.property(
        plainTable([texts, numbers, fc.nat(99)]),
        fc.boolean(),
        fc.boolean(),
        (plain, down, downToo) => {
          const [first = '', second = ''] = plain.names;
          const terms = [down ? `-${first}` : first, downToo ? `-${second}` : second];
          // A column of that very name is meant by it.
          fc.pre(!terms.some((term, at) => term !== plain.names[at] && plain.names.includes(term)));
          const before = (a: Cell, b: Cell, downwards: boolean): boolean =>
            missing(a) || missing(b) ? !missing(a) && missing(b) : downwards ? less(b, a) : less(a, b);
          const sooner = (a: readonly Cell[], b: readonly Cell[]): boolean =>
            before(a[0]!, b[0]!, down) || (!before(b[0]!, a[0]!, down) && before(a[1]!, b[1]!, downToo));
          // Selection sort: the first of those before which nobody comes.
          const left = [...plain.rows];
          const sorted: (readonly Cell[])[] = [];
          while (left.length > 0) {
            const at = left.findIndex((row) => left.every((other) => !sooner(other, row)));
            sorted.push(...left.splice(at, 1));
          }
          const functions = {
            r: 'rank()',
            e: 'dense_rank()',
            v: 'avg_rank()',
            p: 'percent_rank()',
            c: 'cume_dist()',
            n: 'row_number()',
          };
          const { table } = apply(tableOf(plain), [{ orderby: terms }, { derive: functions }]);
          const ranked = sorted.filter((row) => !missing(row[0]!) && !missing(row[1]!));
          const equal = (a: readonly Cell[], b: readonly Cell[]): boolean => sameAt(a, b, [0, 1]);
          const wanted = sorted.map((row, place): readonly Cell[] => {
            if (missing(row[0]!) || missing(row[1]!))
              return [...row, null, null, null, null, null, place + 1];
            const below = ranked.filter((other) => sooner(other, row));
            const peers = ranked.filter((other) => equal(other, row)).length;
            const classes = below.filter(
              (other, at) => below.findIndex((each) => equal(each, other)) === at,
            ).length;
            const percent = ranked.length === 1 ? 0 : below.length / (ranked.length - 1);
            const average = below.length + (peers + 1) / 2;
            return [
              ...row,
              below.length + 1,
              classes + 1,
              average,
              percent,
              (below.length + peers) / ranked.length,
              place + 1,
            ];
          });
          expectRows(rowsOf(table, [...plain.names, 'r', 'e', 'v', 'p', 'c', 'n']), wanted);
        },
      ),
      runs,
    );
  });

  it('groupby with derive, filter and slice; rollup', () => {
    fc.assert(
      fc.property(plainTable([texts, flags, numbers]), fc.integer({ min: 0, max: 3 }), (plain, end) => {
        const [g1 = '', g2 = '', x = ''] = plain.names;
        const groupOf = (row: readonly Cell[]) => plain.rows.filter((other) => sameAt(row, other, [0, 1]));
        const present = (rows: readonly (readonly Cell[])[]) =>
          rows.map((row) => row[2]!).filter((cell) => !missing(cell)) as number[];
        const columns = {
          count: 'count()',
          valid: `valid(${read(x)})`,
          sum: `sum(${read(x)})`,
          max: `max(${read(x)})`,
          distinct: `distinct(${read(x)})`,
          first: `any(${read(x)})`,
        };
        const figures = (row: readonly Cell[]): readonly Cell[] => {
          const values = present(groupOf(row));
          const different = values.filter(
            (value, at) => values.findIndex((each) => same(each, value)) === at,
          );
          return [
            groupOf(row).length,
            values.length,
            values.reduce((a, b) => a + b, 0),
            values.length === 0 ? null : Math.max(...values),
            different.length,
            values[0] ?? null,
          ];
        };
        const grouped = [{ groupby: [g1, g2] }];
        const derived = apply(tableOf(plain), [...grouped, { derive: columns }]);
        expectRows(
          rowsOf(derived.table, [...plain.names, ...Object.keys(columns)]),
          plain.rows.map((row) => [...row, ...figures(row)]),
        );

        const firsts = plain.rows.filter(
          (row, at) => plain.rows.findIndex((other) => sameAt(row, other, [0, 1])) === at,
        );
        const wanted = firsts.map((row) => [row[0]!, row[1]!, ...figures(row)]);
        for (const steps of [
          [{ rollup: { by: [g1, g2], columns } }],
          [...grouped, { rollup: { columns } }],
        ]) {
          const rolled = apply(tableOf(plain), steps);
          expectRows(rowsOf(rolled.table, [g1, g2, ...Object.keys(columns)]), wanted);
          const unlabelled = plain.rows.filter((row) => missing(row[0]!)).length;
          expect(
            rolled.warnings.some((warning) =>
              warning.includes(`${unlabelled} of ${plain.rows.length} rows have no \`${g1}\``),
            ),
          ).to.equal(unlabelled > 0);
        }

        const best = apply(tableOf(plain), [...grouped, { filter: `${read(x)} == max(${read(x)})` }]);
        expectRows(
          rowsOf(best.table, plain.names),
          plain.rows.filter((row) => !missing(row[2]!) && row[2] === Math.max(...present(groupOf(row)))),
        );

        const some = apply(tableOf(plain), [...grouped, { slice: [0, end] }]);
        const placeOf = (at: number) =>
          plain.rows.slice(0, at).filter((other) => sameAt(plain.rows[at]!, other, [0, 1])).length;
        expectRows(
          rowsOf(some.table, plain.names),
          plain.rows.filter((_, at) => placeOf(at) < end),
        );
      }),
      runs,
    );
  });

  it('dedupe, select, drop, rename, slice, concat', () => {
    fc.assert(
      fc.property(plainTable([texts, numbers, lists]), fc.nat(9), fc.nat(9), (plain, start, end) => {
        const [a = '', b = '', c = ''] = plain.names;
        const rows = (steps: readonly Record<string, unknown>[], columns: readonly string[]) =>
          rowsOf(apply(tableOf(plain), steps, { more: tableOf(plain) }).table, columns);
        expectRows(
          rows([{ dedupe: [a, b] }], plain.names),
          plain.rows.filter((row, at) => plain.rows.findIndex((other) => sameAt(row, other, [0, 1])) === at),
        );
        expectRows(
          rows([{ dedupe: [c] }], plain.names),
          plain.rows.filter((row, at) => plain.rows.findIndex((other) => sameAt(row, other, [2])) === at),
        );
        expectRows(
          rows([{ select: [c, a] }], [c, a]),
          plain.rows.map((row) => [row[2]!, row[0]!]),
        );
        expectRows(
          rows([{ drop: [b] }], [a, c]),
          plain.rows.map((row) => [row[0]!, row[2]!]),
        );
        expectRows(
          rows(
            [
              {
                rename: Object.fromEntries([
                  [a, b],
                  [b, a],
                ]),
              },
            ],
            [b, a, c],
          ),
          plain.rows,
        );
        expectRows(
          rows([{ slice: [start, end] }], plain.names),
          plain.rows.filter((_, at) => at >= start && at < end),
        );
        expectRows(rows([{ concat: ['more'] }], plain.names), [...plain.rows, ...plain.rows]);
      }),
      runs,
    );
  });

  it('join', () => {
    const sides = fc.tuple(
      fc.array(fc.tuple(texts, numbers, fc.nat(99)), { maxLength: 9 }),
      fc.array(fc.tuple(texts, numbers, flags), { maxLength: 9 }),
    );
    fc.assert(
      fc.property(
        fc.shuffledSubarray(names, { minLength: 4, maxLength: 4 }),
        sides,
        ([k1 = '', k2 = '', v = '', w = ''], [left, right]) => {
          const matches = (row: readonly Cell[]) =>
            right.filter((other) => sameAt(row, other, [0, 1]) && !missing(row[0]!) && !missing(row[1]!));
          const join = (how: string) =>
            apply(
              tableOf({ names: [k1, k2, v], rows: left }),
              [{ join: { input: 'other', on: [k1, k2], how } }],
              {
                other: tableOf({ names: [k1, k2, w], rows: right }),
              },
            );
          const added = (row: readonly Cell[]) => matches(row).map((other) => [...row, other[2]]);
          expectRows(rowsOf(join('inner').table, [k1, k2, v, w]), left.flatMap(added));
          expectRows(
            rowsOf(join('left').table, [k1, k2, v, w]),
            left.flatMap((row) => (matches(row).length > 0 ? added(row) : [[...row, null]])),
          );
          expectRows(
            rowsOf(join('semi').table, [k1, k2, v]),
            left.filter((row) => matches(row).length > 0),
          );
          expectRows(
            rowsOf(join('anti').table, [k1, k2, v]),
            left.filter((row) => matches(row).length === 0),
          );
          const several = left.filter((row) => matches(row).length > 1).length;
          const lacking = left.filter((row) => missing(row[0]) || missing(row[1])).length;
          const { warnings } = join('inner');
          expect(
            warnings.some((each) => each.includes(`${several} of ${left.length} rows have several matches`)),
          ).to.equal(several > 0);
          expect(
            warnings.some((each) => each.includes(`${lacking} of ${left.length} rows have no`)),
          ).to.equal(lacking > 0);
        },
      ),
      runs,
    );
  });

  it('fold and unroll', () => {
    fc.assert(
      fc.property(plainTable([texts, numbers, lists]), (plain) => {
        const [a = '', b = '', c = ''] = plain.names;
        const folded = apply(tableOf(plain), [{ fold: { columns: [a, b], as: [b, 'value'] } }]);
        expectRows(
          rowsOf(folded.table, [c, b, 'value']),
          plain.rows.flatMap((row) => [
            [row[2]!, a, row[0]!],
            [row[2]!, b, row[1]!],
          ]),
        );
        const { table, warnings } = apply(tableOf(plain), [{ unroll: { columns: [c], index: 'at' } }]);
        const elements = (row: readonly Cell[]) => (row[2] ?? []) as readonly Cell[];
        expectRows(
          rowsOf(table, [a, b, c, 'at']),
          plain.rows.flatMap((row) =>
            elements(row).map((element, at) => [row[0]!, row[1]!, element, at + 1]),
          ),
        );
        const gone = plain.rows.filter((row) => elements(row).length === 0).length;
        expect(
          warnings.some((each) => each.includes(`${gone} of ${plain.rows.length} rows have no list`)),
        ).to.equal(gone > 0);
      }),
      runs,
    );
  });

  it('derive: lag, lead, first, last and filling, within groups', () => {
    fc.assert(
      fc.property(plainTable([texts, numbers]), fc.integer({ min: -2, max: 3 }), (plain, offset) => {
        const [g = '', x = ''] = plain.names;
        const column = read(x);
        const { table } = apply(tableOf(plain), [
          { groupby: [g] },
          {
            derive: {
              lag: `lag(${column}, ${offset}, 7)`,
              lead: `lead(${column}, ${offset})`,
              first: `first_value(${column})`,
              last: `last_value(${column})`,
              down: `fill_down(${column}, 5)`,
              up: `fill_up(${column})`,
            },
          },
        ]);
        const wanted = plain.rows.map((row, at) => {
          const group = plain.rows.flatMap((other, place) => (sameAt(row, other, [0]) ? [place] : []));
          const place = group.indexOf(at);
          const values = group.map((each) => plain.rows[each]![1]!);
          const earlier = values.slice(0, place + 1).filter((cell) => !missing(cell));
          const later = values.slice(place).filter((cell) => !missing(cell));
          const lag = place - offset in values ? values[place - offset]! : 7;
          const lead = place + offset in values ? values[place + offset]! : null;
          return [
            ...row,
            lag,
            lead,
            values[0]!,
            values.at(-1)!,
            earlier.at(-1) ?? 5,
            later[0] ?? values[place]!,
          ];
        });
        expectRows(rowsOf(table, [...plain.names, 'lag', 'lead', 'first', 'last', 'down', 'up']), wanted);
      }),
      runs,
    );
  });

  it('keeps rows as they came, whatever their names', () => {
    fc.assert(
      fc.property(plainTable([texts, numbers, flags, lists]), (plain) => {
        const { table } = apply(tableOf(plain), [{ slice: [0] }]);
        expectRows(rowsOf(table, plain.names), plain.rows);
        expect(table.rows.every((row: Row) => Object.getPrototypeOf(row) === Object.prototype)).to.equal(
          true,
        );
      }),
      runs,
    );
  });
});
