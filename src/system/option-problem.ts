import type { Path } from './json.ts';

/** A problem with an option, found before running. */
export interface OptionProblem {
  /** Path inside `with`, for example `['formats', 'plain', 'template']`. */
  readonly path: Path;
  readonly message: string;
  readonly expected?: string;
  readonly found?: string;
  readonly next?: string;
  /** The name that was meant to be one of `candidates`, where `found` says more than it. */
  readonly meant?: string;
  /** Names that would have been right; the engine turns them into a did-you-mean. */
  readonly candidates?: readonly string[];
}
