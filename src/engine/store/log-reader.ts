import { closeSync, openSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { readFully } from '../../system/whole-file.ts';
import { readEntries, readTogether, scanEntries, type EntryOffset } from './log-file.ts';

/**
 * A log file as one process has seen it: where its whole entries are, up to the byte that it was looked through to. The
 * file may grow, be replaced or vanish at any time, by other processes.
 */
export class LogReader {
  readonly path: string;
  readonly name: string;
  readonly #onDamage: (path: string) => void;
  #inode: number | undefined;
  #end = 0;
  #isDamaged = false;
  readonly #entries = new Map<string, EntryOffset>();

  /** @param onDamage called once, when damage is first seen */
  constructor(path: string, onDamage: (path: string) => void) {
    this.path = path;
    this.name = basename(path);
    this.#onDamage = onDamage;
  }

  get isDamaged(): boolean {
    return this.#isDamaged;
  }

  /** Tells the file from others that had its name. */
  get inode(): number | undefined {
    return this.#inode;
  }

  /** The byte at which whole groups end, as far as the file was looked through. */
  get end(): number {
    return this.#end;
  }

  /** Whether the file is now as it was looked through, and ends with a whole group. */
  get endsWhole(): boolean {
    return statSync(this.path, { throwIfNoEntry: false })?.size === this.#end;
  }

  keys(): Iterable<string> {
    return this.#entries.keys();
  }

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  /** Looks through what was appended since the last time; false when the file is gone. */
  follow(): boolean {
    const found = statSync(this.path, { throwIfNoEntry: false });
    if (found === undefined) return false;
    if (found.ino !== this.#inode || found.size < this.#end) {
      // Another file has the name by now, or this one was cut: nothing that is known of it holds.
      this.#entries.clear();
      [this.#inode, this.#end, this.#isDamaged] = [found.ino, 0, false];
    }
    if (found.size === this.#end) return true;
    const descriptor = this.#open();
    if (descriptor === undefined) return false;
    const bytes = Buffer.alloc(found.size - this.#end);
    let read: number;
    try {
      read = readFully(descriptor, bytes, this.#end);
    } finally {
      closeSync(descriptor);
    }
    const { entries, end, damagedBytes } = scanEntries(bytes.subarray(0, read), this.#end);
    for (const [key, at] of entries) this.#entries.set(key, at);
    this.#end = end;
    if (damagedBytes > 0) this.#damaged();
    return true;
  }

  /** Puts the values of those keys that it has into a map. A damaged one is dropped with its whole group. */
  read(keys: Iterable<string>, into: Map<string, Uint8Array>): void {
    const descriptor = this.#open();
    // Another process has healed it since: what it held is absent for now.
    if (descriptor === undefined) return;
    try {
      const asked = [...keys].flatMap((key) => {
        const at = this.#entries.get(key);
        return at === undefined ? [] : [{ key, ...at }];
      });
      const damaged = new Set<number>();
      for (const together of readTogether(asked)) {
        const values = readEntries(descriptor, together);
        for (const [index, { key, group }] of together.entries()) {
          const value = values[index];
          if (value === undefined) damaged.add(group);
          else into.set(key, value);
        }
      }
      for (const group of damaged) this.#dropGroup(group, into);
    } finally {
      closeSync(descriptor);
    }
  }

  /** All that is whole, by the groups in which it was added. */
  wholeGroups(): [key: string, value: Uint8Array][][] {
    const whole = new Map<string, Uint8Array>();
    this.read([...this.#entries.keys()], whole);
    const groups = new Map<number, [string, Uint8Array][]>();
    for (const [key, { group }] of this.#entries) {
      const value = whole.get(key);
      if (value !== undefined) groups.set(group, [...(groups.get(group) ?? []), [key, value]]);
    }
    return [...groups.values()];
  }

  #open(): number | undefined {
    try {
      return openSync(this.path, 'r');
    } catch {
      return undefined;
    }
  }

  #dropGroup(group: number, from: Map<string, Uint8Array>): void {
    for (const [key, at] of this.#entries) {
      if (at.group !== group) continue;
      this.#entries.delete(key);
      from.delete(key);
    }
    this.#damaged();
  }

  #damaged(): void {
    if (!this.#isDamaged) this.#onDamage(this.path);
    this.#isDamaged = true;
  }
}
