import {
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** The holder touches its lock this often; a lock that was not touched for `staleMs` belongs to nobody. */
const heartbeatMs = 2_000;
const staleMs = 30_000;
const pollMs = 200;

/**
 * Runs `work` while no other process does so under the same lock file. A dead holder does not keep it: its process is
 * gone, or (on another host that shares the disk) its heartbeat is.
 * @param onWait called once if somebody else holds it
 */
export async function underLock<T>(
  file: string,
  { signal, onWait }: { signal?: AbortSignal | undefined; onWait?: () => void },
  work: () => Promise<T>,
): Promise<T> {
  mkdirSync(dirname(file), { recursive: true });
  const mine = JSON.stringify({ pid: process.pid, host: hostname(), nonce: randomUUID() });
  for (let waited = false; !tryTake(file, mine); waited = true) {
    if (!waited) onWait?.();
    await sleep(pollMs, undefined, signal ? { signal } : {});
  }
  const heartbeat = setInterval(() => touch(file), heartbeatMs);
  heartbeat.unref();
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    if (contents(file) === mine) rmSync(file, { force: true });
  }
}

function tryTake(file: string, mine: string): boolean {
  try {
    const handle = openSync(file, 'wx');
    writeSync(handle, mine);
    closeSync(handle);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const theirs = contents(file);
  if (theirs !== undefined && isStale(file, theirs)) removeStale(file, theirs);
  return false;
}

/** Somebody may have removed the stale lock and taken a fresh one meanwhile: that one is put back. */
function removeStale(file: string, theirs: string): void {
  const aside = `${file}.${randomUUID()}`;
  try {
    renameSync(file, aside);
    if (contents(aside) !== theirs) linkSync(aside, file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'EEXIST') throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

function isStale(file: string, theirs: string): boolean {
  const touchedMs = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
  if (touchedMs === undefined) return false;
  if (Date.now() - touchedMs > staleMs) return true;
  try {
    const { pid, host } = JSON.parse(theirs) as { pid: number; host: string };
    if (host !== hostname()) return false;
    process.kill(pid, 0);
    return false;
  } catch (error) {
    // Not yet written whole: its time decides. EPERM: it lives, and is someone else's.
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

function contents(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function touch(file: string): void {
  try {
    utimesSync(file, new Date(), new Date());
  } catch {
    // Taken away: what is downloaded is checked by digest all the same.
  }
}
