import type { Diagnostic } from '../diagnostic.ts';
import type { OptionProblem, Remedy } from '../../system/failure.ts';
import type { Path } from '../../system/json.ts';
import type { ProblemCode } from './problem-code.ts';
import type { Located, Locator } from './source/locator.ts';
import { didYouMean, listNames } from '../../system/suggest.ts';

/** Where a problem is: at a value or at the last key of a path, at a place that is known, or outside the file. */
export type At = { readonly value: Path } | { readonly key: Path } | Located | { readonly where: string };

/** What more can be said of a problem. What is undefined is left out. */
export interface Details {
  readonly related?: Diagnostic['related'] | undefined;
  readonly expected?: string | undefined;
  readonly found?: string | undefined;
  readonly next?: string | undefined;
  readonly remedy?: Remedy | undefined;
}

/**
 * The problems of one pipeline file.
 *
 * All phases of loading share one of these and one convention: a phase adds what it finds here and returns its value,
 * or undefined when there is nothing to go on with. No phase counts problems to learn how another one ended.
 */
export class Problems {
  readonly locator: Locator;
  readonly #errors: Diagnostic[] = [];
  readonly #warnings: Diagnostic[] = [];
  /** Those errors that are of a reference to nothing. */
  readonly #unfilled = new Set<Diagnostic>();
  /** Positions of what was not read. */
  readonly #unread = new Set<string>();

  constructor(locator: Locator) {
    this.locator = locator;
  }

  error(code: ProblemCode, message: string, at: At, details: Details = {}): void {
    this.#errors.push(diagnostic('error', code, message, this.#locate(at), details));
  }

  /**
   * A value that holds a reference which cannot be filled in. Nothing else is told of that value: whatever is wrong
   * with it follows from this.
   */
  unfilled(code: ProblemCode, message: string, at: At, details: Details = {}): void {
    const problem = diagnostic('error', code, message, this.#locate(at), details);
    this.#errors.push(problem);
    this.#unfilled.add(problem);
  }

  /** Of these places nothing else is told: what stands there could not be read, and its problem is told already. */
  unread(...places: readonly Located[]): void {
    for (const at of places) {
      const where = position(at);
      if (where !== undefined) this.#unread.add(where);
    }
  }

  warning(code: ProblemCode, message: string, at: At, details: Details = {}): void {
    this.#warnings.push(diagnostic('warning', code, message, this.#locate(at), details));
  }

  /**
   * What a kind says of its options. A failure that it throws brings its code, which is whatever the kind has chosen:
   * this is the one way in for codes outside of `ProblemCode`.
   */
  ofStage(stage: string, problem: OptionProblem & { readonly code?: string; readonly where?: string }): void {
    this.#errors.push(this.#told('error', problem.code ?? 'bad-option', stage, problem));
  }

  /** What a kind doubts of options that are right. */
  doubtOfStage(stage: string, problem: OptionProblem): void {
    this.#warnings.push(this.#told('warning', 'doubtful-option' satisfies ProblemCode, stage, problem));
  }

  #told(
    severity: Diagnostic['severity'],
    code: string,
    stage: string,
    problem: OptionProblem & { readonly where?: string },
  ): Diagnostic {
    const { message, path, where, span, expected, found, candidates } = problem;
    const meant = candidates && didYouMean(problem.meant ?? found ?? '', candidates);
    const advice = [meant, problem.next].filter((text) => text !== undefined).join(' ');
    const located = this.locator.value(['stages', stage, 'with', ...path], span);
    return diagnostic(
      severity,
      code,
      message,
      { ...located, ...(where !== undefined && { where }) },
      {
        expected: expected ?? (candidates?.length ? listNames(candidates) : undefined),
        found,
        next: advice === '' ? undefined : advice,
      },
    );
  }

  /** In the order of the file, each once: a value that several aliases reach has its problem in one place. */
  get errors(): Diagnostic[] {
    const unfilled = new Set([...this.#unfilled].map(position));
    // A setting has no place, and hides nothing.
    unfilled.delete(undefined);
    return inOrder(
      this.#errors.filter((problem) => {
        const at = position(problem);
        if (at !== undefined && this.#unread.has(at) && !fromReading.has(problem.code)) return false;
        return this.#unfilled.has(problem) || !unfilled.has(at);
      }),
    );
  }

  get warnings(): Diagnostic[] {
    return inOrder(this.#warnings);
  }

  #locate(at: At): Located | { readonly where: string } {
    if ('value' in at) return this.locator.value(at.value);
    return 'key' in at ? this.locator.key(at.key) : at;
  }
}

/** Codes of what cannot be read as JSON, which hides what follows from it and is never hidden itself. */
const fromReading: ReadonlySet<string> = new Set<ProblemCode>([
  'unknown-alias',
  'alias-cycle',
  'bad-key',
  'merge-key',
  'yaml-tag',
  'duplicate-key',
]);

/** A problem that is found where there is no file to point into: before it is read, or after it is checked. */
export function problemOutside(
  code: ProblemCode,
  message: string,
  { where, ...details }: Details & { readonly where?: string } = {},
): Diagnostic {
  return diagnostic('error', code, message, where === undefined ? {} : { where }, details);
}

function diagnostic(
  severity: Diagnostic['severity'],
  code: string,
  message: string,
  at: Partial<Located> | { readonly where: string },
  { related = [], expected, found, next, remedy }: Details,
): Diagnostic {
  // Where a value came from is where it can be mended: that stands in place of all else.
  const besides = ('related' in at ? at.related : undefined) ?? related;
  return {
    code,
    severity,
    message,
    ...('place' in at && { place: at.place }),
    ...('where' in at && { where: at.where }),
    ...(besides.length > 0 && { related: besides }),
    ...(expected !== undefined && { expected }),
    ...(found !== undefined && { found }),
    ...(next !== undefined && { next }),
    ...(remedy !== undefined && { remedy }),
  };
}

function inOrder(problems: readonly Diagnostic[]): Diagnostic[] {
  const seen = new Set<string>();
  return problems
    .filter((problem) => {
      const identity = `${position(problem) ?? ''} ${problem.code} ${problem.message}`;
      return !seen.has(identity) && seen.add(identity);
    })
    .sort(
      (a, b) =>
        (a.place?.line ?? 0) - (b.place?.line ?? 0) || (a.place?.column ?? 0) - (b.place?.column ?? 0),
    );
}

function position({ place }: Pick<Diagnostic, 'place'>): string | undefined {
  return place && `${place.line}:${place.column}`;
}
