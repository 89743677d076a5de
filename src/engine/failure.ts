import { didYouMean, listNames } from '../system/suggest.ts';
import type { Diagnostic } from './diagnostic.ts';
import type { Locator } from './pipeline/source/locator.ts';
import type { FailureDetails } from '../system/failure.ts';

/** The name of a stage, and that of its entry in the pipeline file. */
export interface FailedStage {
  readonly name: string;
  readonly entry: string;
  /** As in the file: the name of a kind, or the path of a module of the user's own. */
  readonly uses: string;
}

/** A failure of a stage with the place of the option that is at fault, or else of the stage. */
export function failureDiagnostic(
  { details }: { readonly details: FailureDetails },
  at?: { readonly locator: Locator; readonly stage: FailedStage },
): Diagnostic {
  const { code, blame, message, path, span, where, found, remedy, candidates } = details;
  const expected = details.expected ?? (candidates && listNames(candidates));
  const meant = candidates && didYouMean(details.meant ?? found ?? '', candidates);
  const advice = [meant, details.next].filter((text) => text !== undefined).join(' ');
  // Instances of a matrix stage share their place in the file.
  const instance = at !== undefined && at.stage.name !== at.stage.entry ? at.stage.name : undefined;
  const whole = [instance, where].filter((part) => part !== undefined).join(': ');
  return {
    code,
    severity: 'error',
    message,
    blame,
    ...(at &&
      (path === undefined
        ? at.locator.key(['stages', at.stage.entry])
        : at.locator.value(['stages', at.stage.entry, 'with', ...path], span))),
    ...(whole !== '' && { where: whole }),
    ...(expected !== undefined && { expected }),
    ...(found !== undefined && { found }),
    ...(advice !== '' && { next: advice }),
    ...(remedy !== undefined && { remedy }),
  };
}
