import { readFileSync, statSync } from 'node:fs';
import { mkdir, readFile, rename } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { digestOfFiles, type ArtifactDescriptor, type ArtifactFiles } from '../artifact-io.ts';
import { sha256 } from '../json.ts';
import type { StageKey } from '../record.ts';
import { StageFailure } from '../stage-kind.ts';
import { readSized, writeWhole } from './files.ts';
import { withLock, type LockOptions } from './lock.ts';

const FORMAT = 'assay-action/1';

/** The result of a stage, by the digest of its key. */
export interface Action {
  readonly format: typeof FORMAT;
  /** Whole, so that the store explains itself. */
  readonly key: StageKey;
  readonly artifact: ArtifactDescriptor;
  readonly figures: Readonly<Record<string, number>>;
  readonly warnings: readonly string[];
  readonly durationMs: number;
}

export type Lookup =
  | { readonly state: 'hit'; readonly action: Action }
  | { readonly state: 'absent' }
  /** There was a result, and it can't be used. */
  | { readonly state: 'lost'; readonly detail: string };

/**
 * Results by key and blobs by content, in one folder that any number of processes may use at once:
 * `objects/<aa>/<sha256>`, `actions/<key digest>.json`, `locks/`, `quarantine/`. Readers take no lock.
 */
export interface Store {
  /** Absolute. */
  readonly dir: string;
  /** Reads no blob: that their sizes are right is what it checks of them. Synchronous: planning asks thousands. */
  lookup(keyDigest: string): Lookup;
  /** Blobs first and the action last, so that an action never names what is not there. */
  publish(keyDigest: string, action: Omit<Action, 'format'>, files: ArtifactFiles): Promise<void>;
  /** The files of an artifact, each checked against its digest. A bad one is moved to quarantine. */
  read(artifact: ArtifactDescriptor): Promise<ArtifactFiles | Damage>;
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
      text = readFileSync(this.#action(keyDigest), 'utf8');
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return { state: 'absent' };
      throw this.#failure(error);
    }
    const action = parseAction(text);
    if (action === undefined) return { state: 'lost', detail: 'its entry in the store cannot be read' };
    for (const { name, sha256: digest, bytes } of action.artifact.files) {
      const size = statSync(this.#blob(digest), { throwIfNoEntry: false })?.size;
      if (size === undefined) return { state: 'lost', detail: `${name} is missing from the store` };
      if (size !== bytes) return { state: 'lost', detail: `${name} is damaged in the store` };
    }
    return { state: 'hit', action };
  }

  async publish(keyDigest: string, action: Omit<Action, 'format'>, files: ArtifactFiles): Promise<void> {
    try {
      for (const { name, sha256: digest } of action.artifact.files) {
        const bytes = files.get(name);
        if (bytes === undefined) throw new Error(`Internal error: expected the file ${name}, was none`);
        if (!(await this.#holds(digest))) await writeWhole(this.#blob(digest), bytes);
      }
      await writeWhole(this.#action(keyDigest), `${JSON.stringify({ format: FORMAT, ...action })}\n`);
    } catch (error) {
      throw this.#failure(error);
    }
  }

  async read(artifact: ArtifactDescriptor): Promise<ArtifactFiles | Damage> {
    const files = new Map<string, Uint8Array>();
    for (const { name, sha256: digest, bytes: size } of artifact.files) {
      let bytes: Uint8Array;
      try {
        bytes = await readSized(this.#blob(digest), size);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw this.#failure(error);
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

  async exclusively<T>(keyDigest: string, options: LockOptions, work: () => Promise<T>): Promise<T> {
    let working = false;
    try {
      return await withLock(join(this.dir, 'locks', `${keyDigest}.lock`), options, () => {
        working = true;
        return work();
      });
    } catch (error) {
      throw working || options.signal?.aborted ? error : this.#failure(error);
    }
  }

  #action(keyDigest: string): string {
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
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      throw this.#failure(error);
    }
  }

  #failure(error: unknown): unknown {
    const { code } = error as NodeJS.ErrnoException;
    const problem = code === undefined ? undefined : STORE_PROBLEMS[code];
    if (problem === undefined) return error;
    return new StageFailure({
      code: problem.code,
      blame: 'machine',
      message: `the store ${problem.message}`,
      where: this.dir,
      found: code ?? '',
      next: problem.next,
    });
  }
}

const NOT_A_FOLDER = {
  code: 'store-invalid',
  message: 'is not a folder',
  next: 'name a folder with --store, or one that does not exist yet',
};
const READ_ONLY = {
  code: 'store-read-only',
  message: 'cannot be used: permission denied',
  next: 'allow reading and writing there, or name another folder with --store',
};
const FULL = {
  code: 'store-full',
  message: 'cannot be written: the disk is full',
  next: 'free space, or name a folder on another disk with --store',
};

const STORE_PROBLEMS: Partial<Record<string, { code: string; message: string; next: string }>> = {
  ENOTDIR: NOT_A_FOLDER,
  EEXIST: NOT_A_FOLDER,
  EISDIR: { ...NOT_A_FOLDER, message: 'has a folder where a file should be' },
  EROFS: READ_ONLY,
  EACCES: READ_ONLY,
  EPERM: READ_ONLY,
  ENOSPC: FULL,
  EDQUOT: FULL,
  EIO: {
    code: 'store-failing',
    message: 'cannot be used: the disk fails',
    next: 'name another folder with --store',
  },
};

/** Undefined when it is not an action, or not one that fits its own digest. */
function parseAction(text: string): Action | undefined {
  try {
    const action = JSON.parse(text) as Action;
    if (action.format !== FORMAT || !Array.isArray(action.artifact.files)) return undefined;
    const { type, files, digest } = action.artifact;
    if (files.some(({ name }) => basename(name) !== name)) return undefined;
    return digestOfFiles(type, files) === digest ? action : undefined;
  } catch {
    return undefined;
  }
}
