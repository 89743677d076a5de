import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isMissing } from '../../system/errno.ts';
import { parseResult, type StoredResult } from '../store/store.ts';
import { storeFailure } from '../store/store-failure.ts';

/** A file as it was when it was looked at. */
export interface StoredFile {
  readonly path: string;
  readonly name: string;
  readonly bytes: number;
  /** When it was written or last used, in milliseconds since 1970. */
  readonly usedMs: number;
}

export interface ResultFile extends StoredFile {
  readonly keyDigest: string;
  /** Undefined when it cannot be read. */
  readonly result: StoredResult | undefined;
}

/** A space of the reading log. */
export interface StoredSpace {
  readonly name: string;
  /** Absolute. */
  readonly folder: string;
  readonly files: readonly StoredFile[];
  readonly bytes: number;
  readonly usedMs: number;
}

/** All that is in a store, by what it is. What no version of Assay writes is left alone. */
export interface Survey {
  readonly results: readonly ResultFile[];
  readonly objects: readonly StoredFile[];
  readonly spaces: readonly StoredSpace[];
  readonly quarantine: readonly StoredFile[];
  /** Left half-written by a process that was killed, or being written now. */
  readonly temporary: readonly StoredFile[];
  readonly locks: readonly StoredFile[];
}

const DIGEST = /^[0-9a-f]{64}$/;
const TEMPORARY = /\.tmp$/;

/**
 * Synchronous: collecting is a command of its own, which has nothing else to do, and each thing is looked at once more
 * before it goes, so that a survey may take its time.
 */
export function survey(store: string): Survey {
  const actions = filesIn(join(store, 'actions'));
  const blobs = namesIn(join(store, 'objects')).flatMap((name) => filesIn(join(store, 'objects', name)));
  const spaces = namesIn(join(store, 'rows')).map((name) => {
    const folder = join(store, 'rows', name);
    return { name, folder, files: filesIn(folder) };
  });
  const inSpaces = spaces.flatMap(({ files }) => files);
  const locks = filesIn(join(store, 'locks'));
  const users = filesIn(join(store, 'users'));
  return {
    results: actions
      .filter(({ name }) => DIGEST.test(name.replace(/\.json$/, '')))
      .map((file) => ({ ...file, keyDigest: basename(file.name, '.json'), result: resultIn(file) })),
    objects: blobs.filter(({ name }) => DIGEST.test(name)),
    spaces: spaces.flatMap(spaceOf),
    quarantine: filesIn(join(store, 'quarantine')),
    temporary: [actions, blobs, inSpaces, locks, users].flat().filter(({ name }) => TEMPORARY.test(name)),
    locks: [...locks, ...inSpaces].filter(({ name }) => name.endsWith('.lock')),
  };
}

/** As it is now; undefined when it is gone. */
export function lookAt(path: string): StoredFile | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isFile() !== true) return undefined;
  return { path, name: basename(path), bytes: found.size, usedMs: found.mtimeMs };
}

function resultIn({ path, name }: StoredFile): StoredResult | undefined {
  try {
    const result = parseResult(readFileSync(path, 'utf8'));
    return result?.keyDigest === basename(name, '.json') ? result : undefined;
  } catch {
    return undefined;
  }
}

/** A space is used when its files are; an empty one is none. */
function spaceOf(space: Pick<StoredSpace, 'name' | 'folder' | 'files'>): StoredSpace[] {
  const files = space.files.filter(({ name }) => /\.rows$|^about\.json$/.test(name));
  if (files.length === 0) return [];
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  return [{ ...space, files, bytes, usedMs: Math.max(...files.map(({ usedMs }) => usedMs)) }];
}

function filesIn(folder: string): StoredFile[] {
  return namesIn(folder).flatMap((name) => lookAt(join(folder, name)) ?? []);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    if (isMissing(error)) return [];
    throw storeFailure(error, folder);
  }
}
