import { expect } from 'chai';
import picocolors from 'picocolors';
import type { Diagnostic } from '../../../src/engine/diagnostic.ts';
import { wordDiagnostic, wordDiagnostics } from '../../../src/cli/wording/diagnostics.ts';

const style = { colors: picocolors.createColors(false), cwd: '/project' };

function unknownKey(place: Partial<Diagnostic['place']> = {}): Diagnostic {
  return {
    code: 'unknown-key',
    severity: 'error',
    message: 'unknown key `wiht`',
    place: {
      file: '/project/pipelines/a.yaml',
      line: 12,
      column: 5,
      length: 4,
      text: '    wiht: 1',
      ...place,
    },
    expected: 'uses, from or with',
    next: 'did you mean `with`?',
  };
}

describe('wordDiagnostic', () => {
  it('a problem says where it is, what was expected, and what to do', () => {
    expect(wordDiagnostic(unknownKey(), style)).to.equal(
      [
        'pipelines/a.yaml:12:5: error: unknown key `wiht`',
        '   12 |     wiht: 1',
        '      |     ^^^^',
        '  expected: uses, from or with',
        '  next: did you mean `with`?',
      ].join('\n'),
    );
  });

  it('an excerpt keeps tabs, so that the caret stands where it should', () => {
    const lines = wordDiagnostic(unknownKey({ text: '\twiht: 1', column: 2 }), style).split('\n');
    expect(lines.slice(1, 3)).to.deep.equal(['   12 | \twiht: 1', '      | \t^^^^']);
  });

  it('an excerpt of a long line is what surrounds the caret', () => {
    const text = `${'x'.repeat(300)}wiht${'y'.repeat(300)}`;
    const [, line = '', caret = ''] = wordDiagnostic(unknownKey({ text, column: 301 }), style).split('\n');
    expect(line.length).to.be.below(120);
    expect(line.slice(caret.indexOf('^'), caret.lastIndexOf('^') + 1)).to.equal('wiht');
  });

  it('no caret is drawn past the end of the line', () => {
    const [, line = '', caret = ''] = wordDiagnostic(unknownKey({ length: 500 }), style).split('\n');
    expect(caret.length).to.equal(line.length);
  });

  it('each related place is shown with its line', () => {
    const first = { file: '/project/pipelines/a.yaml', line: 3, column: 1, length: 6, text: 'stages:' };
    const text = wordDiagnostic(
      { ...unknownKey(), related: [{ message: 'first given here', place: first }] },
      style,
    );
    expect(text).to.contain('  pipelines/a.yaml:3:1: first given here\n    3 | stages:\n      | ^^^^^^');
  });

  it('errors come last and are counted', () => {
    const warning: Diagnostic = { code: 'w', severity: 'warning', message: 'careful' };
    const text = wordDiagnostics([unknownKey(), warning, unknownKey()], style);
    expect(text.startsWith('warning: careful\n')).to.equal(true);
    expect(text.endsWith('\n2 errors\n')).to.equal(true);
  });
});
