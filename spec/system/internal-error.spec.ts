import { expect } from 'chai';
import { contradictionOf, InternalError, must } from '../../src/system/internal-error.ts';

describe('internal errors', () => {
  it('a bug reads as one, and can be told without saying that it is', () => {
    const bug = new InternalError('expected a mask, was none', { cause: 'x' });
    expect(bug.message).to.equal('Internal error: expected a mask, was none');
    expect(bug.cause).to.equal('x');
    expect(contradictionOf(bug)).to.equal('expected a mask, was none');
  });

  it('what a library throws is told as it is, and so is what is no error', () => {
    expect(contradictionOf(new TypeError('x is not a function'))).to.equal('x is not a function');
    expect(contradictionOf('no')).to.equal('no');
    expect(contradictionOf(undefined)).to.equal('undefined');
  });

  it('a value that must be there and is not is a bug', () => {
    expect(() => must(undefined, 'a mask')).to.throw(
      InternalError,
      'Internal error: expected a mask, was nothing',
    );
  });
});

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
