import { join } from 'node:path';
import type { ArtifactDescriptor } from '../artifact-io.ts';
import type { StoredInput } from '../computing/computing.ts';
import type { StageToRun } from '../pipeline/pipeline.ts';
import { must } from '../../system/internal-error.ts';

/** What stages read: where it is stored, and when the last of its readers is done. */
export class Inputs {
  readonly #runFolder: string;
  readonly #folders: ReadonlyMap<string, string>;
  readonly #readersLeft = new Map<string, number>();
  readonly #given = new Map<string, ArtifactDescriptor>();

  /** @param runFolder where results are that this run has had: they outlive the store's, should it shrink meanwhile */
  constructor(stages: readonly StageToRun[], runFolder: string) {
    this.#runFolder = runFolder;
    this.#folders = new Map(stages.map(({ name, folder }) => [name, folder]));
    for (const stage of stages) {
      for (const source of sourcesOf(stage)) {
        this.#readersLeft.set(source, (this.#readersLeft.get(source) ?? 0) + 1);
      }
    }
  }

  /** Says what a stage gave, which is in the store and in the run folder by now. */
  add(stage: StageToRun, descriptor: ArtifactDescriptor): void {
    this.#given.set(stage.name, descriptor);
  }

  /** The digest of each input of a stage, by input name: what its key holds of them. */
  digestsFor(stage: StageToRun): Record<string, string> {
    const entries = Object.entries(stage.from);
    return Object.fromEntries(entries.map(([input, source]) => [input, this.#of(source, stage).digest]));
  }

  /** By input name. */
  storedFor(stage: StageToRun): Readonly<Record<string, StoredInput>> {
    const entries = Object.entries(stage.from).map(([input, source]) => {
      const folder = must(this.#folders.get(source), `the folder of ${source}`);
      return [
        input,
        { source, descriptor: this.#of(source, stage), copy: join(this.#runFolder, folder) },
      ] as const;
    });
    return Object.fromEntries(entries);
  }

  /** Says that a stage reads nothing any more, whether it ran or not; gives what no other one is going to read. */
  done(stage: StageToRun): readonly ArtifactDescriptor[] {
    return [...sourcesOf(stage)].flatMap((source) => {
      const left = (this.#readersLeft.get(source) ?? 0) - 1;
      this.#readersLeft.set(source, left);
      return left === 0 ? (this.#given.get(source) ?? []) : [];
    });
  }

  #of(source: string, reader: StageToRun): ArtifactDescriptor {
    return must(this.#given.get(source), `the result of ${source} before ${reader.name}`);
  }
}

function sourcesOf({ from }: StageToRun): Set<string> {
  return new Set(Object.values(from));
}
