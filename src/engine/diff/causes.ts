import type { Reason, RunRecord, RunStage } from '../record.ts';
import { changesSince } from '../plan/reasons.ts';
import type { CodeDiff } from './run-diff.ts';

/** Why what a stage gave may differ: how its keys do. Undefined where a run has no key of it. */
export function causesOf(
  before: RunStage | undefined,
  after: RunStage | undefined,
): readonly Reason[] | undefined {
  if (before?.key === undefined || after?.key === undefined) return undefined;
  return changesSince(before.key, after.key, new Set());
}

/**
 * Stages that nothing reached but noise: all that differs between their keys is what stages of the same kind gave, or what
 * a model was computed by. What they give may differ only because numbers were read anew.
 */
export function unreachedStages(a: RunRecord, b: RunRecord): ReadonlySet<string> {
  const old = new Map(a.stages.map((stage) => [stage.name, stage]));
  const found = new Set<string>();
  // In the order of execution: what a stage reads stands before it.
  for (const stage of b.stages) {
    const causes = causesOf(old.get(stage.name), stage);
    const isUnreached = causes?.every((cause) => {
      if (cause.type !== 'changed') return false;
      const [component, input, part] = cause.path;
      if (component === 'externals') return part === 'numerics';
      if (component !== 'inputs') return false;
      const source = typeof input === 'string' ? stage.from[input] : undefined;
      return source !== undefined && found.has(source);
    });
    if (isUnreached === true) found.add(stage.name);
  }
  return found;
}

/** Modules and packages that differ. Stages that see the same change share one entry. */
export function diffCode(a: RunRecord, b: RunRecord): CodeDiff[] {
  const old = new Map(a.stages.map((stage) => [stage.name, stage]));
  const found = new Map<string, CodeDiff>();
  for (const stage of b.stages) {
    for (const cause of causesOf(old.get(stage.name), stage) ?? []) {
      if (cause.type !== 'changed') continue;
      const { path, before, after } = cause;
      const [component, ...rest] = path;
      if (component !== 'source' && component !== 'packages') continue;
      const name = rest.join('/');
      const same = JSON.stringify([component, name, before, after]);
      const what = component === 'packages' ? 'package' : isOwnModule(stage) ? 'module' : 'assay';
      const known = found.get(same);
      found.set(same, {
        what,
        name,
        stages: [...(known?.stages ?? []), stage.name],
        ...(typeof before === 'string' && { before }),
        ...(typeof after === 'string' && { after }),
      });
    }
  }
  return [...found.values()];
}

/** Kinds that ship are named, modules of the pipeline's own are paths. */
function isOwnModule({ uses, gathers }: RunStage): boolean {
  return gathers !== true && /[\\/]/.test(uses);
}
