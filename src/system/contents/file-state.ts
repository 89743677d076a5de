import type { BigIntStats } from 'node:fs';

/** What tells, without reading a file, that its contents may be others by now. */
export interface FileState {
  /**
   * Device, inode, size, modification time and change time. A copy can give a file the size and modification time of
   * another (`cp -p`, `tar`, `touch -d`), and the file system the inode of one that was removed; the change time, in
   * nanoseconds, is set by the system alone, at every write and at every `touch`.
   */
  readonly text: string;
  /** The later of its modification and its change, in nanoseconds since 1970. */
  readonly youngestNs: bigint;
}

/** By name, the texts of states: by it whoever reads a file knows that these are the bytes that were hashed. */
export type FileStates = Readonly<Record<string, string>>;

export function stateIn({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): FileState {
  return {
    text: `${dev} ${ino} ${size} ${mtimeNs} ${ctimeNs}`,
    youngestNs: mtimeNs > ctimeNs ? mtimeNs : ctimeNs,
  };
}

/** Clocks of file systems tick coarsely, some only every two seconds: 2 s in nanoseconds. */
const RACY_NS = 2_000_000_000n;

/**
 * Whether a file in this state had rested when something was learned of its contents. As in git: one that was written
 * shortly before could have been written again in the same tick of its clock, which would have left its state as it was.
 *
 * @param whenNs when that began, in nanoseconds since 1970
 */
export function hadRested({ youngestNs }: FileState, whenNs: bigint): boolean {
  return youngestNs + RACY_NS < whenNs;
}

/** Now, in nanoseconds since 1970, as precisely as the clock of the system is asked here: to a millisecond. */
export function nowNs(): bigint {
  return BigInt(Date.now()) * 1_000_000n;
}
