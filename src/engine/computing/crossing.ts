import { Failure, type FailureDetails, isFailure } from '../../system/failure.ts';
import { InternalError } from '../../system/internal-error.ts';

/** Something that was thrown, as it passes between threads: nothing that people or records are told of it is lost. */
export type Crossed =
  | { readonly type: 'failure'; readonly details: FailureDetails; readonly stack?: string }
  | {
      readonly type: 'error';
      readonly name: string;
      readonly message: string;
      readonly stack?: string;
      /** Of an error of the system: `EBUSY`. */
      readonly code?: string;
      /** Of an `InternalError`. */
      readonly contradiction?: string;
      readonly cause?: Crossed;
    }
  | { readonly type: 'other'; readonly text: string };

/** How many causes are followed: a circle of them has no end. */
const MOST_CAUSES = 8;

export function toCross(error: unknown, depth = 0): Crossed {
  const stack = error instanceof Error && typeof error.stack === 'string' ? { stack: error.stack } : {};
  if (isFailure(error)) return { type: 'failure', details: plainDetails(error.details), ...stack };
  if (!(error instanceof Error)) return { type: 'other', text: textOf(error) };
  const code = (error as { readonly code?: unknown }).code;
  return {
    type: 'error',
    // A module may have put anything there.
    name: textOf(error.name),
    message: textOf(error.message),
    ...stack,
    ...(typeof code === 'string' && { code }),
    ...(error instanceof InternalError && { contradiction: error.contradiction }),
    ...(error.cause !== undefined && depth < MOST_CAUSES && { cause: toCross(error.cause, depth + 1) }),
  };
}

export function fromCrossed(crossed: Crossed): unknown {
  if (crossed.type === 'other') return crossed.text;
  if (crossed.type === 'failure') return withStack(new Failure(crossed.details), crossed.stack);
  const { name, message, stack, code, contradiction, cause } = crossed;
  const options = cause === undefined ? undefined : { cause: fromCrossed(cause) };
  const error =
    contradiction === undefined ? new Error(message, options) : new InternalError(contradiction, options);
  if (contradiction === undefined) error.name = name;
  if (code !== undefined) Object.assign(error, { code });
  return withStack(error, stack);
}

function withStack(error: Error, stack: string | undefined): Error {
  if (stack !== undefined) error.stack = stack;
  return error;
}

/** A user's module may put anything into the details of a failure: what is no data stays behind. */
function plainDetails(details: FailureDetails): FailureDetails {
  const entries = Object.entries(details).flatMap(([name, value]: [string, unknown]) => {
    try {
      return [[name, structuredClone(value)] as const];
    } catch {
      return [];
    }
  });
  return Object.fromEntries(entries) as unknown as FailureDetails;
}

function textOf(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    return 'something that has no text';
  }
}
