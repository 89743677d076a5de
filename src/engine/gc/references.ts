import { readdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import type { RunRecord } from '../record.ts';
import { readRecord, runFolders } from '../recorded/run-record.ts';
import type { StoreUser } from '../store/users.ts';

/** What the runs that are kept have in the store. */
export interface References {
  readonly folders: readonly RunsFolder[];
  /** Digests of keys. */
  readonly results: ReadonlySet<string>;
  /** Of these, what runs have that go on. */
  readonly live: ReadonlySet<string>;
  /** Digests of blobs. */
  readonly objects: ReadonlySet<string>;
  readonly unseen: readonly UnseenRuns[];
}

/** A folder of runs that uses the store and cannot be seen from here now: nobody knows what its runs have. */
export interface UnseenRuns extends StoreUser {
  /**
   * `absent`: on this machine, and not there now: it was moved or removed, or its disk is not mounted. `other-host`: on
   * another machine.
   */
  readonly because: 'absent' | 'other-host';
}

export interface RunsFolder {
  /** Absolute. */
  readonly folder: string;
  readonly runs: number;
  /** Paths of run folders whose results are not kept, newest first. */
  readonly old: readonly string[];
}

/**
 * Looks through the records of all folders of runs that are known. Runs that go on are kept, and so is whatever
 * cannot be read: nobody knows what it has.
 *
 * @param users the folders of runs that are known
 * @param keepRuns how many runs of each folder are kept, the newest; without it, all
 */
export function findReferences(
  users: readonly StoreUser[],
  runsDir: string,
  keepRuns = Infinity,
): References {
  const isSeen = ({ folder }: StoreUser) => canBeListed(folder);
  const folders = new Set([resolve(runsDir), ...users.filter(isSeen).map(({ folder }) => folder)]);
  const results = new Set<string>();
  const live = new Set<string>();
  const objects = new Set<string>();
  const add = (record: RunRecord) => {
    for (const { keyDigest, artifact } of record.stages) {
      if (keyDigest === undefined || artifact === undefined) continue;
      results.add(keyDigest);
      if (record.state === 'running') live.add(keyDigest);
      for (const { sha256 } of artifact.files) objects.add(sha256);
    }
  };
  return {
    folders: [...folders].map((folder) => {
      const old: string[] = [];
      let runs = 0;
      let kept = 0;
      for (const path of runFolders(folder)) {
        const record = readRecord(path);
        runs += 1;
        if (record === undefined) continue;
        const isLive = record.state === 'running';
        if (!isLive && kept >= keepRuns) old.push(path);
        else add(record);
        if (!isLive) kept += 1;
      }
      return { folder, runs, old };
    }),
    results,
    live,
    objects,
    unseen: users
      .filter((user) => !isSeen(user))
      .map(({ folder, host }) => ({ folder, host, because: host === hostname() ? 'absent' : 'other-host' })),
  };
}

/** Not where nothing is there, or a file, or what this user may not read. */
export function canBeListed(folder: string): boolean {
  try {
    readdirSync(folder);
    return true;
  } catch {
    return false;
  }
}
