import { existsSync, lstatSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { Failure } from '../../system/failure.ts';
import { isDeadLock, removeDeadLock, withLock } from '../../system/lock.ts';
import { storeFailure } from '../store/store-failure.ts';
import { usersOf } from '../store/users.ts';
import { choose, sum, type Choice } from './choose.ts';
import { canBeListed, findReferences, type References, type UnseenRuns } from './references.ts';
import { lookAt, survey, type StoredFile, type StoredSpace, type Survey } from './survey.ts';

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
  /** Bytes that results and readings may take. */
  readonly maxBytes?: number;
  readonly dryRun?: boolean;
  /** Folders of runs, absolute, that are gone for good: what their runs had is not kept for them any longer. */
  readonly forget?: readonly string[];
}

export interface Garbage {
  /** `rows`: a space of the reading log. `user`: what the store remembers of a folder of runs. */
  readonly kind: 'result' | 'object' | 'rows' | 'quarantine' | 'temporary' | 'lock' | 'run' | 'user';
  /** Digest, file name, run id or folder of runs. */
  readonly name: string;
  readonly bytes: number;
  /** `unreferenced`: no run that is kept has it. `size`: it was used longest ago, and the store was too large. */
  readonly because: 'unreferenced' | 'size' | 'damaged' | 'left-behind' | 'old' | 'forgotten';
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
  /** How much that is above the size that was asked for: what is fresh, or has a run that goes on, stays all the same. */
  readonly overBytes: number;
  /** No result goes for being unreferenced while the runs in these may reference it. */
  readonly unseen: readonly UnseenRuns[];
}

/** Removes one thing; false when it is in use by now. */
type Removal = Garbage & { readonly remove: () => boolean | Promise<boolean> };

/**
 * Removes from a store what no run needs.
 *
 * The contract with other processes: any number of runs may go on. What they have or have used within ten minutes
 * stays, and each thing is looked at once more just before it goes. One process collects at a time, by a lock.
 *
 * The race that is accepted: a run uses a result between that look and the removal. It then computes the result anew, or
 * reads what it already had of it from its own folder.
 *
 * @throws Failure for a store that cannot be written, and for folders to forget that are there or that nobody knows
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
  const { kept: users, forgotten } = forget(usersOf(store), options.forget ?? []);
  const references = findReferences(users, options.runsDir, options.keepRuns);
  const before = Date.now() - GRACE_MS;
  const { maxBytes = Infinity } = options;
  const choice = choose(found, references, { maxBytes, before });
  const removals = [
    ...(options.deleteRuns === true ? oldRuns(references, resolve(options.runsDir)) : []),
    ...removalsOf(choice),
    ...leftBehind(found, before),
    ...forgotten.map(removalOfUser),
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
    freedBytes: sum(garbage),
    keptBytes: choice.keptBytes,
    keptResults: choice.keptResults,
    overBytes: Math.max(0, choice.keptBytes - maxBytes),
    unseen: references.unseen,
  };
}

/** Results go first and blobs last, so that no result ever names what is not there. */
function removalsOf({ unneeded, unnamed, tooMuch }: Choice): Removal[] {
  return [
    ...unneeded.map((file) => removal('result', file, file.result ? 'unreferenced' : 'damaged')),
    ...tooMuch.results.map((file) => removal('result', file, 'size')),
    ...tooMuch.spaces.map(removalOfSpace),
    ...unnamed.map((file) => removal('object', file, 'unreferenced')),
    ...tooMuch.objects.map((file) => removal('object', file, 'size')),
  ];
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

/**
 * Under the lock under which entries are added. The folder stays: a process that waits for that lock is about to put a
 * new one there.
 */
function removalOfSpace({ name, folder, files, bytes }: StoredSpace): Removal {
  const remove = (): Promise<boolean> =>
    withLock(join(folder, 'append.lock'), {}, () =>
      Promise.resolve(
        files.every(({ path, usedMs }) => lookAt(path)?.usedMs === usedMs) && files.every(removeUnlessUsed),
      ),
    );
  return { kind: 'rows', name, bytes, because: 'size', remove };
}

function leftBehind({ quarantine, temporary, locks }: Survey, before: number): Removal[] {
  const old = (files: readonly StoredFile[]) => files.filter(({ usedMs }) => usedMs <= before);
  return [
    ...old(quarantine).map((file) => removal('quarantine', file, 'damaged')),
    ...old(temporary).map((file) => removal('temporary', file, 'left-behind')),
    ...locks
      .filter(({ path }) => isDeadLock(path, GRACE_MS))
      .map(({ name, bytes, path }): Removal => {
        const remove = () => removeDeadLock(path, GRACE_MS);
        return { kind: 'lock', name, bytes, because: 'left-behind', remove };
      }),
  ];
}

type KnownUser = ReturnType<typeof usersOf>[number];

function forget(
  users: readonly KnownUser[],
  folders: readonly string[],
): { readonly kept: readonly KnownUser[]; readonly forgotten: readonly KnownUser[] } {
  for (const folder of folders) {
    if (!users.some((user) => user.folder === folder)) throw unknownRuns(folder, users);
    if (canBeListed(folder)) throw runsAreThere(folder);
  }
  const isForgotten = ({ folder }: KnownUser) => folders.includes(folder);
  return { kept: users.filter((user) => !isForgotten(user)), forgotten: users.filter(isForgotten) };
}

function unknownRuns(folder: string, users: readonly KnownUser[]): Failure {
  const absent = users.filter((user) => !canBeListed(user.folder)).map((user) => user.folder);
  return new Failure({
    code: 'runs-unknown',
    blame: 'user',
    message: 'the store knows no such folder of runs',
    where: folder,
    expected: absent.length > 0 ? absent.join(', ') : 'a folder that is not there now; there is none',
    found: 'another folder',
  });
}

function runsAreThere(folder: string): Failure {
  return new Failure({
    code: 'runs-there',
    blame: 'user',
    message: 'the folder of runs is there, and what its runs have is kept for it',
    where: folder,
    expected: 'a folder that is gone for good',
    found: 'a folder',
    next: 'remove the folder first, if its runs are not needed',
  });
}

function removalOfUser({ file, folder }: KnownUser): Removal {
  const remove = () => {
    rmSync(file, { force: true });
    return true;
  };
  return { kind: 'user', name: folder, bytes: lookAt(file)?.bytes ?? 0, because: 'forgotten', remove };
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
    .reduce((bytes, { parentPath, name }) => bytes + statSync(join(parentPath, name)).size, 0);
}
