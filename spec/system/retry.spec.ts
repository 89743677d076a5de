import { expect } from 'chai';
import { retrying, type Patience } from '../../src/system/retry.ts';

describe('retrying', () => {
  /** Work that fails so often, told what it was asked and how long it was waited. */
  function failing(times: number, patience: Partial<Patience> = {}) {
    const waits: number[] = [];
    const counts: number[] = [];
    let tries = 0;
    const done = retrying(
      () => {
        tries += 1;
        return tries <= times ? Promise.reject(new Error(`no ${tries}`)) : Promise.resolve(tries);
      },
      {
        pauseAfter(_error, failures) {
          counts.push(failures);
          return failures > 3 ? undefined : 10 * failures;
        },
        wait: (ms) => Promise.resolve(void waits.push(ms)),
        ...patience,
      },
    );
    return { done, waits, counts };
  }

  it('goes on until the work is done', async () => {
    const { done, waits } = failing(3);
    expect([await done, waits]).to.deep.equal([4, [10, 20, 30]]);
  });

  it('gives up with the last error when there is no further pause', async () => {
    const { done, counts } = failing(Infinity);
    expect(await done.catch(String)).to.equal('Error: no 4');
    expect(counts).to.deep.equal([1, 2, 3, 4]);
  });

  it('counts anew after progress', async () => {
    let reached = 0;
    let tries = 0;
    const counts: number[] = [];
    const work = () => {
      tries += 1;
      // The third attempt gets further than those before it.
      if (tries === 3) reached = 100;
      return tries < 6 ? Promise.reject(new Error('no')) : Promise.resolve();
    };
    await retrying(work, {
      progress: () => reached,
      pauseAfter: (_error, failures) => counts.push(failures),
      wait: () => Promise.resolve(),
    });
    expect(counts).to.deep.equal([1, 2, 1, 2, 3]);
  });

  it('throws what is thrown in place of the error', async () => {
    const { done } = failing(1, {
      pauseAfter() {
        throw new Error('patience is over');
      },
    });
    expect(await done.catch(String)).to.equal('Error: patience is over');
  });

  it('makes no attempt that is not wanted any more', async () => {
    const { done, waits } = failing(1, { isWanted: () => false });
    expect(await done.catch(String)).to.equal('Error: no 1');
    expect(waits).to.deep.equal([10]);
  });

  it('waits by the clock, and not when it is aborted', async () => {
    const stop = new AbortController();
    const waiting = retrying(() => Promise.reject(new Error('no')), {
      signal: stop.signal,
      pauseAfter: () => {
        setImmediate(() => stop.abort());
        return 60_000;
      },
    });
    expect(await waiting.catch((error: unknown) => error)).to.include({ name: 'AbortError' });
    let tries = 0;
    const began = performance.now();
    await retrying(() => ((tries += 1) === 1 ? Promise.reject(new Error('no')) : Promise.resolve()), {
      pauseAfter: () => 20,
    });
    expect(performance.now() - began).to.be.at.least(19);
  });
});
