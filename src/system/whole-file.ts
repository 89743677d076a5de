import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, open, readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

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
