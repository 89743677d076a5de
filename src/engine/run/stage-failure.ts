import type { Diagnostic } from '../diagnostic.ts';
import { failureDiagnostic, type FailedStage } from '../failure.ts';
import { isFailure } from '../../system/failure.ts';
import { contradictionOf } from '../../system/internal-error.ts';
import type { Locator } from '../pipeline/source/locator.ts';
import { isModulePath } from '../pipeline/module-path.ts';

/** What ended a stage, in words for the record. */
export interface StageFailure {
  readonly failure: Diagnostic;
  /** Of an error that nobody foresaw; it is for events.jsonl alone. */
  readonly stack?: string;
  /** Every other stage would meet it too: the run ends, even one that is to keep going. */
  readonly endsRun: boolean;
}

/** An error as the failure of a stage. An error that is no `Failure` is a bug: the user's in a module, else Assay's. */
export function failureOf(error: unknown, locator: Locator, stage: FailedStage): StageFailure {
  if (isFailure(error)) {
    const endsRun = error.details.endsRun === true;
    // A failure of the whole run is no stage's fault, so no stage is pointed at.
    return { failure: failureDiagnostic(error, endsRun ? undefined : { locator, stage }), endsRun };
  }
  const failure = isModulePath(stage.uses) ? bugInModule(error, locator, stage) : bug(error, locator, stage);
  const stack = error instanceof Error ? error.stack : undefined;
  return { failure, ...(stack !== undefined && { stack }), endsRun: false };
}

function bugInModule(error: unknown, locator: Locator, { name, entry, uses }: FailedStage): Diagnostic {
  return {
    code: 'stage-code-failed',
    severity: 'error',
    message: `${uses} failed: ${contradictionOf(error)}`,
    blame: 'user',
    ...locator.value(['stages', entry, 'uses']),
    ...(name !== entry && { where: name }),
    next: 'correct the module; the stack is in events.jsonl of the run',
  };
}

function bug(error: unknown, locator: Locator, { name, entry }: FailedStage): Diagnostic {
  return {
    code: 'internal-error',
    severity: 'error',
    message: `Internal error: ${contradictionOf(error)}`,
    blame: 'machine',
    ...locator.key(['stages', entry]),
    ...(name !== entry && { where: name }),
    next: 'this is a bug: the stack is in events.jsonl of the run',
  };
}
