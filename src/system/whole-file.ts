import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, open, readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import type { RunProcess } from '../engine/record.ts';

/**
 * Writes a file so that it is there whole or not at all: a temp file beside it, fsync, rename. The temp name ends in
 * `.tmp`, which no reader looks for.
 */
export async function writeWhole(path: string, contents: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temp = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const handle = await open(temp, 'wx');
    try {
      await handle.writeFile(contents);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temp, path);
  } catch (error) {
    await unlink(temp).catch(() => undefined);
    throw error;
  }
}

/**
 * Creates a file with its contents in one step; false when there is one already. By a link, because a file that is
 * opened to be written can be read while it is still empty; where there are no links, by opening it all the same.
 */
export function createWhole(path: string, contents: string): boolean {
  mkdirSync(dirname(path), { recursive: true });
  const temp = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    writeFileSync(temp, contents, { flag: 'wx' });
    try {
      linkSync(temp, path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw error;
      writeFileSync(path, contents, { flag: 'wx' });
    }
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(temp, { force: true });
  }
}

/**
 * Up to this many bytes a file is read and written at once: handing it to another thread takes longer than the work.
 */
const SMALL = 64 * 1024;

export function readSized(path: string, bytes: number): Uint8Array | Promise<Uint8Array> {
  return bytes <= SMALL ? readFileSync(path) : readFile(path);
}

export function writeSized(path: string, contents: Uint8Array): void | Promise<void> {
  return contents.byteLength <= SMALL ? writeFileSync(path, contents) : writeFile(path, contents);
}

let self: RunProcess | undefined;

export function thisProcess(): RunProcess {
  self ??= { pid: process.pid, host: hostname(), bootId: bootId(), started: startOf(process.pid) ?? '' };
  return self;
}

/**
 * Whether the process still runs. Undefined when that can't be seen from here: it is on another machine.
 * A process id that was given to another process since is told by the start time, where the system says it (Linux).
 */
export function isAlive({ pid, host, bootId: boot, started }: RunProcess): boolean | undefined {
  const here = thisProcess();
  if (host !== here.host) return undefined;
  if (boot !== here.bootId) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const now = startOf(pid);
  return started === '' || now === undefined || now === started;
}

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '';
  }
}

/** Field 22 of /proc/PID/stat, in clock ticks since boot; the name in field 2 may hold spaces and parentheses. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .at(19);
  } catch {
    return undefined;
  }
}
