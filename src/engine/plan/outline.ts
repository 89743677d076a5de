import type { CheckedStage } from '../pipeline/pipeline.ts';
import type { StageOutline } from '../record.ts';

/** What plans and records say of a stage whatever becomes of it. */
export function outlineOf({ name, node, uses, from, matrix, gathers }: CheckedStage): StageOutline {
  return {
    name,
    uses,
    from,
    ...(matrix !== undefined && { instance: { of: node, matrix } }),
    ...(gathers === true && { gathers }),
  };
}
