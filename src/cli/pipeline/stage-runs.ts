import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { listRuns, readRun } from '../../engine/index.ts';
import type { RunRecord, RunStage } from '../../engine/record.ts';
import { backendNames, type BackendName } from '../../hosting/backends.ts';
import { sha256 } from '../../system/hash.ts';
import { isMap } from '../../system/json.ts';
import type { Setting } from '../options/settings.ts';

/** A run, and what it recorded of the stages of one entry of its pipeline. */
export interface StageRun {
  readonly record: RunRecord;
  /** The stage itself, or the stage that gathers a matrix and then all its instances. */
  readonly stages: readonly RunStage[];
}

/** Runs that recorded keys of a stage, newest first, read as far as they are asked for. */
export async function* runsOfStage(
  runsDir: string,
  name: string,
  pipeline?: string,
): AsyncGenerator<StageRun> {
  for (const { id, state, pipeline: of } of await listRuns(runsDir)) {
    if (state === 'damaged' || state === 'running' || (pipeline !== undefined && of !== pipeline)) continue;
    const run = await readRun(runsDir, id);
    if (!run.ok) continue;
    const { record } = run.value;
    const stages = stagesNamed(record.stages, name);
    if (stages.some(({ key }) => key !== undefined)) yield { record, stages };
  }
}

export async function first<T>(found: AsyncGenerator<T>): Promise<T | undefined> {
  for await (const each of found) return each;
  return undefined;
}

/** The stage of a name, and its instances if it is a matrix; of a run that failed there may be instances alone. */
export function stagesNamed<S extends Pick<RunStage, 'name' | 'instance'>>(
  stages: readonly S[],
  name: string,
): readonly S[] {
  return [
    ...stages.filter((stage) => stage.name === name),
    ...stages.filter(({ instance }) => instance?.of === name),
  ];
}

/** The file of the pipeline of a run, where it is still there; absolute. */
export function fileOfRun({ pipeline }: RunRecord, cwd: string): string | undefined {
  const file = resolve(cwd, pipeline.file);
  return existsSync(file) ? pipeline.file : undefined;
}

/**
 * The parameters of a run as settings, where its pipeline file is still as it was: what differs between it and the file is
 * what was set. None where the file was edited since, for then its values are those that count.
 */
export function settingsOfRun({ pipeline, params }: RunRecord, cwd: string): Setting[] {
  const file = resolve(cwd, pipeline.file);
  if (!existsSync(file) || sha256(readFileSync(file)) !== pipeline.sha256) return [];
  // The name of a setting leads into maps by its dots.
  return Object.entries(params)
    .filter(([name]) => !name.includes('.'))
    .map(([name, value]) => ({ name, value: typeof value === 'string' ? value : JSON.stringify(value) }));
}

/** The backend that a run read its models on; none where it read none, or where that backend is not known here. */
export function backendOfRun({ stages }: RunRecord): BackendName | undefined {
  for (const { key } of stages) {
    for (const external of Object.values(key?.externals ?? {})) {
      const numerics = isMap(external) ? external['numerics'] : undefined;
      const backend = numerics !== undefined && isMap(numerics) ? numerics['backend'] : undefined;
      const known = backendNames.find((name) => name === backend);
      if (known !== undefined) return known;
    }
  }
  return undefined;
}
