import type { Path } from './json.ts';

/**
 * A failure that can be expected: the user's mistake (`blame: 'user'`, exit code 2) or the machine's
 * (`blame: 'machine'`, exit code 1). Stages and the model throw it; the engine turns it into a diagnostic with its
 * place in the pipeline file.
 */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly details: FailureDetails;

  constructor(details: FailureDetails) {
    super(details.message);
    this.details = details;
  }
}

export interface FailureDetails {
  /** Stable, kebab-case, for programs: `model-not-found`. */
  readonly code: string;
  readonly blame: 'user' | 'machine';
  readonly message: string;
  /** Which option of a stage is at fault, if one is: path inside `with`. */
  readonly path?: Path;
  /** A place outside the pipeline file: `model.safetensors, tensor lm_head.weight`. */
  readonly where?: string;
  readonly expected?: string;
  readonly found?: string;
  readonly next?: string;
  /** With blame `machine`: it passes by itself (a worker that died, a file that is held), so it is tried again. */
  readonly transient?: true;
}

/** Known by what it says, not by its class: a user's module may bring a copy of the class. */
export function isFailure(error: unknown): error is { readonly details: FailureDetails } {
  const details = error instanceof Error ? (error as { details?: unknown }).details : undefined;
  if (typeof details !== 'object' || details === null) return false;
  const { code, blame, message } = details as Record<string, unknown>;
  return typeof code === 'string' && typeof message === 'string' && (blame === 'user' || blame === 'machine');
}
