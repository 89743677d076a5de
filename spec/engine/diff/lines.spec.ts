import { execFileSync } from 'node:child_process';
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

  it('keeps empty lines and takes both ends of lines for the same', () => {
    const { added, removed, lines } = diffLines('a\r\n\r\nb\r\n', 'a\n\n\nb');
    expect({ added, removed }).to.deep.equal({ added: 1, removed: 0 });
    expect(lines.map(({ op, text }) => `${op}${text}`).sort()).to.deep.equal(['+', '=', '=a', '=b']);
  });

  it('finds nothing between a text and itself', () => {
    expect(diffLines('a\nb\n', 'a\nb')).to.deep.equal({ added: 0, removed: 0, lines: [] });
  });

  it('shows two long texts that have little in common as removed and added as a whole', () => {
    const text = (name: string) =>
      [
        'title',
        'author',
        'note',
        ...Array.from({ length: 2000 }, (_, index) => `${name} ${index}`),
        'end',
      ].join('\n');
    const { added, removed, lines } = diffLines(text('old'), text('new'));
    expect({ added, removed }).to.deep.equal({ added: 2000, removed: 2000 });
    const shown = lines.map(({ op, line, text: shownText }) => `${op}${line} ${shownText}`);
    expect(shown.slice(0, 4)).to.deep.equal(['=2 author', '=3 note', '-4 old 0', '-5 old 1']);
    expect(shown.slice(2001, 2004)).to.deep.equal(['-2003 old 1999', '+4 new 0', '+5 new 1']);
    expect(shown.slice(-2)).to.deep.equal(['+2003 new 1999', '=2004 end']);
  });

  it('compares two unlike texts of 20 000 lines in a heap of 64 MB', () => {
    const script = `
      import { diffLines } from './src/engine/diff/lines.ts';
      const text = (name) => Array.from({ length: 20_000 }, (_, index) => name + index).join('\\n');
      const { added, removed } = diffLines(text('a'), text('b'));
      process.stdout.write(JSON.stringify({ added, removed }));
    `;
    const flags = ['--max-old-space-size=64', '--import', 'tsx', '--input-type=module'];
    const told = execFileSync(process.execPath, [...flags, '--eval', script], { encoding: 'utf8' });
    expect(JSON.parse(told)).to.deep.equal({ added: 20_000, removed: 20_000 });
  });
});
