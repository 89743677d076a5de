import { expect } from 'chai';
import { tryFigure } from '../../bench/hostile/figures.ts';

/** bench/figures.ts does the same with ten thousand, and measures. */
describe('500 hostile figures', () => {
  it('run nothing, and are refused with their place; those that are right and drawn hold no script', async () => {
    const outcomes: string[] = [];
    for (let seed = 0; seed < 500; seed += 1) {
      const { outcome, isPlaced, fault, spec, said } = await tryFigure(seed, { draws: seed % 16 === 0 });
      outcomes.push(outcome);
      const told = `seed ${seed}: ${said} ${JSON.stringify(spec).slice(0, 200)}`;
      expect(fault, told).to.equal(undefined);
      if (outcome === 'refused') expect(isPlaced, told).to.equal(true);
    }
    // A fuzzer whose figures are all refused, or all drawn, would test half of it.
    expect(outcomes).to.include.members(['drawn', 'refused', 'right']);
  });
});
