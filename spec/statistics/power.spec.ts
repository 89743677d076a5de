import { expect } from 'chai';
import { detectable, powerOf, unitsNeeded } from '../../src/statistics/comparison/power.ts';
import { noncentralT } from '../../src/statistics/distributions/noncentral-t.ts';
import { tTwoSided } from '../../src/statistics/distributions/student-t.ts';
import { normalLower } from '../../src/statistics/distributions/tails.ts';
import { seededRandom } from '../../src/statistics/random.ts';

describe('power', () => {
  it('has a noncentral t that is central without a shift, and normal with many degrees of freedom', () => {
    for (const degrees of [1, 2, 5, 30, 200]) {
      for (const t of [-3, -0.5, 0.7, 2.2]) {
        const central = t < 0 ? tTwoSided(t, degrees) / 2 : 1 - tTwoSided(t, degrees) / 2;
        expect(noncentralT(t, degrees, 0), `${degrees}, ${t}`).to.be.closeTo(central, 1e-8);
      }
    }
    expect(noncentralT(1.5, 1e6, 0.8)).to.be.closeTo(normalLower(0.7), 1e-5);
    // P(T <= 0) is P(Z <= -shift), whatever the degrees of freedom.
    for (const degrees of [1, 3, 17])
      expect(noncentralT(0, degrees, 1.3)).to.be.closeTo(normalLower(-1.3), 1e-8);
  });

  it('is what a simulation of the paired t finds', () => {
    const random = seededRandom(8);
    const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    const [units, difference, runs] = [8, 1.1, 4000];
    let found = 0;
    for (let run = 0; run < runs; run += 1) {
      const values = Array.from({ length: units }, () => difference + normal());
      const mean = values.reduce((a, b) => a + b, 0) / units;
      const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (units - 1);
      if (tTwoSided(mean / Math.sqrt(variance / units), units - 1) <= 0.05) found += 1;
    }
    const expected = powerOf(difference, units, { deviation: 1, alpha: 0.05 });
    // Four standard errors of a share of 4,000.
    expect(found / runs).to.be.closeTo(expected, 4 * Math.sqrt((expected * (1 - expected)) / runs));
  });

  it('gives the numbers of questions of the published example, and the difference that they find', () => {
    const plan = { deviation: 4.45, alpha: 0.05 };
    // By the normal approximation (1.96 + 0.8416)^2 4.45^2 = 155.4.
    expect(unitsNeeded(1, 0.8, plan).value).to.equal(158);
    expect(unitsNeeded(9, 0.8, plan).value).to.equal(5);
    expect(powerOf(1, 158, plan)).to.be.at.least(0.8);
    expect(powerOf(1, 157, plan)).to.be.below(0.8);
    expect(powerOf(detectable(158, 0.8, plan).value!, 158, plan)).to.be.closeTo(0.8, 1e-6);
  });

  it('says where there is no such number', () => {
    expect(unitsNeeded(0, 0.8, { deviation: 1, alpha: 0.05 }).why).to.be.a('string');
    expect(unitsNeeded(1, 0.8, { deviation: 0, alpha: 0.05 }).why).to.equal('the differences do not vary');
    expect(detectable(1, 0.8, { deviation: 1, alpha: 0.05 }).why).to.be.a('string');
  });
});
