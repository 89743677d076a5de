import { expect } from 'chai';
import { contradictionOf, InternalError } from '../../src/system/internal-error.ts';
import { must } from '../../src/system/must.ts';

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
