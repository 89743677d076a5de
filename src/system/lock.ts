import { randomBytes } from 'node:crypto';
import { linkSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasCode } from './errno.ts';
import { type ProcessStamp, isAlive, thisProcess } from './processes/process.ts';
import { createWhole } from './whole-file.ts';

/** How often the holder of a lock shows that it lives, in milliseconds. */
const HEARTBEAT_MS = 2000;
/**
 * A holder on another machine that has not shown itself for this long, in milliseconds, is dead. Measured by the
 * waiter's own clock: clocks of machines differ.
 */
const SILENCE_MS = 30_000;
/** How often a waiter looks, in milliseconds. */
const POLL_MS = 50;
/** How long a waiter waits that finds no holder, in milliseconds. */
const GONE_MS = 2;

interface LockHolder extends ProcessStamp {
  /** Tells this lock from another at the same path. */
  readonly token: string;
}

export interface LockOptions {
  /** Ends the waiting; work that has begun goes on. */
  readonly signal?: AbortSignal | undefined;
  /** Called once when somebody else holds the lock. */
  readonly onWait?: (holder: ProcessStamp) => void;
}

/**
 * Runs `work` while holding the lock file at `path`.
 *
 * The contract: of all processes that take this lock, on one machine or on several that share the disk, one at a time
 * works. A holder that dies does not keep the lock: whoever waits sees on the same machine that its process is gone (by
 * its id, its start time and the boot of the machine), and from another machine that the lock's modification time, which
 * a living holder moves every two seconds, has stood still for 30 seconds of the waiter's own clock. The lock is removed
 * by its token, so that nobody removes one that was taken meanwhile.
 *
 * The race that is accepted: a living holder is taken for dead by another machine, because it was stopped, because a
 * network disk hid its heartbeat, or because its main thread did not come to its timers for 30 seconds (a forward pass
 * lets them run between layers, and must). Then two work at once. So this guards against work that is done twice, not
 * against damage: what is done under it must stay right if two do it. Results are published whole and are the same bytes;
 * the entries of reading logs carry checks; downloads are compared with their digests.
 *
 * @throws the reason of the signal, and what `work` throws
 */
export async function withLock<T>(path: string, options: LockOptions, work: () => Promise<T>): Promise<T> {
  const token = randomBytes(8).toString('hex');
  await take(path, token, options);
  const heartbeat = setInterval(() => beat(path), HEARTBEAT_MS);
  heartbeat.unref();
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    takeAway(path, token);
  }
}

async function take(path: string, token: string, { signal, onWait }: LockOptions): Promise<void> {
  const contents = JSON.stringify({ ...thisProcess(), token } satisfies LockHolder);
  let watched: { token: string; beat: number; since: number } | undefined;
  let told = false;
  while (!createWhole(path, contents)) {
    signal?.throwIfAborted();
    const holder = readLock(path);
    if (holder === undefined) {
      // Let go since, or not to be read yet.
      await sleep(GONE_MS);
      continue;
    }
    if (watched?.token !== holder.token || watched.beat !== holder.beat) {
      watched = { token: holder.token, beat: holder.beat, since: performance.now() };
    }
    if (!(isAlive(holder) ?? performance.now() - watched.since < SILENCE_MS)) {
      takeAway(path, holder.token);
      continue;
    }
    if (!told) onWait?.(holder);
    told = true;
    await sleep(POLL_MS, undefined, signal && { signal }).catch((error: unknown) => {
      signal?.throwIfAborted();
      throw error;
    });
  }
}

/**
 * Whether nobody holds this lock any more. Of a holder on another machine, which cannot be seen from here, only the time
 * of its last heartbeat tells, by that machine's clock: `silenceMs` must be longer than clocks differ.
 */
export function isDeadLock(path: string, silenceMs: number): boolean {
  return deadHolder(path, silenceMs) !== undefined;
}

/** Removes a lock that nobody holds any more; says whether it did. */
export function removeDeadLock(path: string, silenceMs: number): boolean {
  const holder = deadHolder(path, silenceMs);
  if (holder === undefined) return false;
  takeAway(path, holder.token);
  return true;
}

function deadHolder(path: string, silenceMs: number): LockHolder | undefined {
  const holder = readLock(path);
  if (holder === undefined) return undefined;
  return (isAlive(holder) ?? Date.now() - holder.beat <= silenceMs) ? undefined : holder;
}

/**
 * Removes the locks in a folder that dead processes of this machine have left. They hinder nobody, but whoever finds the
 * result takes no lock: the lock of a process that was killed between publishing and letting go would stay for good.
 */
export function removeDeadLocks(folder: string): void {
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => name.endsWith('.lock'));
  } catch {
    return;
  }
  for (const name of names) {
    try {
      removeDeadLock(join(folder, name), Infinity);
    } catch {
      // A store that can only be read keeps its locks.
    }
  }
}

function readLock(path: string): (LockHolder & { readonly beat: number }) | undefined {
  let beat: number;
  let text: string;
  try {
    beat = statSync(path).mtimeMs;
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
  const holder = holderIn(text);
  if (holder !== undefined) return { ...holder, beat };
  // On a disk without links it is being written; or a full disk left it half-written, or it is not one of ours.
  if (Date.now() - beat > SILENCE_MS) rmSync(path, { force: true });
  return undefined;
}

function holderIn(text: string): LockHolder | undefined {
  try {
    const holder = JSON.parse(text) as Partial<LockHolder> | null;
    return typeof holder?.token === 'string' ? (holder as LockHolder) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Removes the lock with this token, and no other: it is moved aside first, and moved back should another have taken
 * its place since it was read.
 */
function takeAway(path: string, token: string): void {
  const aside = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    if (readLock(path)?.token !== token) return;
    renameSync(path, aside);
    if (holderIn(readFileSync(aside, 'utf8'))?.token !== token) linkSync(aside, path);
  } catch (error) {
    if (!hasCode(error, 'ENOENT', 'EEXIST')) throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

function beat(path: string): void {
  try {
    const now = new Date();
    utimesSync(path, now, now);
  } catch {
    // The lock was taken away: whoever did so works on the same, and both results are right.
  }
}
