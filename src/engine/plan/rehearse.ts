import type { Artifact } from '../artifact.ts';
import { decodeArtifact } from '../artifact-io.ts';
import { isModulePath } from '../pipeline/module-path.ts';
import type { PlannedPipeline, StageToRun } from '../pipeline/pipeline.ts';
import type { PlannedStage } from '../record.ts';
import type { Services } from '../stage-kind.ts';
import { Damage, type Store } from '../store/store.ts';
import { must } from '../../system/internal-error.ts';
import { rowCount } from '../../table/storage/table-of-columns.ts';

export interface RehearseOptions {
  readonly store: Store;
  /** What stages are lent: things that end a stage where its work would begin. */
  readonly services: Services;
  /** Whether that is how a stage ended. */
  readonly isReached: (error: unknown) => boolean;
  /** A stage that reads a table of more rows is left out: a plan is to be quick. */
  readonly mostRows: number;
}

/** A stage that would hold a shared resource, and whether its work was come to. */
export interface Rehearsed {
  readonly name: string;
  readonly isReached: boolean;
}

/**
 * Runs in memory those stages that would run and hold a shared resource, up to their work, and what they read. Nothing is kept, and
 * nothing that a stage says is heard. Modules of a pipeline's own are not run.
 */
export async function rehearse(
  planned: PlannedPipeline,
  options: RehearseOptions,
): Promise<readonly Rehearsed[]> {
  const rehearsal = new Rehearsal(planned, options);
  const rehearsed: Rehearsed[] = [];
  for (const stage of planned.stages) {
    if (!isShared(stage) || rehearsal.stateOf(stage.name) === 'cached') continue;
    rehearsed.push({ name: stage.name, isReached: await rehearsal.reaches(stage.name) });
  }
  return rehearsed;
}

function isShared({ kind, options, externals }: StageToRun): boolean {
  return Object.values(kind.resources?.(options, externals) ?? {}).some((hold) => typeof hold === 'object');
}

class Rehearsal {
  readonly #options: RehearseOptions;
  readonly #baseDir: string;
  readonly #stages: ReadonlyMap<string, StageToRun>;
  readonly #planned: ReadonlyMap<string, PlannedStage>;
  readonly #artifacts = new Map<string, Promise<Artifact | undefined>>();
  readonly #reached = new Set<string>();

  constructor({ checked, stages, plan }: PlannedPipeline, options: RehearseOptions) {
    this.#options = options;
    this.#baseDir = checked.baseDir;
    this.#stages = new Map(stages.map((stage) => [stage.name, stage]));
    this.#planned = new Map(plan.stages.map((stage) => [stage.name, stage]));
  }

  stateOf(name: string): PlannedStage['state'] {
    return this.#plannedStage(name).state;
  }

  /** Whether the stage came to its work, or ended without any. */
  async reaches(name: string): Promise<boolean> {
    return (await this.#artifact(name)) !== undefined || this.#reached.has(name);
  }

  /** What a stage gives; undefined where that is not known without its work. */
  #artifact(name: string): Promise<Artifact | undefined> {
    const artifact = this.#artifacts.get(name) ?? this.#make(name).catch(() => undefined);
    this.#artifacts.set(name, artifact);
    return artifact;
  }

  async #make(name: string): Promise<Artifact | undefined> {
    const { state, keyDigest } = this.#plannedStage(name);
    if (state === 'cached') return this.#stored(must(keyDigest, 'the key of what is cached'));
    const stage = must(this.#stages.get(name), `the stage ${name}`);
    if (isModulePath(stage.kind.name)) return undefined;
    const inputs: Record<string, Artifact> = {};
    for (const [input, source] of Object.entries(stage.from)) {
      const artifact = await this.#artifact(source);
      if (artifact === undefined || rowsIn(artifact) > this.#options.mostRows) return undefined;
      inputs[input] = artifact;
    }
    const silent = (): void => undefined;
    try {
      return await stage.kind.run({
        stage: name,
        options: stage.options,
        inputs,
        externals: stage.externals,
        baseDir: this.#baseDir,
        services: this.#options.services,
        signal: new AbortController().signal,
        progress: silent,
        warn: silent,
        measure: silent,
        judge: silent,
      });
    } catch (error) {
      if (this.#options.isReached(error)) this.#reached.add(name);
      return undefined;
    }
  }

  async #stored(keyDigest: string): Promise<Artifact | undefined> {
    const found = this.#options.store.lookup(keyDigest);
    if (found.state !== 'hit') return undefined;
    const files = await this.#options.store.read(found.result.artifact);
    return files instanceof Damage ? undefined : decodeArtifact(found.result.artifact.type, files);
  }

  #plannedStage(name: string): PlannedStage {
    return must(this.#planned.get(name), `the plan of ${name}`);
  }
}

function rowsIn(artifact: Artifact): number {
  return artifact.type === 'table' ? rowCount(artifact.table) : 0;
}
