import { hasCode } from '../../system/errno.ts';
import { isFailure } from '../../system/failure.ts';
import { retrying } from '../../system/retry.ts';

/** How long to wait before each further attempt, in milliseconds: what is held for a moment is free by the second. */
const BACKOFF_MS = [500, 2000] as const;

/**
 * Errors of the system that say "not now": a file that another program holds, no descriptors left for the moment, a
 * connection that broke off. All others would come again.
 */
const NOT_NOW = [
  'EAGAIN',
  'EBUSY',
  'ECONNABORTED',
  'ECONNRESET',
  'EMFILE',
  'ENFILE',
  'EPIPE',
  'ETIMEDOUT',
  'ETXTBSY',
] as const;

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
 * Does the work of a stage, and again with backoff where it failed by something that passes. What is deterministic fails
 * at once: it would fail again.
 */
export function withRetries<T>(work: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { wait, signal, isOver, onRetry } = options;
  return retrying(work, {
    signal,
    isWanted: () => !isOver(),
    ...(wait && { wait: (ms) => wait(ms, signal) }),
    pauseAfter(error, attempt) {
      const waitMs = BACKOFF_MS[attempt - 1];
      if (waitMs === undefined || !isTransient(error) || signal.aborted || isOver()) return undefined;
      onRetry({ attempt, of: BACKOFF_MS.length + 1, error, waitMs });
      return waitMs;
    },
  });
}

/** Whether a failure is known to pass: by what it says of itself, or by the error of the system that it is. */
export function isTransient(error: unknown): boolean {
  if (isFailure(error)) return error.details.blame === 'machine' && error.details.transient === true;
  if (!(error instanceof Error)) return false;
  // `fetch` gives the error of the system as the cause of its own.
  return hasCode(error, ...NOT_NOW) || (error.cause instanceof Error && isTransient(error.cause));
}
