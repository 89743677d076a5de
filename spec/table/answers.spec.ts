import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { inferColumns } from '../../src/table/columns.ts';
import { functions } from '../../src/table/expression/functions/index.ts';
import { applySteps, type Step } from '../../src/table/steps.ts';
import type { Cell, Row, Table } from '../../src/table/table.ts';
import { verbs } from '../../src/table/verbs/index.ts';

interface Answered {
  readonly name: string;
  readonly by: string;
  readonly rows: readonly Row[];
  readonly inputs?: Readonly<Record<string, readonly Row[]>>;
  readonly steps: readonly Step[];
  readonly answer: readonly Row[];
}

/** Written by make_answers.py beside it. */
const fixture = new URL('../fixtures/table/answers.json', import.meta.url);
const cases = JSON.parse(readFileSync(fixture, 'utf8')) as readonly Answered[];

/** Functions differ in the last bits from those of the C library; sums of other orders in the last two digits. */
const tolerance = 1e-12;

const infinities: ReadonlyMap<unknown, number> = new Map([
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
]);

function tableOf(rows: readonly Row[]): Table {
  const read = rows.map((row) =>
    Object.fromEntries(Object.entries(row).map(([name, cell]) => [name, infinities.get(cell) ?? cell])),
  );
  return { columns: inferColumns(read), key: [], rows: read };
}

function near(actual: Cell | undefined, wanted: Cell | undefined): boolean {
  const expected = typeof actual === 'number' ? (infinities.get(wanted) ?? wanted) : wanted;
  // What is missing is NaN in pandas.
  if (expected === null || expected === undefined) return actual === null || Number.isNaN(actual);
  if (typeof actual === 'number' && typeof expected === 'number') {
    return actual === expected || Math.abs(actual - expected) <= tolerance * Math.max(1, Math.abs(expected));
  }
  if (Array.isArray(actual) && Array.isArray(expected)) {
    return (
      actual.length === expected.length &&
      actual.every((cell: Cell, index) => near(cell, expected[index] as Cell))
    );
  }
  return actual === expected;
}

describe('a table', () => {
  for (const { name, by, rows, inputs = {}, steps, answer } of cases) {
    it(`has what ${by} has: ${name}`, () => {
      const others = new Map(Object.entries(inputs).map(([input, each]) => [input, tableOf(each)]));
      const made = applySteps(steps, tableOf(rows), others, { allowEmpty: true, warn: () => undefined });
      expect(made.rows, 'rows').to.have.length(answer.length);
      for (const [index, wanted] of answer.entries()) {
        const row = made.rows[index]!;
        expect(Object.keys(row), `columns of row ${index}`).to.have.members(Object.keys(wanted));
        for (const [column, cell] of Object.entries(wanted)) {
          expect(
            near(row[column], cell),
            `row ${index}, ${column}: ${JSON.stringify([row[column], cell])}`,
          ).to.equal(true);
        }
      }
    });
  }

  it('was compared in every verb, and in every function that others have', () => {
    const text = JSON.stringify(cases.map(({ steps }) => steps));
    for (const { name } of verbs) expect(text, name).to.contain(`{"${name}":`);
    const alone = [...functions.keys()].filter((name) => !new RegExp(`\\b${name}\\(`).test(text));
    // What no other implementation has in this form is held by closed forms, in functions.spec.ts.
    expect(alone.sort()).to.deep.equal(ours);
  });
});

const ours: readonly string[] = [
  ...[
    'bin',
    'bins',
    'entries',
    'entries_agg',
    'equal',
    'has',
    'keys',
    'object',
    'object_agg',
    'parse_json',
    'pluck',
  ],
  ...['recode', 'text', 'to_json', 'utcdate', 'utcdatetime', 'utcdayofweek', 'utcdayofyear', 'utchours'],
  ...['utcmilliseconds', 'utcminutes', 'utcmonth', 'utcquarter', 'utcseconds', 'utcweek', 'values'],
];
