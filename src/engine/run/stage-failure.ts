import type { Diagnostic } from '../diagnostic.ts';
import { failureDiagnostic, type FailedStage } from '../failure.ts';
import { isFailure } from '../../system/failure.ts';
import { isModulePath } from '../pipeline/module-path.ts';
import type { Locator } from '../pipeline/source/locator.ts';

/** A store or a run folder that can't be written fails every stage alike: one failure says it. */
const FATAL = /^(?:store|runs)-/;

/** An error as the failure of a stage. What is not expected to fail is a bug: its stack is for events.jsonl. */
export function failureOf(
  error: unknown,
  locator: Locator,
  stage: FailedStage,
): { readonly failure: Diagnostic; readonly stack?: string; readonly fatal: boolean } {
  if (isFailure(error)) {
    const fatal = FATAL.test(error.details.code);
    // It is no stage's fault, so no stage is pointed at.
    const failure = fatal ? failureDiagnostic(error) : failureDiagnostic(error, { locator, stage });
    return { failure, fatal };
  }
  const message = error instanceof Error ? error.message : String(error);
  const told = message.startsWith('Internal error') ? message : `Internal error: ${message}`;
  const stack = error instanceof Error && error.stack !== undefined ? { stack: error.stack } : {};
  if (isModulePath(stage.uses)) {
    return {
      failure: {
        code: 'stage-code-failed',
        severity: 'error',
        message: `${stage.uses} failed: ${told.replace(/^Internal error: /, '')}`,
        blame: 'user',
        ...locator.value(['stages', stage.entry, 'uses']),
        ...(stage.name !== stage.entry && { where: stage.name }),
        next: 'correct the module; the stack is in events.jsonl of the run',
      },
      fatal: false,
      ...stack,
    };
  }
  return {
    failure: {
      code: 'internal-error',
      severity: 'error',
      message: told,
      blame: 'machine',
      ...locator.key(['stages', stage.entry]),
      ...(stage.name !== stage.entry && { where: stage.name }),
      next: 'this is a bug: the stack is in events.jsonl of the run',
    },
    fatal: false,
    ...stack,
  };
}
