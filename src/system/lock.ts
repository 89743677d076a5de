import { randomBytes } from 'node:crypto';
import { linkSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ProcessStamp, isAlive, thisProcess } from './process.ts';
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

interface LockHolder extends ProcessStamp {
  /** Tells this lock from another at the same path. */
  readonly token: string;
}

export interface LockOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called once when somebody else holds the lock. */
  readonly onWait?: (holder: ProcessStamp) => void;
}

/**
 * Runs `work` while holding the lock file at `path`: at most one at a time, across processes. A lock whose holder is
 * dead is taken over. Should a living holder be taken for dead (no heartbeat through a network file system), the work
 * is done twice, which costs time and nothing else: what it publishes is the same.
 */
export async function withLock<T>(path: string, options: LockOptions, work: () => Promise<T>): Promise<T> {
  const token = randomBytes(8).toString('hex');
  const contents = JSON.stringify({ ...thisProcess(), token } satisfies LockHolder);
  let watched: { token: string; beat: number; since: number } | undefined;
  let told = false;
  while (!createWhole(path, contents)) {
    options.signal?.throwIfAborted();
    const holder = readLock(path);
    if (holder === undefined) {
      await sleep(1);
      continue;
    }
    if (watched?.token !== holder.token || watched.beat !== holder.beat) {
      watched = { token: holder.token, beat: holder.beat, since: performance.now() };
    }
    const alive = isAlive(holder) ?? performance.now() - watched.since < SILENCE_MS;
    if (!alive) {
      takeAway(path, holder.token);
      continue;
    }
    if (!told) options.onWait?.(holder);
    told = true;
    await sleep(POLL_MS, undefined, options.signal && { signal: options.signal });
  }
  const heartbeat = setInterval(() => beat(path), HEARTBEAT_MS);
  heartbeat.unref();
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    takeAway(path, token);
  }
}

/** Removes a lock that nobody holds any more; says whether it did. `silenceMs`: how long the dead don't show themselves. */
export function removeIfDead(path: string, silenceMs: number, remove = true): boolean {
  const modified = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
  if (modified === undefined) return false;
  const isSilent = Date.now() - modified > silenceMs;
  const holder = readLock(path);
  if (holder === undefined) return false;
  if (isAlive(holder) ?? !isSilent) return false;
  if (remove) takeAway(path, holder.token);
  return true;
}

/**
 * Removes the locks in a folder whose holders are dead. They hinder nobody, but one of a process that was killed between
 * publishing and letting go would stay for good: whoever finds the result takes no lock.
 */
export function removeDeadLocks(folder: string): void {
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => name.endsWith('.lock'));
  } catch {
    return;
  }
  for (const name of names) {
    const path = join(folder, name);
    try {
      const holder = readLock(path);
      if (holder !== undefined && isAlive(holder) === false) takeAway(path, holder.token);
    } catch {
      // A store that can only be read keeps its locks.
    }
  }
}

function readLock(path: string): (LockHolder & { readonly beat: number }) | undefined {
  let beat = Date.now();
  try {
    beat = statSync(path).mtimeMs;
    const holder = JSON.parse(readFileSync(path, 'utf8')) as LockHolder;
    return { ...holder, beat };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    if (!(error instanceof SyntaxError)) throw error;
    // Being written, or left half-written by a full disk.
    if (Date.now() - beat > SILENCE_MS) rmSync(path, { force: true });
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
    const { token: moved } = JSON.parse(readFileSync(aside, 'utf8')) as LockHolder;
    if (moved !== token) linkSync(aside, path);
  } catch (error) {
    if (!['ENOENT', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
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
