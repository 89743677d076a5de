import { setTimeout as sleep } from 'node:timers/promises';
import { isFailure } from '../../system/failure.ts';

/** How long to wait before each further attempt, in milliseconds: what is held for a moment is free by the second. */
const BACKOFF_MS = [500, 2000] as const;

/**
 * Errors of the system that say "not now": a file that another program holds, no descriptors left for the moment, a
 * connection that broke off. All others would come again.
 */
const NOT_NOW = new Set([
  'EAGAIN',
  'EBUSY',
  'ECONNABORTED',
  'ECONNRESET',
  'EMFILE',
  'ENFILE',
  'EPIPE',
  'ETIMEDOUT',
  'ETXTBSY',
]);

export interface RetryOptions {
  /** Waits that many milliseconds; rejects when the signal is aborted. */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly signal: AbortSignal;
  /** Whether another attempt is worth it: the run may have ended meanwhile. */
  readonly isOver: () => boolean;
  /** Called before each wait. */
  readonly onRetry: (failed: {
    readonly attempt: number;
    readonly of: number;
    readonly error: unknown;
    readonly waitMs: number;
  }) => void;
}

/**
 * Does work, and again with backoff where it failed by something that passes. What is deterministic fails at once: it
 * would fail again.
 */
export async function withRetries<T>(work: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { wait = waitFor, signal, isOver, onRetry } = options;
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      const waitMs = BACKOFF_MS[attempt - 1];
      if (waitMs === undefined || !isTransient(error) || signal.aborted || isOver()) throw error;
      onRetry({ attempt, of: BACKOFF_MS.length + 1, error, waitMs });
      await wait(waitMs, signal);
      if (isOver()) throw error;
    }
  }
}

/** Whether a failure is known to pass: by what it says of itself, or by the error of the system that it is. */
export function isTransient(error: unknown): boolean {
  if (isFailure(error)) return error.details.blame === 'machine' && error.details.transient === true;
  if (!(error instanceof Error)) return false;
  // `fetch` gives the error of the system as the cause of its own.
  const { code } = error as NodeJS.ErrnoException;
  return NOT_NOW.has(code ?? '') || (error.cause instanceof Error && isTransient(error.cause));
}

async function waitFor(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal });
}
