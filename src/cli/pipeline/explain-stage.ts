import { withInputRows, type WhereArtifactsAre } from '../../engine/diff/input-rows.ts';
import { listRuns, readRun } from '../../engine/index.ts';
import type { Json } from '../../system/json.ts';
import { changesSince } from '../../engine/plan/reasons.ts';
import type { PlannedStage, RunStage, StageKey } from '../../engine/record.ts';

/** A stage's key, component by component, beside that of a run that recorded one. */
export interface Explanation {
  /** As it is planned, or as the later run recorded it. Its reasons are those against `run`. */
  readonly stage: PlannedStage | RunStage;
  /** The run it is compared with; absent if none has recorded this stage. */
  readonly run?: string;
  /** The run that it is of; absent when it is planned. */
  readonly of?: string;
  readonly components: readonly KeyComponent[];
}

export interface RecordedStage {
  readonly run: string;
  readonly pipeline: string;
  readonly stage: RunStage;
}

export interface KeyComponent {
  readonly path: readonly (string | number)[];
  readonly before?: Json;
  readonly after?: Json;
}

/** A planned stage against the last run that recorded it, or against a given one. */
export async function explainStage(
  stage: PlannedStage,
  where: WhereArtifactsAre,
  given?: RecordedStage,
): Promise<Explanation> {
  if (given !== undefined) return compare(stage, given.stage.key, given.run, where);
  const last = await lastKey(stage.name, where.pipeline, where.runsDir);
  const reasons = await withInputRows(stage.reasons, where);
  return {
    stage: { ...stage, reasons },
    ...(last && { run: last.run }),
    components: besides(last?.key, stage.key),
  };
}

/** A recorded stage against an earlier record of it. */
export async function explainStageBetween(
  before: RecordedStage,
  after: RecordedStage,
  where: Omit<WhereArtifactsAre, 'pipeline'>,
): Promise<Explanation> {
  const found = await compare(after.stage, before.stage.key, before.run, {
    ...where,
    pipeline: after.pipeline,
  });
  return { ...found, of: after.run };
}

async function compare(
  stage: PlannedStage | RunStage,
  before: StageKey | undefined,
  run: string,
  where: WhereArtifactsAre,
): Promise<Explanation> {
  const changed = before && stage.key ? changesSince(before, stage.key, new Set()) : stage.reasons;
  const reasons = await withInputRows(changed, where);
  return { stage: { ...stage, reasons }, run, components: besides(before, stage.key) };
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

async function lastKey(
  stage: string,
  pipeline: string,
  runsDir: string,
): Promise<{ run: string; key: StageKey } | undefined> {
  for (const { id } of await listRuns(runsDir)) {
    const run = await readRun(runsDir, id);
    if (!run.ok || run.value.record.pipeline.name !== pipeline) continue;
    const key = run.value.record.stages.find(({ name }) => name === stage)?.key;
    if (key) return { run: id, key };
  }
  return undefined;
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
