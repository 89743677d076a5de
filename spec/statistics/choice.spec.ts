import { expect } from 'chai';
import { argmax, brier, margin, massOf, shares } from '../../src/statistics/choice.ts';

describe('choices by score', () => {
  it('pick the first of equals, and never what is not a number', () => {
    expect(argmax([1, 3, 3, 2])).to.equal(1);
    expect(argmax([-Infinity, -Infinity])).to.equal(0);
    expect(argmax([NaN, -5, -4, NaN])).to.equal(2);
    expect(argmax([-Infinity, -700])).to.equal(1);
  });

  it('have probabilities among them, however small', () => {
    const [a = NaN, b = NaN] = shares([Math.log(1), Math.log(3)]);
    expect(a).to.be.closeTo(0.25, 1e-15);
    expect(b).to.be.closeTo(0.75, 1e-15);
    // exp(-2000) is 0 in float64; the ratio is not.
    expect(shares([-2000, -2000 + Math.log(3)])[1]).to.be.closeTo(0.75, 1e-12);
  });

  it('give mass, Brier score and margin of the right ones, undefined where there is none', () => {
    expect(massOf([0.2, 0.3, 0.5], [true, false, true])).to.be.closeTo(0.7, 1e-15);
    expect(brier([0.2, 0.3, 0.5], [false, true, false])).to.be.closeTo(0.04 + 0.49 + 0.25, 1e-15);
    expect(brier([0.5, 0.5], [true, true])).to.equal(undefined);
    expect(margin([-1, -3, -2], [false, true, true])).to.equal(-1);
    expect(margin([-1], [true])).to.equal(undefined);
    expect(margin([-1, -2], [false, false])).to.equal(undefined);
  });
});
