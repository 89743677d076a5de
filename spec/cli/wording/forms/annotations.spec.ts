import { expect } from 'chai';
import type { Diagnostic } from '../../../../src/engine/diagnostic.ts';
import { wordAnnotations } from '../../../../src/cli/wording/forms/annotations.ts';

const place = {
  file: '/project/odd, 50%: name.yaml',
  line: 12,
  column: 5,
  length: 4,
  text: '    wiht: 1',
};

const at = { root: '/project', cwd: '/project' };

describe('wordAnnotations', () => {
  it('an annotation is one line, with the range, and escapes what GitHub reads as its own', () => {
    const diagnostic: Diagnostic = {
      code: 'unknown-key',
      severity: 'error',
      message: '50 % of `wiht`:\r\nunknown, ::error::too',
      place,
      expected: 'uses, from or with',
      next: 'did you mean `with`?',
    };
    const warning: Diagnostic = { code: 'rows-damaged', severity: 'warning', message: 'rows are damaged' };
    expect(wordAnnotations([diagnostic, warning], at)).to.equal(
      '::error title=unknown-key,file=odd%2C 50%25%3A name.yaml,line=12,endLine=12,col=5,endColumn=9::' +
        '50 %25 of `wiht`:%0D%0Aunknown, ::error::too%0Aexpected: uses, from or with%0Anext: did you mean `with`?\n' +
        '::warning title=rows-damaged::rows are damaged\n',
    );
  });

  it('an annotation names related places in words', () => {
    const related = [{ message: 'first given here', place: { ...place, file: '/project/a.yaml', line: 3 } }];
    const text = wordAnnotations(
      [{ code: 'duplicate-key', severity: 'error', message: 'given twice', place, related }],
      at,
    );
    expect(text).to.match(/::given twice%0Aa\.yaml:3:5: first given here\n$/);
  });
});
