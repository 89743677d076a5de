import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseAction, type Action } from '../store/store.ts';
import { storeFailure } from '../store/store-failure.ts';

/** A file as it was when it was looked at. */
export interface StoredFile {
  readonly path: string;
  readonly name: string;
  readonly bytes: number;
  /** When it was written or last used, in milliseconds since 1970. */
  readonly usedMs: number;
}

export interface StoredResult extends StoredFile {
  readonly keyDigest: string;
  /** Undefined when it cannot be read. */
  readonly action: Action | undefined;
}

/** Rows of one reading. */
export interface StoredRows {
  readonly name: string;
  readonly files: readonly StoredFile[];
  readonly bytes: number;
  readonly usedMs: number;
}

/** All that is in a store, by what it is. What no version of Assay writes is left alone. */
export interface Survey {
  readonly results: readonly StoredResult[];
  readonly objects: readonly StoredFile[];
  readonly rows: readonly StoredRows[];
  readonly quarantine: readonly StoredFile[];
  /** Left half-written by a process that was killed, or being written now. */
  readonly temporary: readonly StoredFile[];
  readonly locks: readonly StoredFile[];
}

const DIGEST = /^[0-9a-f]{64}$/;
const TEMPORARY = /\.tmp$/;

export function survey(store: string): Survey {
  const actions = filesIn(join(store, 'actions'));
  const blobs = namesIn(join(store, 'objects')).flatMap((name) => filesIn(join(store, 'objects', name)));
  const spaces = namesIn(join(store, 'rows')).map((name) => filesIn(join(store, 'rows', name)));
  const locks = filesIn(join(store, 'locks'));
  const users = filesIn(join(store, 'users'));
  return {
    results: actions
      .filter(({ name }) => DIGEST.test(name.replace(/\.json$/, '')))
      .map((file) => ({ ...file, keyDigest: basename(file.name, '.json'), action: actionIn(file) })),
    objects: blobs.filter(({ name }) => DIGEST.test(name)),
    rows: spaces.flatMap((files) => rowsOf(files.filter(({ name }) => /\.rows$|^about\.json$/.test(name)))),
    quarantine: filesIn(join(store, 'quarantine')),
    temporary: [actions, blobs, spaces.flat(), locks, users]
      .flat()
      .filter(({ name }) => TEMPORARY.test(name)),
    locks: [...locks, ...spaces.flat()].filter(({ name }) => name.endsWith('.lock')),
  };
}

/** As it is now; undefined when it is gone. */
export function lookAt(path: string): StoredFile | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isFile() !== true) return undefined;
  return { path, name: basename(path), bytes: found.size, usedMs: found.mtimeMs };
}

function actionIn({ path, name }: StoredFile): Action | undefined {
  try {
    const action = parseAction(readFileSync(path, 'utf8'));
    return action?.keyDigest === basename(name, '.json') ? action : undefined;
  } catch {
    return undefined;
  }
}

function rowsOf(files: readonly StoredFile[]): StoredRows[] {
  const [first] = files;
  if (first === undefined) return [];
  return [
    {
      name: basename(join(first.path, '..')),
      files,
      bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
      usedMs: Math.max(...files.map(({ usedMs }) => usedMs)),
    },
  ];
}

function filesIn(folder: string): StoredFile[] {
  return namesIn(folder).flatMap((name) => lookAt(join(folder, name)) ?? []);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw storeFailure(error, folder);
  }
}
