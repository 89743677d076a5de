import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Artifact } from '../artifact.ts';
import { decodeArtifact, type ArtifactDescriptor, type ArtifactFiles } from '../artifact-io.ts';
import { sha256 } from '../../system/hash.ts';
import type { StageToRun } from '../pipeline/pipeline.ts';
import { Failure } from '../../system/failure.ts';
import { must } from '../../system/internal-error.ts';
import { Damage, type Store } from '../store/store.ts';

/**
 * What stages read, decoded once for all readers and let go after the last. Always decoded from the stored bytes, also
 * when the stage ran a moment ago: a reader sees the same whether or not its input came from cache.
 */
export class Inputs {
  readonly #store: Store;
  readonly #runFolder: string;
  readonly #folders: ReadonlyMap<string, string>;
  readonly #readersLeft = new Map<string, number>();
  readonly #given = new Map<string, ArtifactDescriptor>();
  readonly #decoded = new Map<string, Promise<Artifact>>();

  /** @param runFolder where results are that this run has had: they outlive the store's, should it shrink meanwhile */
  constructor(store: Store, stages: readonly StageToRun[], runFolder: string) {
    this.#store = store;
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

  async load(stage: StageToRun): Promise<Record<string, Artifact>> {
    const entries = Object.entries(stage.from).map(async ([input, source]) => {
      let decoded = this.#decoded.get(source);
      if (decoded === undefined) {
        decoded = this.#decode(source, this.#of(source, stage));
        this.#decoded.set(source, decoded);
      }
      return [input, await decoded] as const;
    });
    return Object.fromEntries(await Promise.all(entries));
  }

  /** Says that a stage reads nothing any more, whether it ran or not. */
  done(stage: StageToRun): void {
    for (const source of sourcesOf(stage)) {
      const left = (this.#readersLeft.get(source) ?? 0) - 1;
      this.#readersLeft.set(source, left);
      if (left === 0) this.#decoded.delete(source);
    }
  }

  #of(source: string, reader: StageToRun): ArtifactDescriptor {
    return must(this.#given.get(source), `the result of ${source} before ${reader.name}`);
  }

  async #decode(source: string, descriptor: ArtifactDescriptor): Promise<Artifact> {
    const stored = await this.#store.read(descriptor);
    const files = stored instanceof Damage ? ((await this.#copy(source, descriptor)) ?? stored) : stored;
    if (files instanceof Damage) {
      throw new Failure({
        code: 'result-lost',
        blame: 'machine',
        message: `the result of \`${source}\` was lost while the run went on: ${files.detail}`,
        where: this.#store.dir,
        next: 'run the pipeline again: what is lost is computed anew',
      });
    }
    return decodeArtifact(descriptor.type, files);
  }

  async #copy(source: string, { files }: ArtifactDescriptor): Promise<ArtifactFiles | undefined> {
    const folder = join(this.#runFolder, must(this.#folders.get(source), `the folder of ${source}`));
    const copies = new Map<string, Uint8Array>();
    for (const { name, sha256: digest } of files) {
      const bytes = await readFile(join(folder, name)).catch(() => undefined);
      if (bytes === undefined || sha256(bytes) !== digest) return undefined;
      copies.set(name, bytes);
    }
    return copies;
  }
}

function sourcesOf({ from }: StageToRun): Set<string> {
  return new Set(Object.values(from));
}
