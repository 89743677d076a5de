import { expect } from 'chai';
import picocolors from 'picocolors';
import { wordTable } from '../../../../src/cli/wording/parts/table.ts';

const style = { colors: picocolors.createColors(false), columns: 80 };

describe('wordTable', () => {
  it('a column of numbers has one form: whole, with four decimals, or each its own where sizes are far apart', () => {
    const numbers = ['whole', 'halves', 'far'].map((name) => ({ name, type: 'number' as const }));
    const table = {
      columns: [{ name: 'item', type: 'string' as const }, ...numbers],
      key: ['item'],
      rows: [
        { item: 'a', whole: 12, halves: 2, far: 0.000_012_345 },
        { item: 'b', whole: -3, halves: 0.5, far: 1 },
        { item: 'c', whole: null, halves: NaN, far: 0.5 },
      ],
    };
    expect(wordTable(table, style)).to.deep.equal([
      'item  whole  halves         far',
      'a        12  2.0000  0.00001234',
      'b        -3  0.5000           1',
      'c         -     nan      0.5000',
    ]);
  });
});
