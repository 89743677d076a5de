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
  /** The part of that option's text that is at fault, where not all of it is. */
  readonly span?: TextSpan;
  /** A place outside the pipeline file: `model.safetensors, tensor lm_head.weight`. */
  readonly where?: string;
  readonly expected?: string;
  readonly found?: string;
  /** What to do about it, as far as it is done outside of Assay: `free space`. */
  readonly next?: string;
  /** What to do about it by a command or an option of Assay: the rooms below name none, and the command line words it. */
  readonly remedy?: Remedy;
  /** Names that would have been right for what was found; they become a did-you-mean. */
  readonly candidates?: readonly string[];
  /** The name that was meant to be one of `candidates`, where `found` says more than it. */
  readonly meant?: string;
  /** With blame `machine`: it passes by itself (a worker that died, a file that is held), so it is tried again. */
  readonly transient?: true;
  /** With blame `machine`: whatever else a run does would meet it too (a full store), so the run ends with it. */
  readonly endsRun?: true;
}

/** What Assay offers against a failure. Each is said after `next`, as another way out. */
export type Remedy =
  /** Keep the store somewhere else: in any folder, in one that is not there yet, or in one on another disk. */
  | { readonly code: 'other-store'; readonly folder: 'any' | 'new' | 'on-another-disk' }
  | { readonly code: 'choose-backend'; readonly backend: 'tensorflow' | 'wasm' }
  /** A process loads native TensorFlow for one device: let all models of the run have the same backend. */
  | { readonly code: 'same-backend' }
  /** `again`: what is set up is not whole. `otherwise`: the backend that works meanwhile. */
  | { readonly code: 'set-up-native'; readonly again?: true; readonly otherwise?: 'wasm' }
  | { readonly code: 'set-up-gpu' }
  /** Set native TensorFlow up, then choose it. */
  | { readonly code: 'use-native' }
  | { readonly code: 'give-memory' }
  /** Fetch a model from the hub. `offline`: that is forbidden now. */
  | { readonly code: 'pull-model'; readonly ref: string; readonly offline: boolean }
  | { readonly code: 'run-pipeline' }
  /** Say of a module of a pipeline's own that it may run. */
  | { readonly code: 'trust-module' }
  /** Keep the records of runs in another folder. */
  | { readonly code: 'other-runs' };

/** Known by what it says, not by its class: a user's module may bring a copy of the class. */
export function isFailure(error: unknown): error is { readonly details: FailureDetails } {
  const details = error instanceof Error ? (error as { details?: unknown }).details : undefined;
  if (typeof details !== 'object' || details === null) return false;
  const { code, blame, message } = details as Record<string, unknown>;
  return typeof code === 'string' && typeof message === 'string' && (blame === 'user' || blame === 'machine');
}

/** A part of a text in UTF-16 units from 0, `end` not included. */
export interface TextSpan {
  readonly start: number;
  readonly end: number;
}

/** A problem with an option, found before running. */
export interface OptionProblem {
  /** Path inside `with`, for example `['formats', 'plain', 'template']`. */
  readonly path: Path;
  readonly message: string;
  /** The part of the option's text that is at fault, where not all of it is. */
  readonly span?: TextSpan;
  readonly expected?: string;
  readonly found?: string;
  readonly next?: string;
  /** The name that was meant to be one of `candidates`, where `found` says more than it. */
  readonly meant?: string;
  /** Names that would have been right; the engine turns them into a did-you-mean. */
  readonly candidates?: readonly string[];
}
