import { expect } from 'chai';
import { must } from '../../src/system/must.ts';

describe('a value that must be there', () => {
  it('is given as it is, also when it is empty', () => {
    expect([must(0, 'a number'), must('', 'a text'), must(false, 'an answer')]).to.deep.equal([0, '', false]);
  });

  it('is a bug when it is missing, and says what was expected', () => {
    for (const nothing of [undefined, null]) {
      expect(() => must(nothing, 'the digest of an input')).to.throw(
        'Internal error: expected the digest of an input, was nothing',
      );
    }
  });
});
