import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { codeOf, hasCode, isDiskFull, isMissing } from '../../src/system/errno.ts';

describe('the code of an error', () => {
  it('is that of the system, where there is one', () => {
    let error: unknown;
    try {
      readFileSync('/no/such/file');
    } catch (thrown) {
      error = thrown;
    }
    expect(codeOf(error)).to.equal('ENOENT');
    expect([hasCode(error, 'EACCES', 'ENOENT'), hasCode(error, 'EACCES')]).to.deep.equal([true, false]);
    expect([isMissing(error), isDiskFull(error), isDiskFull({ code: 'EDQUOT' })]).to.deep.equal([
      true,
      false,
      true,
    ]);
  });

  it('is none for whatever else can be thrown', () => {
    for (const thrown of [new Error('x'), undefined, null, 'ENOENT', { code: 2 }]) {
      expect(codeOf(thrown)).to.equal(undefined);
      expect(hasCode(thrown, 'ENOENT')).to.equal(false);
    }
  });
});
