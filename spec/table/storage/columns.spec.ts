import { expect } from 'chai';
import fc from 'fast-check';
import { decodeArtifact, encodeArtifact } from '../../../src/engine/artifact-io.ts';
import { cellsKey } from '../../../src/table/columns.ts';
import { RowNumbers, rowNumbers } from '../../../src/table/storage/row-numbers.ts';
import {
  cellsOf,
  rowCount,
  rowsThatAreThere,
  tableOfColumns,
  withKey,
} from '../../../src/table/storage/table-of-columns.ts';
import type { Cell, Table } from '../../../src/table/table.ts';

const columns = [
  { name: 'id', type: 'integer' },
  { name: '__proto__', type: 'string' },
] as const;

function made(): Table {
  const cells = new Map<string, readonly Cell[]>([
    ['id', [1, 2, null]],
    ['__proto__', ['a', null, 'c']],
  ]);
  return tableOfColumns({ columns, key: ['id'] }, cells, 3);
}

const cell = fc.constantFrom<Cell>(
  null,
  NaN,
  0,
  -0,
  1,
  '1',
  'a',
  '',
  true,
  'true',
  [1],
  ['1'],
  { a: 1, b: 2 },
  { b: 2, a: 1 },
);

describe('tables of columns', () => {
  it('make rows when they are asked for, with cells of any name', () => {
    const table = made();
    expect([rowCount(table), rowsThatAreThere(table)]).to.deep.equal([3, undefined]);
    expect(table.rows.map((row) => Object.entries(row))).to.deep.equal([
      [
        ['id', 1],
        ['__proto__', 'a'],
      ],
      [
        ['id', 2],
        ['__proto__', null],
      ],
      [
        ['id', null],
        ['__proto__', 'c'],
      ],
    ]);
  });

  it('are their rows from then on, whoever changed them', () => {
    const table = made();
    Object.assign(table.rows[1] ?? {}, { id: 7 });
    expect(cellsOf(table, 'id')).to.deep.equal([1, 7, null]);
    expect(cellsOf(withKey(table, []), 'id')).to.deep.equal([1, 7, null]);
  });

  it('have null for a column that is not there, as rows have', () => {
    expect(cellsOf(made(), 'other')).to.deep.equal([null, null, null]);
    expect(cellsOf({ ...made() }, 'other')).to.deep.equal([null, null, null]);
  });

  it('number rows as the texts of their cells tell them apart, in the order in which they come', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell, cell), { maxLength: 40 }), (rows) => {
        const sides = [0, 1, 2].map((side) => rows.map((row) => row[side] ?? null));
        const seen = new Map<string, number>();
        const expected = rows.map((row) => {
          const number = seen.get(cellsKey(row)) ?? seen.size;
          seen.set(cellsKey(row), number);
          return number;
        });
        expect([...rowNumbers(sides, rows.length)]).to.deep.equal(expected);
      }),
    );
  });

  it('give rows of two tables the same number where they are alike', () => {
    const numbers = new RowNumbers();
    expect([...numbers.of([['a', 'b', 'a']], 3)]).to.deep.equal([0, 1, 0]);
    expect([...numbers.of([['c', 'b']], 2)]).to.deep.equal([2, 1]);
    expect(numbers.size).to.equal(3);
  });

  it('are read back over the edges of blocks: lines of every length, one longer than a block', () => {
    const texts = Array.from({ length: 60_000 }, (_, row) => 'é🙂'.repeat(row % 37));
    texts[31] = 'ü'.repeat(5_000_000);
    const table = tableOfColumns(
      { columns: [{ name: 'text', type: 'string' }], key: [] },
      new Map([['text', texts]]),
      texts.length,
    );
    const read = decodeArtifact('table', encodeArtifact({ type: 'table', table }));
    if (read.type !== 'table') throw new Error(read.type);
    const back = cellsOf(read.table, 'text');
    expect(back.length).to.equal(texts.length);
    expect(back.findIndex((each, row) => each !== texts[row])).to.equal(-1);
  });
});
