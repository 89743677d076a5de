import { setTimeout as sleep } from 'node:timers/promises';

/** When to try again. What passes by itself and what does not, each caller knows of its own work. */
export interface Patience {
  /**
   * How long to wait before the next attempt, in milliseconds; undefined when there is to be none. Called once for each
   * failure, so that it can tell somebody; it may throw what is to be thrown in place of the error.
   * @param failures how many there were in a row, this one included: 1 after the first
   */
  readonly pauseAfter: (error: unknown, failures: number) => number | undefined;
  /** A figure that grows while attempts get somewhere: growth begins the count of failures anew. */
  readonly progress?: () => number;
  /** Whether another attempt is still wanted once the waiting is over. Default: it is. */
  readonly isWanted?: () => boolean;
  readonly signal?: AbortSignal | undefined;
  /** Waits that many milliseconds; rejects when the signal is aborted. */
  readonly wait?: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
}

/** Does work, and again after a pause for as long as `pauseAfter` gives one. @throws the last error, or the signal's */
export async function retrying<T>(work: () => Promise<T>, patience: Patience): Promise<T> {
  const { pauseAfter, progress = () => 0, isWanted = () => true, signal, wait = waitFor } = patience;
  let reached = progress();
  for (let failures = 0; ;) {
    signal?.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      const now = progress();
      failures = now > reached ? 1 : failures + 1;
      reached = Math.max(reached, now);
      const pauseMs = pauseAfter(error, failures);
      if (pauseMs === undefined) throw error;
      await wait(pauseMs, signal);
      if (!isWanted()) throw error;
    }
  }
}

async function waitFor(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(ms, undefined, signal && { signal });
}
