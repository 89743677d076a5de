import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

export interface DiskFaults {
  /** The system takes at most so many bytes in one call of `writeSync`. */
  readonly mostAtOnce?: number;
  /** After so many bytes of `writeSync` the disk is full. */
  readonly roomBytes?: number;
}

/**
 * Watches what is written while `work` runs, and lets the disk behave as disks may. Gives what was flushed and renamed,
 * in order: `flush PATH`, `rename FROM TO`. Paths are as the program names them; random parts of temp names are `*`.
 */
export async function withDisk(
  { mostAtOnce = Infinity, roomBytes = Infinity }: DiskFaults,
  work: () => unknown,
): Promise<string[]> {
  const calls: string[] = [];
  const paths = new Map<number, string>();
  let room = roomBytes;
  const told = (path: unknown) => String(path).replace(/\.[0-9a-f]{12}\.tmp$/, '.*.tmp');
  const { openSync, writeSync, fsyncSync, renameSync, promises } = fs;
  const { open, rename } = promises;
  fs.openSync = (...args) => {
    const file = openSync(...args);
    paths.set(file, told(args[0]));
    return file;
  };
  fs.fsyncSync = (file) => {
    calls.push(`flush ${paths.get(file)}`);
    fsyncSync(file);
  };
  const short = (file: number, bytes: Uint8Array, offset = 0, length = bytes.byteLength - offset): number => {
    if (room === 0)
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    const taken = Math.min(length, mostAtOnce, room);
    room -= taken;
    return writeSync(file, bytes, offset, taken);
  };
  fs.writeSync = short as typeof fs.writeSync;
  fs.renameSync = (from, to) => {
    calls.push(`rename ${told(from)} ${told(to)}`);
    renameSync(from, to);
  };
  promises.open = async (...args) => {
    const handle = await open(...args);
    const sync = handle.sync.bind(handle);
    handle.sync = () => {
      calls.push(`flush ${told(args[0])}`);
      return sync();
    };
    return handle;
  };
  promises.rename = async (from, to) => {
    calls.push(`rename ${told(from)} ${told(to)}`);
    await rename(from, to);
  };
  syncBuiltinESMExports();
  try {
    await work();
  } finally {
    Object.assign(fs, { openSync, writeSync, fsyncSync, renameSync });
    Object.assign(promises, { open, rename });
    syncBuiltinESMExports();
  }
  return calls;
}
