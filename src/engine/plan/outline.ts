import type { CheckedStage } from '../pipeline/pipeline.ts';
import type { StageOutline } from '../record.ts';

/** What plans and records say of a stage whatever becomes of it. */
export function outlineOf({ name, entry, uses, from, matrix, gathered }: CheckedStage): StageOutline {
  return {
    name,
    uses,
    from,
    ...(matrix !== undefined && { instance: { of: entry, matrix } }),
    ...(gathered === true && { gathers: true }),
  };
}
