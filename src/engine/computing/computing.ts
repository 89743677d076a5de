import type { ArtifactDescriptor, ArtifactFiles } from '../artifact-io.ts';
import type { StageToRun } from '../pipeline/pipeline.ts';
import type { Gate } from '../record.ts';

/** A result that a stage reads, by where it is stored. */
export interface StoredInput {
  /** The stage that gave it. */
  readonly source: string;
  readonly descriptor: ArtifactDescriptor;
  /** Folder of its copy in the run folder, for when the store has lost it. */
  readonly copy: string;
}

export interface Task {
  readonly stage: StageToRun;
  /** By input name. */
  readonly inputs: Readonly<Record<string, StoredInput>>;
  /** Of the pipeline file; absolute. */
  readonly baseDir: string;
}

/** What a stage says while it computes. */
export interface Heard {
  /** It has what it computes with: from here on its time is its own. */
  readonly begun: () => void;
  readonly warning: (message: string) => void;
  readonly progress: (done: number, total: number, unit: string) => void;
}

export interface Computed {
  readonly descriptor: ArtifactDescriptor;
  readonly files: ArtifactFiles;
  readonly figures: Readonly<Record<string, number>>;
  readonly warnings: readonly string[];
  readonly gates: readonly Gate[];
}

/**
 * Where stages compute. A stage is given by where its inputs are stored, and its result comes back as the bytes that
 * are stored: nothing else passes, so that it makes no difference whether that is this thread or another one.
 */
export interface Computing {
  /** These stages may have to be computed soon. */
  expect(stages: readonly StageToRun[]): void;
  /** @throws what the stage throws */
  compute(task: Task, heard: Heard, signal: AbortSignal): Promise<Computed>;
  /** Nothing reads that artifact any more. */
  forget(artifact: ArtifactDescriptor): void;
}
