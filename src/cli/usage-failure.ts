import type { Diagnostic, Result } from '../engine/diagnostic.ts';

/** Ends a command with diagnostics and exit code 2. Not a bug: nothing of it is shown as one. */
export class UsageFailure extends Error {
  override readonly name = 'UsageFailure';
  readonly problems: readonly Diagnostic[];

  constructor(problems: readonly Diagnostic[]) {
    super(problems.map(({ message }) => message).join('\n'));
    this.problems = problems;
  }
}

export function usageFailure(code: string, message: string, more: Partial<Diagnostic> = {}): UsageFailure {
  return new UsageFailure([{ code, severity: 'error', message, ...more }]);
}

/** The value, or the end of the command. */
export function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new UsageFailure(result.problems);
  return result.value;
}
