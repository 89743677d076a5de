import { withInputRows, type WhereArtifactsAre } from '../../engine/diff/input-rows.ts';
import { InternalError } from '../../system/internal-error.ts';
import type { Json } from '../../system/json.ts';
import { changesSince } from '../../engine/plan/reasons.ts';
import type { PlannedStage, Reason, RunStage, StageKey } from '../../engine/record.ts';

/** A stage's key, component by component, beside that of a run that recorded one. */
export interface Explanation {
  /** As it is planned, or as the later run recorded it. Its reasons are those against `run`. */
  readonly stage: PlannedStage | RunStage;
  /** The run it is compared with; absent if none has recorded this stage. */
  readonly run?: string;
  /** The run that it is of; absent when it is planned. */
  readonly of?: string;
  readonly components: readonly KeyComponent[];
  /** Of a matrix: each of its instances; the rest is of the stage that gathers them. */
  readonly instances?: readonly Explanation[];
}

export interface KeyComponent {
  readonly path: readonly (string | number)[];
  readonly before?: Json;
  readonly after?: Json;
}

/** Where a stage stands in a run: what it recorded. */
export interface Recorded {
  /** The run's id. */
  readonly run: string;
  /** The stage, then its instances if it is a matrix. */
  readonly stages: readonly RunStage[];
}

/**
 * A stage, and the instances of a matrix, against what a run recorded of it.
 * @param stages as they are planned or as the run `of` recorded them: the stage, then its instances
 */
export async function explainStages(
  stages: readonly (PlannedStage | RunStage)[],
  before: Recorded | undefined,
  where: WhereArtifactsAre,
  of?: string,
): Promise<Explanation> {
  const explained = await Promise.all(
    stages.map((stage) => {
      const old = before?.stages.find(({ name }) => name === stage.name);
      return explainStage(
        stage,
        before === undefined ? undefined : { run: before.run, key: old?.key },
        where,
        of,
      );
    }),
  );
  const [stage, ...instances] = explained;
  if (stage === undefined) throw new InternalError('expected a stage to explain, was none');
  return { ...stage, ...(instances.length > 0 && { instances }) };
}

async function explainStage(
  stage: PlannedStage | RunStage,
  before: { readonly run: string; readonly key: StageKey | undefined } | undefined,
  where: WhereArtifactsAre,
  of: string | undefined,
): Promise<Explanation> {
  const reasons = await withInputRows(reasonsAgainst(stage, before?.key), where);
  return {
    stage: { ...stage, reasons },
    ...(before && { run: before.run }),
    ...(of !== undefined && { of }),
    components: besides(before?.key, stage.key),
  };
}

/** What its key says, after what no key can say: that it was forced, that its result was lost. */
function reasonsAgainst(
  { reasons, key }: PlannedStage | RunStage,
  before: StageKey | undefined,
): readonly Reason[] {
  if (before === undefined || key === undefined) return reasons;
  const others = reasons.filter(({ type }) => type === 'forced' || type === 'result-lost');
  return [...others, ...changesSince(before, key, new Set())];
}

function besides(old: StageKey | undefined, now: StageKey | undefined): KeyComponent[] {
  const before = new Map(components(old));
  const after = new Map(components(now));
  const paths = new Set([...after.keys(), ...before.keys()]);
  return [...paths].map((text) => {
    const [was, is] = [before.get(text), after.get(text)];
    return {
      path: JSON.parse(text) as (string | number)[],
      ...(was !== undefined && { before: was }),
      ...(is !== undefined && { after: is }),
    };
  });
}

/** Every leaf of the key with its path as JSON text. */
function components(key: StageKey | undefined): [string, Json][] {
  return key ? leaves(key as unknown as Json, []) : [];
}

function leaves(value: Json, path: readonly (string | number)[]): [string, Json][] {
  if (Array.isArray(value) && value.length > 0)
    return value.flatMap((item: Json, i) => leaves(item, [...path, i]));
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const entries = Object.entries(value as { readonly [name: string]: Json });
    if (entries.length > 0) return entries.flatMap(([name, item]) => leaves(item, [...path, name]));
  }
  return [[JSON.stringify(path), value]];
}
