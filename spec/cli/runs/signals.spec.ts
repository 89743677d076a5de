import { expect } from 'chai';
import { longWork } from '../../../bench/attack/long-work.ts';
import { interrupt } from '../../../bench/attack/signals.ts';
import { requireBuild } from '../assay.ts';

/** A program that does not answer hangs for a minute or for ever; a machine that is busy takes seconds. */
const MOST_MS = 15_000;

/** Over so soon that the signal may come after it. */
const SHORT = ['gc', 'diff'];

/** What comes after is the same for all: a run that goes on. */
const GO_ON = ['own stage', 'tokenizer'];

describe('a signal amid long work', () => {
  before(requireBuild);

  for (const [index, work] of longWork.entries()) {
    const signal = index % 2 === 0 ? 'SIGINT' : 'SIGTERM';
    it(`is answered, and the second one ends it: ${work.name}, ${signal}`, async function () {
      this.timeout(120_000);
      const goOn = GO_ON.includes(work.name);
      const { answeredMs, endedMs, isLate, problems } = await interrupt(work, { signal, afterMs: 250, goOn });
      expect(isLate && !SHORT.includes(work.name), 'it had ended before').to.equal(false);
      expect(answeredMs).to.be.lessThan(MOST_MS);
      expect(endedMs ?? 0).to.be.lessThan(MOST_MS);
      expect(problems).to.deep.equal([]);
    });
  }
});
