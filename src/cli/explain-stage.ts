import { listRuns, readRun } from '../engine/index.ts';
import type { Json } from '../engine/json.ts';
import type { PlannedStage, StageKey } from '../engine/record.ts';

/** A stage's key, component by component, beside that of the last run that recorded one. */
export interface Explanation {
  readonly stage: PlannedStage;
  /** The run it is compared with; absent if none has recorded this stage. */
  readonly run?: string;
  readonly components: readonly KeyComponent[];
}

export interface KeyComponent {
  readonly path: readonly (string | number)[];
  readonly before?: Json;
  readonly after?: Json;
}

export async function explainStage(
  stage: PlannedStage,
  pipeline: string,
  runsDir: string,
): Promise<Explanation> {
  const last = await lastKey(stage.name, pipeline, runsDir);
  const before = new Map(components(last?.key));
  const after = new Map(components(stage.key));
  const paths = new Set([...after.keys(), ...before.keys()]);
  return {
    stage,
    ...(last ? { run: last.run } : {}),
    components: [...paths].map((text) => {
      const [old, now] = [before.get(text), after.get(text)];
      return {
        path: JSON.parse(text) as (string | number)[],
        ...(old === undefined ? {} : { before: old }),
        ...(now === undefined ? {} : { after: now }),
      };
    }),
  };
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
