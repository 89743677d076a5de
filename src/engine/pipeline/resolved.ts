import type { JsonObject } from '../../system/json.ts';
import type { CheckedStage } from './pipeline.ts';

/** The stages of a pipeline for its record, by name: options filled in, those of a matrix stage by instance. */
export function resolvedStages(stages: readonly CheckedStage[]): JsonObject {
  const resolved: Record<string, JsonObject> = {};
  const instances: Record<string, Record<string, JsonObject>> = {};
  for (const { name, entry, uses, from, options, matrix, gathered } of stages) {
    if (gathered === true) continue;
    const outline = { uses, ...(Object.keys(from).length > 0 && { from }) };
    if (matrix === undefined) {
      resolved[entry] = { ...outline, with: options };
    } else {
      const all = (instances[entry] ??= {});
      all[name] = { matrix, with: options };
      resolved[entry] ??= { ...outline, instances: all };
    }
  }
  return resolved;
}
