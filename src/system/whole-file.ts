import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { open, readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { hasCode } from './errno.ts';

/**
 * Writes a file so that it is there whole or not at all, and stays when this resolves, whether the process or the
 * machine ends then: a temp file beside it, fsync, rename, fsync of the folder, whose entry the new name is. The temp
 * name ends in `.tmp`, which no reader looks for.
 *
 * Processes that write the same path at once do not disturb each other: each has a temp name of its own, and the last
 * rename counts.
 */
export async function writeWhole(path: string, contents: string | Uint8Array): Promise<void> {
  makeFolder(dirname(path));
  const temp = tempNameOf(path);
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
  syncFolder(dirname(path));
}

/** `writeWhole` for callers that cannot wait. */
export function writeWholeSync(path: string, contents: string | Uint8Array): void {
  writeWholeInParts(path, [typeof contents === 'string' ? Buffer.from(contents) : contents]);
}

/** `writeWholeSync` for contents that are too large to be put together in memory: the parts one after another. */
export function writeWholeInParts(path: string, parts: Iterable<Uint8Array>): void {
  makeFolder(dirname(path));
  const temp = tempNameOf(path);
  try {
    const file = openSync(temp, 'wx');
    try {
      for (const part of parts) writeFully(file, part);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temp, path);
  } catch (error) {
    rmSync(temp, { force: true });
    throw error;
  }
  syncFolder(dirname(path));
}

/**
 * Creates a file with its contents in one step; false when there is one already. By a link, because a file that is
 * opened to be written can be read while it is still empty; where there are no links, by opening it all the same.
 */
export function createWhole(path: string, contents: string): boolean {
  makeFolder(dirname(path));
  const temp = tempNameOf(path);
  try {
    writeFileSync(temp, contents, { flag: 'wx' });
    try {
      linkSync(temp, path);
    } catch (error) {
      if (hasCode(error, 'EEXIST')) throw error;
      writeFileSync(path, contents, { flag: 'wx' });
    }
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  } finally {
    rmSync(temp, { force: true });
  }
}

/** Writes all bytes where the file stands. The system may take fewer at a time than it is given: what is left is given again. */
export function writeFully(file: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.byteLength;) {
    const taken = writeSync(file, bytes, written, Math.min(bytes.byteLength - written, MOST_AT_ONCE));
    if (taken === 0) throw Object.assign(new Error('EIO: the system takes no byte'), { code: 'EIO' });
    written += taken;
  }
}

/** Fills a buffer from a file, beginning at a byte of it; gives how many bytes there were, fewer only at the end of the file. */
export function readFully(file: number, into: Uint8Array, from: number): number {
  let done = 0;
  while (done < into.byteLength) {
    const came = readSync(file, into, done, Math.min(into.byteLength - done, MOST_AT_ONCE), from + done);
    if (came === 0) break;
    done += came;
  }
  return done;
}

/** No system takes 2 GiB or more in one call. */
const MOST_AT_ONCE = 1 << 30;

/**
 * Makes a folder, and those above it, so that they stay when this returns: each new one is an entry of the folder above,
 * which is flushed.
 */
export function makeFolder(folder: string): void {
  const missing: string[] = [];
  // One by one: asked for all of them at once, Node never returns where the system refuses without saying that it does (/proc).
  for (let path = resolve(folder); !existsSync(path); path = dirname(path)) missing.push(path);
  if (missing.length === 0) mkdirSync(folder, { recursive: true });
  for (const path of missing.reverse()) {
    try {
      mkdirSync(path);
    } catch (error) {
      // Made by another process meanwhile, unless it is something else than a folder: a link that leads nowhere.
      if (!hasCode(error, 'EEXIST') || !existsSync(path)) throw error;
    }
    syncFolder(dirname(path));
  }
}

/**
 * Flushes the entries of a folder to the disk: a new file, or a new name, may be lost with the machine though its
 * contents are flushed. Where folders cannot be flushed (Windows, some network disks), the system sees to it itself.
 */
export function syncFolder(folder: string): void {
  let file: number;
  try {
    file = openSync(folder, 'r');
  } catch (error) {
    if (hasCode(error, ...NOT_FOR_FOLDERS)) return;
    throw error;
  }
  try {
    fsyncSync(file);
  } catch (error) {
    if (!hasCode(error, ...NOT_FOR_FOLDERS)) throw error;
  } finally {
    closeSync(file);
  }
}

const NOT_FOR_FOLDERS = ['EACCES', 'EBADF', 'EINVAL', 'EISDIR', 'ENOTSUP', 'EPERM'] as const;

function tempNameOf(path: string): string {
  return `${path}.${randomBytes(6).toString('hex')}.tmp`;
}

/** Up to this many bytes a file is read and written at once: handing it to another thread takes longer than the work. */
const SMALL = 64 * 1024;

export function readSized(path: string, bytes: number): Uint8Array | Promise<Uint8Array> {
  return bytes <= SMALL ? readFileSync(path) : readFile(path);
}

/** Neither whole nor flushed: for copies whose digest is known, which whoever reads them checks. */
export async function writeSized(path: string, contents: Uint8Array): Promise<void> {
  if (contents.byteLength <= SMALL) writeFileSync(path, contents);
  else await writeFile(path, contents);
}
