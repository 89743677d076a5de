import type { StageOutline } from '../../engine/record.ts';
import { didYouMean, listNames } from '../../system/suggest.ts';
import { usageFailure, type UsageFailure } from '../usage-failure.ts';

/** @param of what has no such stage: a pipeline, or a run */
export function noStage(name: string, stages: readonly StageOutline[], of: string): UsageFailure {
  const names = stages.map((stage) => stage.name);
  const next = didYouMean(name, names);
  return usageFailure('unknown-stage', `${of} has no stage \`${name}\``, {
    expected: listNames(names),
    ...(next !== undefined && { next }),
  });
}
