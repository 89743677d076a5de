import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { tQuantile, tTwoSided } from '../../src/statistics/distributions/student-t.ts';
import {
  betaQuantile,
  chiSquaredUpper,
  fairCoin,
  fUpper,
  normalLower,
  normalQuantile,
  normalTwoSided,
} from '../../src/statistics/distributions/tails.ts';

/** From mpmath with 50 digits; see make_reference.py beside it. */
const reference = JSON.parse(
  readFileSync(new URL('../fixtures/distributions/reference.json', import.meta.url), 'utf8'),
) as Readonly<Record<string, readonly (readonly number[])[]>>;

/** Each row is the arguments and then the value. */
function expectAll(
  name: string,
  of: (...args: number[]) => number,
  tolerance: (args: readonly number[]) => number,
): void {
  expect(reference[name], name).not.to.be.empty;
  for (const row of reference[name]!) {
    const [args, value] = [row.slice(0, -1), row.at(-1)!];
    expect(of(...args), `${name}(${args.join(', ')})`).to.be.closeTo(
      value,
      tolerance(args) * Math.abs(value),
    );
  }
}

describe('distributions', () => {
  it('have the tails of Student’s t, as exactly as is said', () => {
    const tolerance = ([, degrees = 1]: readonly number[]): number => (degrees <= 1000 ? 3e-14 : 2e-10);
    expectAll('t_two_sided', tTwoSided, tolerance);
    expectAll('t_quantile', tQuantile, tolerance);
    for (const [probability, degrees] of reference['t_quantile']!) {
      expect(tQuantile(1 - probability!, degrees!)).to.be.closeTo(-tQuantile(probability!, degrees!), 1e-12);
    }
    expect(tQuantile(0.5, 3)).to.equal(0);
    expect(tTwoSided(Infinity, 3)).to.equal(0);
    expect(tTwoSided(0, 3)).to.equal(1);
  });

  it('have those of the normal, chi-squared, F and Beta', () => {
    expectAll('normal_two_sided', normalTwoSided, () => 1e-13);
    expectAll('normal_quantile', normalQuantile, () => 1e-14);
    expectAll('chi_squared_upper', chiSquaredUpper, () => 1e-12);
    expectAll('f_upper', fUpper, () => 1e-13);
    expectAll('beta_quantile', betaQuantile, () => 1e-13);
    expect(normalLower(-1.5) + normalLower(1.5)).to.be.closeTo(1, 1e-15);
  });

  it('throw a coin: points add up to the share so far', () => {
    for (const throws of [1, 5, 17]) {
      let upTo = 0;
      for (let k = 0; k <= throws; k += 1) {
        upTo += fairCoin(k, throws).point;
        expect(fairCoin(k, throws).upTo).to.be.closeTo(upTo, 1e-14);
      }
      expect(upTo).to.be.closeTo(1, 1e-14);
    }
  });
});
