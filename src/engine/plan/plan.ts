import type { Diagnostic, Result } from '../diagnostic.ts';
import { failureDiagnostic } from '../failure.ts';
import { isFailure } from '../../system/failure.ts';
import type {
  CheckedPipeline,
  CheckedStage,
  Contents,
  PlannedPipeline,
  StageToRun,
} from '../pipeline/pipeline.ts';
import { problemOutside } from '../pipeline/problems.ts';
import { didYouMean, listNames } from '../../system/suggest.ts';
import type { PlannedStage, Reason } from '../record.ts';
import type { External, Services } from '../stage-kind.ts';
import type { Store } from '../store/store.ts';
import { outlineOf } from './outline.ts';
import { openHistory, type History, type LastResult } from './history.ts';
import { digestOfKey, stageKey } from './key.ts';
import { changesSince, reasonsToRun } from './reasons.ts';
import { sourcesOfKind } from './source-digest.ts';

export interface PlanOptions {
  readonly store: Store;
  /** Folder of the recorded runs, which reasons are told against; it need not exist. */
  readonly runsDir: string;
  readonly services: Services;
  /** Stages to run whether or not their result is in the store; `true` for all. */
  readonly force?: true | readonly string[];
}

/** What a run would do now, and why. Writes nothing. */
export async function planPipeline(
  checked: CheckedPipeline,
  options: PlanOptions,
): Promise<Result<PlannedPipeline>> {
  const unknown = unknownForced(checked, options.force);
  const { stages, problems } = await identify(checked, options);
  if (unknown.length + problems.length > 0) return { ok: false, problems: [...unknown, ...problems] };
  try {
    const planned: Contents<PlannedPipeline> = {
      checked,
      stages,
      plan: {
        format: 'assay-plan/1',
        pipeline: { name: checked.name, file: checked.file },
        params: checked.params,
        stages: planStages(stages, options.store, openHistory(options.runsDir, checked.name)),
      },
    };
    return { ok: true, warnings: [], value: planned as PlannedPipeline };
  } catch (error) {
    if (!isFailure(error)) throw error;
    return { ok: false, problems: [failureDiagnostic(error)] };
  }
}

function unknownForced(checked: CheckedPipeline, force: PlanOptions['force']): Diagnostic[] {
  const names = [...new Set(checked.stages.flatMap(({ name, entry }) => [entry, name]))];
  return (force === true ? [] : (force ?? []))
    .filter((name) => !names.includes(name))
    .map((name) =>
      problemOutside('unknown-stage', `no stage \`${name}\` in the pipeline to force`, {
        expected: listNames(names),
        found: name,
        next: didYouMean(name, names),
      }),
    );
}

/** Sources and externals of every stage, asked at once: a model host identifies one model for all who name it. */
async function identify(
  checked: CheckedPipeline,
  { services, force }: PlanOptions,
): Promise<{ readonly stages: readonly StageToRun[]; readonly problems: readonly Diagnostic[] }> {
  const forced = new Set(force === true ? checked.stages.map(({ entry }) => entry) : force);
  const found = await Promise.all(
    checked.stages.map(async (stage) => {
      const sources = stage.sources ?? (await sourcesOfKind(stage.kind));
      const externals = await externalsOf(stage, checked, services);
      return { stage, sources, externals };
    }),
  );
  const stages: StageToRun[] = [];
  const problems: Diagnostic[] = [];
  for (const { stage, sources, externals } of found) {
    if (!externals.ok) {
      problems.push(externals.problem);
      continue;
    }
    stages.push({
      ...stage,
      source: sources.files,
      packages: sources.packages,
      externals: externals.value,
      forced: forced.has(stage.name) || forced.has(stage.entry),
    });
  }
  return { stages, problems: merged(problems) };
}

type Externals =
  | { readonly ok: true; readonly value: Readonly<Record<string, External>> }
  | { readonly ok: false; readonly problem: Diagnostic };

async function externalsOf(
  stage: CheckedStage,
  { baseDir, locator }: CheckedPipeline,
  services: Services,
): Promise<Externals> {
  try {
    return { ok: true, value: (await stage.kind.externals?.(stage.options, { baseDir, services })) ?? {} };
  } catch (error) {
    if (!isFailure(error)) throw error;
    return { ok: false, problem: failureDiagnostic(error, { locator, stage }) };
  }
}

/** One model that several stages name is one mistake: it is told once, with the other places beside it. */
function merged(problems: readonly Diagnostic[]): Diagnostic[] {
  const told = new Map<string, Diagnostic>();
  for (const problem of problems) {
    const { code, message, where, expected, found, place } = problem;
    const same = JSON.stringify([code, message, where, expected, found]);
    const first = told.get(same);
    if (first === undefined) told.set(same, problem);
    else if (place !== undefined) {
      told.set(same, { ...first, related: [...(first.related ?? []), { message: 'and here', place }] });
    }
  }
  return [...told.values()];
}

function planStages(stages: readonly StageToRun[], store: Store, history: History): PlannedStage[] {
  /** Digests of artifacts that are there; a stage that runs has none yet. */
  const digests = new Map<string, string>();
  return stages.map((stage) => {
    const { name } = stage;
    const outline = outlineOf(stage);
    const { inputs, pending } = knownInputs(stage, digests);
    const key = stageKey(stage, inputs);
    if (pending.size > 0) {
      const last = history.last(name);
      const upstream = [...new Set(pending.values())];
      const reasons: Reason[] = [
        ...(stage.forced ? [{ type: 'forced' } as const] : []),
        { type: 'upstream', stages: upstream },
        ...(last ? changesSince(last.key, key, new Set(pending.keys())) : []),
      ];
      return { ...outline, state: 'waiting', reasons, ...lastSaid(last, store) };
    }
    const keyDigest = digestOfKey(key);
    const found = store.lookup(keyDigest);
    if (found.state === 'hit' && !stage.forced) {
      digests.set(name, found.result.artifact.digest);
      return { ...outline, state: 'cached', key, keyDigest, reasons: [], ...saidLast(found.result) };
    }
    const last = history.last(name);
    const reasons = reasonsToRun(stage, key, found, last?.key);
    return { ...outline, state: 'run', key, keyDigest, reasons, ...lastSaid(last, store) };
  });
}

type LastSaid = Pick<PlannedStage, 'lastDurationMs' | 'lastFigures'>;

function lastSaid(last: LastResult | undefined, store: Store): LastSaid {
  if (last?.durationMs !== undefined) return saidLast(last);
  const found = last?.keyDigest === undefined ? undefined : store.lookup(last.keyDigest);
  return found?.state === 'hit' ? saidLast(found.result) : {};
}

function saidLast({ durationMs, figures = {} }: Pick<LastResult, 'durationMs' | 'figures'>): LastSaid {
  return {
    ...(durationMs !== undefined && { lastDurationMs: durationMs }),
    ...(Object.keys(figures).length > 0 && { lastFigures: figures }),
  };
}

/** Digests of the inputs that are made, and the stages that make the others, by input name. */
function knownInputs(
  { from }: StageToRun,
  digests: ReadonlyMap<string, string>,
): { inputs: Record<string, string>; pending: Map<string, string> } {
  const inputs: Record<string, string> = {};
  const pending = new Map<string, string>();
  for (const [input, source] of Object.entries(from)) {
    const digest = digests.get(source);
    if (digest === undefined) pending.set(input, source);
    else inputs[input] = digest;
  }
  return { inputs, pending };
}
