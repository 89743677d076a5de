import { expect } from 'chai';
import { tryExpression } from '../../bench/hostile/expressions.ts';

/** bench/expressions.ts does the same with ten thousand, in a process that makes no code from text, and measures. */
describe('500 hostile expressions', () => {
  it('run nothing, end, and are refused with their place', () => {
    let ran = 0;
    for (let seed = 0; seed < 500; seed += 1) {
      const trial = tryExpression(seed);
      if (trial.ran) ran += 1;
      expect(trial.fault, `seed ${seed}: ${trial.expression.slice(0, 200)}`).to.equal(undefined);
    }
    // A fuzzer whose expressions are all refused would test the parser alone.
    expect(ran).to.be.above(50);
  });
});
