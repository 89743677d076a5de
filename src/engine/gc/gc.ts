import { existsSync, lstatSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { removeIfDead, withLock } from '../../system/lock.ts';
import { storeFailure } from '../store/store-failure.ts';
import { usersOf, type StoreUser } from '../store/users.ts';
import { findReferences, type References } from './references.ts';
import {
  lookAt,
  survey,
  type StoredFile,
  type StoredResult,
  type StoredRows,
  type Survey,
} from './survey.ts';

/** What was written or used within this time, in milliseconds, stays: a run that goes on may be about to name it. */
const GRACE_MS = 10 * 60_000;

export interface GcOptions {
  /** The store; it need not exist. */
  readonly store: string;
  /** A folder of runs, besides those that the store knows. */
  readonly runsDir: string;
  /** How many runs of each folder keep their results, the newest; all without it. */
  readonly keepRuns?: number;
  /** Also deletes the folders of older runs in `runsDir`, and in no other folder. */
  readonly deleteRuns?: boolean;
  /** Bytes that results and rows may take. */
  readonly maxBytes?: number;
  readonly dryRun?: boolean;
}

export interface Garbage {
  readonly kind: 'result' | 'object' | 'rows' | 'quarantine' | 'temporary' | 'lock' | 'run';
  /** Digest, file name or run id. */
  readonly name: string;
  readonly bytes: number;
  /** `unreferenced`: no run that is kept has it. `size`: it was used longest ago, and the store was too large. */
  readonly because: 'unreferenced' | 'size' | 'damaged' | 'left-behind' | 'old';
}

export interface GcReport {
  readonly format: 'assay-gc/1';
  readonly dryRun: boolean;
  /** Absolute. */
  readonly store: string;
  readonly runs: readonly { readonly folder: string; readonly runs: number; readonly old: number }[];
  /** What went, or would go. */
  readonly garbage: readonly Garbage[];
  readonly freedBytes: number;
  /** What results, objects and rows take after. */
  readonly keptBytes: number;
  readonly keptResults: number;
  /** Not larger than asked for? What is fresh, or has a run that goes on, stays whatever the size. */
  readonly overBytes: number;
  /** Runs on other machines: no result goes for being unreferenced while these may reference it. */
  readonly unseen: readonly StoreUser[];
}

/** Removes one thing; false when it is in use by now. */
type Removal = Garbage & { readonly remove: () => boolean | Promise<boolean> };

/**
 * Removes from a store what no run needs. Any number of runs may go on: what they have or have just used stays, and
 * a run reads what it has had from its own folder, should it be gone.
 */
export async function collectGarbage(options: GcOptions): Promise<GcReport> {
  const store = resolve(options.store);
  if (options.dryRun === true || !existsSync(store)) return collect(store, options);
  try {
    return await withLock(join(store, 'locks', 'gc.lock'), {}, () => collect(store, options));
  } catch (error) {
    throw storeFailure(error, store);
  }
}

async function collect(store: string, options: GcOptions): Promise<GcReport> {
  // First what there is, then who needs it: a run that ends in between has its record by then.
  const found = survey(store);
  const references = findReferences(store, options.runsDir, options.keepRuns);
  const before = Date.now() - GRACE_MS;
  const { going, keptBytes, keptResults } = choose(found, references, options.maxBytes, before);
  const removals = [
    ...(options.deleteRuns === true ? oldRuns(references, resolve(options.runsDir)) : []),
    ...going,
    ...leftBehind(found, store, before),
  ];
  const garbage: Garbage[] = [];
  for (const { remove, ...item } of removals) {
    if (options.dryRun === true || (await remove())) garbage.push(item);
  }
  return {
    format: 'assay-gc/1',
    dryRun: options.dryRun === true,
    store,
    runs: references.folders.map(({ folder, runs, old }) => ({ folder, runs, old: old.length })),
    garbage,
    freedBytes: garbage.reduce((sum, { bytes }) => sum + bytes, 0),
    keptBytes,
    keptResults,
    overBytes: Math.max(0, keptBytes - (options.maxBytes ?? Infinity)),
    unseen: references.unseen,
  };
}

/** Results first and blobs last, so that no result ever names what is not there. */
function choose(
  { results, objects, rows }: Survey,
  references: References,
  maxBytes = Infinity,
  before: number,
): { going: Removal[]; keptBytes: number; keptResults: number } {
  const going: Removal[] = [];
  const kept = new Set<StoredResult>();
  for (const result of results) {
    const isReferenced = references.results.has(result.keyDigest) || references.unseen.length > 0;
    if (result.usedMs > before || (isReferenced && result.action !== undefined)) kept.add(result);
    else going.push(removal('result', result, result.action ? 'unreferenced' : 'damaged'));
  }
  const blobs = new Map(objects.map((object) => [object.name, object]));
  const users = usersOfBlobs(kept, references, blobs);
  const gone = new Map<StoredFile, Garbage['because']>();
  for (const object of objects) {
    if (!users.has(object.name) && object.usedMs <= before) gone.set(object, 'unreferenced');
  }
  let keptBytes = [...kept, ...objects.filter((object) => !gone.has(object)), ...rows].reduce(
    (sum, { bytes }) => sum + bytes,
    0,
  );
  const goingRows: Removal[] = [];
  const isFree = (result: StoredResult) => result.usedMs <= before && !references.live.has(result.keyDigest);
  const droppable = [...[...kept].filter(isFree), ...rows.filter(({ usedMs }) => usedMs <= before)];
  for (const item of droppable.sort((a, b) => a.usedMs - b.usedMs)) {
    if (keptBytes <= maxBytes) break;
    keptBytes -= item.bytes;
    if (!('keyDigest' in item)) {
      goingRows.push(removalOfRows(item));
      continue;
    }
    kept.delete(item);
    going.push(removal('result', item, 'size'));
    for (const digest of blobsOf(item)) {
      const left = (users.get(digest) ?? 1) - 1;
      users.set(digest, left);
      const object = blobs.get(digest);
      if (left > 0 || object === undefined || object.usedMs > before) continue;
      keptBytes -= object.bytes;
      gone.set(object, 'size');
    }
  }
  const goingObjects = [...gone].map(([object, because]) => removal('object', object, because));
  return { going: [...going, ...goingRows, ...goingObjects], keptBytes, keptResults: kept.size };
}

/** How many of the kept results name each blob. */
function usersOfBlobs(
  kept: ReadonlySet<StoredResult>,
  { objects: referenced }: References,
  blobs: ReadonlyMap<string, StoredFile>,
): Map<string, number> {
  const users = new Map<string, number>();
  for (const result of kept) {
    for (const digest of blobsOf(result)) users.set(digest, (users.get(digest) ?? 0) + 1);
  }
  // A record names it though its result is lost: nothing but size is a reason to let it go.
  for (const digest of referenced) if (blobs.has(digest) && !users.has(digest)) users.set(digest, 1);
  return users;
}

function blobsOf({ action }: StoredResult): Set<string> {
  return new Set(action?.artifact.files.map(({ sha256 }) => sha256));
}

function removal(kind: Garbage['kind'], file: StoredFile, because: Garbage['because']): Removal {
  const name = file.name.replace(/\.json$/, '');
  return { kind, name, bytes: file.bytes, because, remove: () => removeUnlessUsed(file) };
}

/** Not if it was used since it was looked at. */
function removeUnlessUsed({ path, usedMs }: StoredFile): boolean {
  if (lookAt(path)?.usedMs !== usedMs) return false;
  rmSync(path, { force: true });
  return true;
}

/** Under the lock under which rows are added. The folder stays: whoever waits for that lock puts a new one there. */
function removalOfRows({ name, files, bytes }: StoredRows): Removal {
  const remove = (): Promise<boolean> =>
    withLock(join(dirname(files[0]?.path ?? ''), 'append.lock'), {}, () =>
      Promise.resolve(
        files.every(({ path, usedMs }) => lookAt(path)?.usedMs === usedMs) && files.every(removeUnlessUsed),
      ),
    );
  return { kind: 'rows', name, bytes, because: 'size', remove };
}

function leftBehind({ quarantine, temporary, locks }: Survey, store: string, before: number): Removal[] {
  const old = (files: readonly StoredFile[]) => files.filter(({ usedMs }) => usedMs <= before);
  return [
    ...old(quarantine).map((file) => removal('quarantine', file, 'damaged')),
    ...old(temporary).map((file) => removal('temporary', file, 'left-behind')),
    ...locks
      .filter(({ path }) => removeIfDead(path, GRACE_MS, false))
      .map((file): Removal => {
        const { name, bytes, path } = file;
        return {
          kind: 'lock',
          name,
          bytes,
          because: 'left-behind',
          remove: () => removeIfDead(path, GRACE_MS),
        };
      }),
    // Of a folder of runs that is gone nobody needs to know.
    ...usersOf(store)
      .filter(({ folder, host }) => host === hostname() && !existsSync(folder))
      .flatMap(({ file }) => lookAt(file) ?? [])
      .map((file) => removal('temporary', file, 'left-behind')),
  ];
}

function oldRuns({ folders }: References, runsDir: string): Removal[] {
  const old = folders.find(({ folder }) => folder === runsDir)?.old ?? [];
  return old.map((path) => ({
    kind: 'run',
    name: basename(path),
    bytes: sizeOf(path),
    because: 'old',
    remove() {
      // Renamed first: a run that is half gone is no run.
      const gone = `${path}.tmp`;
      renameSync(path, gone);
      rmSync(gone, { recursive: true, force: true });
      forgetLatest(runsDir);
      return true;
    },
  }));
}

/** `latest` leads to a run, or is not there. */
function forgetLatest(runsDir: string): void {
  const latest = join(runsDir, 'latest');
  const isLink = lstatSync(latest, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  if (isLink && !existsSync(latest)) rmSync(latest, { force: true });
}

function sizeOf(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
}
