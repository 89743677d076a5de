import type { Diagnostic } from './diagnostic.ts';
import type { Locator } from './pipeline/locator.ts';
import type { StageFailureDetails } from './stage-kind.ts';

/** Known by what it says, not by its class: a user's module may bring a copy of the class, and models have their own. */
export function isExpectedFailure(error: unknown): error is { readonly details: StageFailureDetails } {
  const details = error instanceof Error ? (error as { details?: unknown }).details : undefined;
  if (typeof details !== 'object' || details === null) return false;
  const { code, blame, message } = details as Record<string, unknown>;
  return typeof code === 'string' && typeof message === 'string' && (blame === 'user' || blame === 'machine');
}

/** A failure of a stage with the place of the option that is at fault, or else of the stage. */
export function failureDiagnostic(
  { details }: { readonly details: StageFailureDetails },
  at?: { readonly locator: Locator; readonly stage: string },
): Diagnostic {
  const { code, blame, message, path, where, expected, found, next } = details;
  return {
    code,
    severity: 'error',
    message,
    blame,
    ...(at &&
      (path === undefined
        ? at.locator.key(['stages', at.stage])
        : at.locator.value(['stages', at.stage, 'with', ...path]))),
    ...(where !== undefined && { where }),
    ...(expected !== undefined && { expected }),
    ...(found !== undefined && { found }),
    ...(next !== undefined && { next }),
  };
}
