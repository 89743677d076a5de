import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Artifact } from '../artifact.ts';
import { decodeArtifact, type ArtifactDescriptor, type ArtifactFiles } from '../artifact-io.ts';
import { Failure } from '../../system/failure.ts';
import { sha256 } from '../../system/hash.ts';
import { Damage, type Store } from '../store/store.ts';
import type { StoredInput } from './computing.ts';

type ReadStore = Pick<Store, 'dir' | 'read'>;

/**
 * Decodes what stages read, once for all readers. Always from the stored bytes, also when the stage ran a moment ago: a
 * reader sees the same whether or not its input came from cache.
 */
export class InputReader {
  readonly #store: ReadStore;
  readonly #decoded = new Map<string, Promise<Artifact>>();

  constructor(store: ReadStore) {
    this.#store = store;
  }

  /** Artifacts by input name. */
  async readAll(inputs: Readonly<Record<string, StoredInput>>): Promise<Readonly<Record<string, Artifact>>> {
    const entries = Object.entries(inputs).map(
      async ([name, input]) => [name, await this.#of(input)] as const,
    );
    return Object.fromEntries(await Promise.all(entries));
  }

  /** Lets go of an artifact. */
  forget({ digest }: ArtifactDescriptor): void {
    this.#decoded.delete(digest);
  }

  #of(input: StoredInput): Promise<Artifact> {
    const { digest } = input.descriptor;
    let decoded = this.#decoded.get(digest);
    if (decoded === undefined) {
      decoded = decode(input, this.#store);
      this.#decoded.set(digest, decoded);
      // Who asks again may find it mended.
      decoded.catch(() => this.#decoded.delete(digest));
    }
    return decoded;
  }
}

/** @throws Failure `result-lost` where neither the store nor the run folder has it */
export async function decode({ source, descriptor, copy }: StoredInput, store: ReadStore): Promise<Artifact> {
  const stored = await store.read(descriptor);
  const files = stored instanceof Damage ? ((await readCopy(copy, descriptor)) ?? stored) : stored;
  if (files instanceof Damage) {
    throw new Failure({
      code: 'result-lost',
      blame: 'machine',
      message: `the result of \`${source}\` was lost while the run went on: ${files.detail}`,
      where: store.dir,
      next: 'run the pipeline again: what is lost is computed anew',
    });
  }
  return decodeArtifact(descriptor.type, files);
}

async function readCopy(folder: string, { files }: ArtifactDescriptor): Promise<ArtifactFiles | undefined> {
  const copies = new Map<string, Uint8Array>();
  for (const { name, sha256: digest } of files) {
    const bytes = await readFile(join(folder, name)).catch(() => undefined);
    if (bytes === undefined || sha256(bytes) !== digest) return undefined;
    copies.set(name, bytes);
  }
  return copies;
}
