import { closeSync, fstatSync, openSync, readdirSync, readSync, statSync, type Stats } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { Failure } from '../../system/failure.ts';
import type { Column, Table } from '../table.ts';
import { columnsOfStart, readRows } from './data-file.ts';
import type { FileReading } from './file-reading.ts';
import { invalid } from './invalid-data.ts';

/** Bytes of a data file that checks read: enough for any header, and all of most files, in a few milliseconds. */
const startBytes = 1 << 20;

/**
 * The columns of a data file, told from its start; `file` is relative to `baseDir`.
 *
 * @throws Failure as `bytesOfFile` and `readRows`
 */
export function columnsOfFile(
  baseDir: string,
  file: string,
  reading: FileReading,
): { readonly columns: readonly Column[]; readonly open: boolean } {
  const path = resolve(baseDir, file);
  try {
    refuseSpecial(statSync(path), path);
    const handle = openSync(path, 'r');
    try {
      const { size } = fstatSync(handle);
      const buffer = Buffer.alloc(Math.min(size, startBytes));
      const start = buffer.subarray(0, readSync(handle, buffer, 0, buffer.length, 0));
      const whole = start.length === size;
      return columnsOfStart(decoded(start, file, { whole }), file, reading, { whole });
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    throw unreadable(error, path);
  }
}

/** @throws Failure as `bytesOfFile` and `readRows` */
export async function rowsOfFile(baseDir: string, file: string, reading: FileReading): Promise<Table> {
  const bytes = await bytesOfFile(baseDir, file);
  return readRows(decoded(bytes, file, { whole: true }), file, reading);
}

/** @throws Failure `file-not-found`, or `file-unreadable` for what is no regular file or may not be read */
export async function bytesOfFile(baseDir: string, file: string): Promise<Uint8Array> {
  const path = resolve(baseDir, file);
  try {
    refuseSpecial(statSync(path), path);
    const handle = await open(path, 'r');
    try {
      return await handle.readFile();
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw unreadable(error, path);
  }
}

/** Reading a pipe or a device may never end. */
function refuseSpecial(stats: Stats, path: string): void {
  if (stats.isFile()) return;
  throw new Failure({
    code: 'file-unreadable',
    blame: 'user',
    message: 'the data file is no file',
    path: ['file'],
    expected: 'a regular file, relative to the pipeline file',
    found: `${path} (${stats.isDirectory() ? 'a folder' : 'a device or pipe'})`,
  });
}

function unreadable(error: unknown, path: string): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
  if (error instanceof Failure || code === undefined) return error;
  const missing = code === 'ENOENT' || code === 'ENOTDIR';
  return new Failure({
    code: missing ? 'file-not-found' : 'file-unreadable',
    blame: 'user',
    message: missing ? 'the data file does not exist' : `the data file cannot be read (${code})`,
    path: ['file'],
    expected: 'a file, relative to the pipeline file',
    found: path,
    ...(missing && { meant: basename(path), candidates: neighbours(path) }),
  });
}

function neighbours(path: string): readonly string[] {
  try {
    return readdirSync(dirname(path)).filter((name) => !name.startsWith('.'));
  } catch {
    return [];
  }
}

/** A start may end amid a character; what is whole may not. */
function decoded(bytes: Uint8Array, file: string, { whole }: { readonly whole: boolean }): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: !whole });
  } catch {
    const utf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
    throw invalid(file, 'the file is not UTF-8', {
      ...(utf16 && { found: 'UTF-16, as some programs call Unicode' }),
      next: 'save it as UTF-8',
    });
  }
}
