import { expect } from 'chai';
import { alignColumns, clip } from '../../../../src/cli/wording/parts/columns.ts';

describe('aligned columns', () => {
  it('texts that take two cells of a terminal, or none, do not shift what stands behind them', () => {
    const rows = [
      ['plain', '1'],
      ['e\u0301', '2'],
      ['日本', '3'],
      ['👩‍🔬', '4'],
      ['🇩🇪', '5'],
      ['\x1b[31mred\x1b[39m', '6'],
    ];
    // After each text as many blanks as are missing to five cells, and the gap of two.
    expect(alignColumns(rows)).to.deep.equal([
      'plain  1',
      'e\u0301      2',
      '日本   3',
      '👩‍🔬     4',
      '🇩🇪     5',
      '\x1b[31mred\x1b[39m    6',
    ]);
  });

  it('a column may stand to the right, and a line ends with its last text', () => {
    const rows = [
      ['a', '1', 'x'],
      ['bc', '100', ''],
    ];
    expect(alignColumns(rows, ['left', 'right'])).to.deep.equal(['a     1  x', 'bc  100']);
  });
});

describe('clipped lines', () => {
  it('a line is cut between characters as people see them, and takes no more cells than there are', () => {
    expect(clip('日本語日本語', 12)).to.equal('日本語日本語');
    expect(clip('日本語日本語', 11)).to.equal('日本語日...');
    expect(clip('👩‍🔬👩‍🔬👩‍🔬', 5)).to.equal('👩‍🔬...');
    expect(clip('\x1b[31mred and long\x1b[39m', 6)).to.equal('red...');
  });
});
