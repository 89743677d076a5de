import { expect } from 'chai';
import fc from 'fast-check';
import { diffLines } from '../../../src/engine/diff/lines.ts';

/** The length of a longest common subsequence by the textbook table: what a shortest edit must keep. */
function longestCommon(a: readonly string[], b: readonly string[]): number {
  const table = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
  for (let i = 1; i <= a.length; i += 1) {
    for (let j = 1; j <= b.length; j += 1) {
      table[i]![j] =
        a[i - 1] === b[j - 1] ? table[i - 1]![j - 1]! + 1 : Math.max(table[i - 1]![j]!, table[i]![j - 1]!);
    }
  }
  return table[a.length]![b.length]!;
}

describe('diffLines', () => {
  it('shows what changed with two lines around it', () => {
    const { lines, added, removed } = diffLines('a\nb\nc\nd\ne\nf\n', 'a\nb\nc\nD\ne\nf\n');
    expect({ added, removed }).to.deep.equal({ added: 1, removed: 1 });
    expect(lines.map(({ op, line, text }) => `${op}${line} ${text}`)).to.deep.equal([
      '=2 b',
      '=3 c',
      '-4 d',
      '+4 D',
      '=5 e',
      '=6 f',
    ]);
  });

  it('finds a shortest edit of any two texts', () => {
    const text = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(text, text, (a, b) => {
        const { added, removed, lines } = diffLines(a.join('\n'), b.join('\n'));
        const common = longestCommon(a, b);
        expect({ added, removed }).to.deep.equal({ added: b.length - common, removed: a.length - common });
        for (const { op, line, text: shown } of lines) expect((op === '-' ? a : b)[line - 1]).to.equal(shown);
      }),
    );
  });
});
