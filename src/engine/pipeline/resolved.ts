import type { JsonObject } from '../../system/json.ts';
import type { CheckedStage } from './pipeline.ts';

/** The stages of a pipeline for its record, by name: options filled in, those of a matrix stage by instance. */
export function resolvedStages(stages: readonly CheckedStage[]): JsonObject {
  const resolved: Record<string, JsonObject> = {};
  const instances: Record<string, Record<string, JsonObject>> = {};
  for (const { name, node, uses, from, options, matrix, gathers } of stages) {
    if (gathers === true) continue;
    const outline = { uses, ...(Object.keys(from).length > 0 && { from }) };
    if (matrix === undefined) {
      resolved[node] = { ...outline, with: options };
    } else {
      const all = (instances[node] ??= {});
      all[name] = { matrix, with: options };
      resolved[node] ??= { ...outline, instances: all };
    }
  }
  return resolved;
}
