import { statfsSync } from 'node:fs';
import type { Failure } from './failure.ts';

/** Bytes that this user may still write on the disk that holds the folder, which is there. */
export function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

/**
 * Refuses work that would fill the disk before it begins.
 * @param refusal the failure to throw, told how many bytes are free
 */
export function refuseFullDisk(
  folder: string,
  bytesNeeded: number,
  refusal: (free: number) => Failure,
): void {
  const free = freeBytes(folder);
  if (free < bytesNeeded) throw refusal(free);
}
