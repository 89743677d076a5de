import { readFileSync, statSync, utimesSync } from 'node:fs';
import { mkdir, readFile, rename } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { digestOfFiles, type ArtifactDescriptor, type ArtifactFiles } from '../artifact-io.ts';
import { hasCode } from '../../system/errno.ts';
import { sha256 } from '../../system/hash.ts';
import { withLock, type LockOptions } from '../../system/lock.ts';
import { must } from '../../system/internal-error.ts';
import { readSized, writeWhole } from '../../system/whole-file.ts';
import type { Gate, StageKey } from '../record.ts';
import { seal, unseal } from './sealed.ts';
import { storeFailure } from './store-failure.ts';

const FORMAT = 'assay-action/1';

/** The result of a stage, kept by the digest of its key. */
export interface StoredResult {
  readonly format: typeof FORMAT;
  /** Of the key, as in the name of the file. */
  readonly keyDigest: string;
  /** Whole, so that the store explains itself. */
  readonly key: StageKey;
  readonly artifact: ArtifactDescriptor;
  readonly figures: Readonly<Record<string, number>>;
  readonly warnings: readonly string[];
  /** Of a stage that judges claims. */
  readonly gates?: readonly Gate[];
  readonly durationMs: number;
}

export type Lookup =
  | { readonly state: 'hit'; readonly result: StoredResult }
  | { readonly state: 'absent' }
  /** There was a result, and it can't be used. */
  | { readonly state: 'lost'; readonly detail: string };

/**
 * Results by key and blobs by content, in one folder: `objects/<aa>/<sha256>` holds blobs, `actions/<key digest>.json` a
 * result each, `locks/` and `quarantine/` what their names say.
 *
 * The contract with other processes, on this machine and on others that share the folder: any number may read and
 * publish at once, and garbage may be collected meanwhile. Every file is written whole, and never changed. Readers take
 * no lock; whoever reads a blob compares it with its digest. Whoever computes a result holds the lock of its key.
 *
 * The races that are accepted: two processes compute the same key at once, when one has wrongly been taken for dead, and
 * the last to publish wins, which is right because either result is; a result vanishes between `lookup` and `read`,
 * because garbage was collected or damage was found, and is computed anew; two publish blobs of the same digest, which
 * are the same bytes.
 */
export interface Store {
  /** Absolute. */
  readonly dir: string;
  /** Reads no blob: that their sizes are right is what it checks of them. Synchronous: planning asks thousands. */
  lookup(keyDigest: string): Lookup;
  /** Blobs first and the result last, so that a result never names what is not there. */
  publish(
    keyDigest: string,
    result: Omit<StoredResult, 'format' | 'keyDigest'>,
    files: ArtifactFiles,
  ): Promise<void>;
  /** The files of an artifact, each checked against its digest. A bad one is moved to quarantine. */
  read(artifact: ArtifactDescriptor): Promise<ArtifactFiles | Damage>;
  /** Says that a result is used now: what was used longest ago goes first when the store is to shrink. */
  used(keyDigest: string): void;
  /** Runs work that at most one process does at a time for this key. */
  exclusively<T>(keyDigest: string, options: LockOptions, work: () => Promise<T>): Promise<T>;
}

export class Damage {
  readonly detail: string;

  constructor(detail: string) {
    this.detail = detail;
  }
}

export function openStore(dir: string): Store {
  return new FolderStore(resolve(dir));
}

class FolderStore implements Store {
  readonly dir: string;

  constructor(dir: string) {
    this.dir = dir;
  }

  lookup(keyDigest: string): Lookup {
    let text: string;
    try {
      text = readFileSync(this.#result(keyDigest), 'utf8');
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return { state: 'absent' };
      throw storeFailure(error, this.dir);
    }
    const result = parseResult(text);
    if (result?.keyDigest !== keyDigest)
      return { state: 'lost', detail: 'its entry in the store cannot be read' };
    for (const { name, sha256: digest, bytes } of result.artifact.files) {
      const size = statSync(this.#blob(digest), { throwIfNoEntry: false })?.size;
      if (size === undefined) return { state: 'lost', detail: `${name} is missing from the store` };
      if (size !== bytes) return { state: 'lost', detail: `${name} is damaged in the store` };
    }
    return { state: 'hit', result };
  }

  async publish(
    keyDigest: string,
    result: Omit<StoredResult, 'format' | 'keyDigest'>,
    files: ArtifactFiles,
  ): Promise<void> {
    try {
      for (const { name, sha256: digest } of result.artifact.files) {
        const bytes = must(files.get(name), `the file ${name}`);
        if (await this.#holds(digest)) touch(this.#blob(digest));
        else await writeWhole(this.#blob(digest), bytes);
      }
      const { text } = seal({ format: FORMAT, keyDigest, ...result });
      await writeWhole(this.#result(keyDigest), `${text}\n`);
    } catch (error) {
      throw storeFailure(error, this.dir);
    }
  }

  async read(artifact: ArtifactDescriptor): Promise<ArtifactFiles | Damage> {
    const files = new Map<string, Uint8Array>();
    for (const { name, sha256: digest, bytes: size } of artifact.files) {
      let bytes: Uint8Array;
      try {
        bytes = await readSized(this.#blob(digest), size);
      } catch (error) {
        if (!hasCode(error, 'ENOENT')) throw storeFailure(error, this.dir);
        return new Damage(`${name} is missing from the store`);
      }
      if (sha256(bytes) !== digest) {
        await this.#quarantine(digest);
        return new Damage(`${name} is damaged in the store`);
      }
      files.set(name, bytes);
    }
    return files;
  }

  used(keyDigest: string): void {
    touch(this.#result(keyDigest));
  }

  async exclusively<T>(keyDigest: string, options: LockOptions, work: () => Promise<T>): Promise<T> {
    const progress = { begun: false };
    try {
      return await withLock(join(this.dir, 'locks', `${keyDigest}.lock`), options, () => {
        progress.begun = true;
        return work();
      });
    } catch (error) {
      // What the work throws is its own failure; what the lock throws before is the store's.
      throw progress.begun || options.signal?.aborted ? error : storeFailure(error, this.dir);
    }
  }

  #result(keyDigest: string): string {
    return join(this.dir, 'actions', `${keyDigest}.json`);
  }

  #blob(digest: string): string {
    return join(this.dir, 'objects', digest.slice(0, 2), digest);
  }

  /** A blob of the right name may be damaged: writing it anew heals it. */
  async #holds(digest: string): Promise<boolean> {
    try {
      return sha256(await readFile(this.#blob(digest))) === digest;
    } catch {
      return false;
    }
  }

  async #quarantine(digest: string): Promise<void> {
    const folder = join(this.dir, 'quarantine');
    try {
      await mkdir(folder, { recursive: true });
      await rename(this.#blob(digest), join(folder, digest));
    } catch (error) {
      // Another process was first, or the store can't be written: then the recomputed result says so.
      if (hasCode(error, 'ENOENT')) return;
      throw storeFailure(error, this.dir);
    }
  }
}

/** Fresh files are not collected as garbage. */
function touch(file: string): void {
  try {
    const now = new Date();
    utimesSync(file, now, now);
  } catch {
    // It was just removed, which whoever reads it notices; or nobody can write here, nor collect.
  }
}

/** Undefined when it is not a result, or not as it was written. */
export function parseResult(text: string): StoredResult | undefined {
  try {
    const read = unseal(text) as { readonly format?: unknown } | undefined;
    if (read?.format !== FORMAT) return undefined;
    const result = read as StoredResult;
    const { type, files, digest } = result.artifact;
    if (files.some(({ name }) => basename(name) !== name)) return undefined;
    return digestOfFiles(type, files) === digest ? result : undefined;
  } catch {
    return undefined;
  }
}
