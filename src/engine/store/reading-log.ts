import { closeSync, fsyncSync, openSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { isMissing } from '../../system/errno.ts';
import type { JsonObject } from '../../system/json.ts';
import { removeDeadLocks, withLock } from '../../system/lock.ts';
import { makeFolder, syncFolder, writeFully, writeWhole } from '../../system/whole-file.ts';
import type { ServiceToken } from '../stage-kind.ts';
import { encodeGroup } from './log-file.ts';
import { LogReader } from './log-reader.ts';
import { seal, unseal } from './sealed.ts';
import { storeFailure } from './store-failure.ts';

/** A file that has grown this large is not appended to any more: it is read as a whole when it is looked through. */
const LOG_FILE_BYTES = 64 << 20;
const LOG_FILE = /^\d{8}\.rows$/;
const ABOUT = 'about.json';

/**
 * Readings: values by key that cost time to compute and are worth keeping one by one, in spaces that are read
 * separately.
 *
 * The contract with other processes, on this machine and on others that share the folder: any number may read and add at
 * once. Log files are only ever appended to, under the lock of their space, or moved to quarantine. Readers take no
 * lock: an entry that is being written is not whole yet, and is not seen. What `add` has resolved for is there for every
 * reader that begins afterwards, and after the machine died.
 *
 * The races that are accepted, since each costs time and no wrong value: two processes compute the same entry and both
 * add it (the later one counts, and they are equal); a reader opens a file that is being healed, and takes what it
 * held for absent; a process that wrongly takes the holder of the lock for dead appends at the same time, and the
 * groups that get mixed up fail their checks.
 *
 * Damage to an entry makes its whole group absent. The file that it was in is moved to quarantine when the next entries
 * are added.
 *
 * All reading is synchronous: a stage asks for some thousands of entries before its first forward pass, and nothing else
 * is to be done meanwhile. A file is looked through whole, which its limit of 64 MB keeps to a tenth of a second.
 *
 * Why not LMDB: it maps its file into memory. Of 60 damages to it, each of the 20 truncations ended the reading process
 * by SIGBUS; and it does not work on network file systems.
 */
export interface ReadingLog {
  /** Absolute. */
  readonly dir: string;
  /** @param name a file name: contents, such as a digest, not what people call them */
  space(name: string): ReadingSpace;
  /** Names of the spaces that there are. */
  spaces(): readonly string[];
}

export interface ReadingSpace {
  readonly name: string;
  /** The entries of these keys, those that there are, of other processes too. Notices damage. */
  read(keys: Iterable<string>): ReadonlyMap<string, Uint8Array>;
  /** All entries. */
  readAll(): ReadonlyMap<string, Uint8Array>;
  /**
   * Adds entries as one group, which is there whole or not at all, also after damage. When this resolves, the entries survive the
   * end of the process and of the machine. An entry that is there already is replaced.
   * @param about what these entries are of, for people and for whoever recomputes them; kept beside them
   */
  add(entries: readonly (readonly [key: string, value: Uint8Array])[], about?: JsonObject): Promise<void>;
  about(): JsonObject | undefined;
  readonly bytes: number;
}

/** Lent to stages that keep readings of their own. */
export const readingLog: ServiceToken<ReadingLog> = { name: 'reading-log' };

/** Touches no file until readings are asked for. @param onDamage called with each file that is found damaged, once */
export function openReadingLog(dir: string, onDamage: (file: string) => void = () => undefined): ReadingLog {
  const root = resolve(dir);
  const open = new Map<string, ReadingSpace>();
  return {
    dir: root,
    space(name) {
      const space = open.get(name) ?? new FolderSpace(join(root, name), onDamage);
      open.set(name, space);
      return space;
    },
    spaces: () =>
      namesIn(root).filter((name) => namesIn(join(root, name)).some((file) => LOG_FILE.test(file))),
  };
}

/** A space as a folder of numbered log files. */
class FolderSpace implements ReadingSpace {
  readonly name: string;
  readonly #dir: string;
  readonly #onDamage: (file: string) => void;
  /** In the order of their numbers: of two entries of one key the later one counts. */
  #files: LogReader[] = [];
  #adding: Promise<void> = Promise.resolve();
  #about = '';

  constructor(dir: string, onDamage: (file: string) => void) {
    this.#dir = dir;
    this.#onDamage = onDamage;
    this.name = basename(dir);
  }

  read(keys: Iterable<string>): ReadonlyMap<string, Uint8Array> {
    // A process that finds every entry never calls `add`, so it never reaches the code that takes over a dead lock.
    // Dead locks are removed here too.
    if (this.#files.length === 0) removeDeadLocks(this.#dir);
    this.#refresh();
    const found = new Map<string, Uint8Array>();
    let left = [...new Set(keys)];
    for (const file of this.#files.toReversed()) {
      const here = left.filter((key) => file.has(key));
      if (here.length === 0) continue;
      file.read(here, found);
      left = left.filter((key) => !found.has(key));
    }
    return found;
  }

  readAll(): ReadonlyMap<string, Uint8Array> {
    this.#refresh();
    return this.read(this.#files.flatMap((file) => [...file.keys()]));
  }

  add(entries: readonly (readonly [string, Uint8Array])[], about?: JsonObject): Promise<void> {
    const adding = this.#adding.then(() => this.#add(entries, about));
    this.#adding = adding.catch(() => undefined);
    return adding;
  }

  about(): JsonObject | undefined {
    try {
      return unseal(readFileSync(join(this.#dir, ABOUT), 'utf8')) as JsonObject | undefined;
    } catch {
      return undefined;
    }
  }

  get bytes(): number {
    return namesIn(this.#dir).reduce((sum, name) => sum + sizeOf(join(this.#dir, name)), 0);
  }

  async #add(
    entries: readonly (readonly [string, Uint8Array])[],
    about: JsonObject | undefined,
  ): Promise<void> {
    try {
      makeFolder(this.#dir);
      await withLock(join(this.#dir, 'append.lock'), {}, async () => {
        this.#refresh();
        await this.#heal();
        this.#append(entries);
        if (about !== undefined) await this.#describe(about);
      });
    } catch (error) {
      throw storeFailure(error, this.#dir);
    }
  }

  /** Under the lock, with everything looked through. */
  #append(entries: readonly (readonly [string, Uint8Array])[]): void {
    if (entries.length === 0) return;
    const bytes = encodeGroup(entries);
    const last = this.#files.at(-1);
    // After the beginning of a group, which a writer that was killed left, nothing could be told from its rest: such a
    // file is appended to no more.
    const goesOn = last !== undefined && last.end < LOG_FILE_BYTES && last.endsWhole;
    const file = openSync(goesOn ? last.path : this.#nextPath(), goesOn ? 'a' : 'ax');
    try {
      writeFully(file, bytes);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    if (!goesOn) syncFolder(this.#dir);
    this.#refresh();
  }

  /** Under the lock: groups that are whole are written anew, and the file they were in goes to quarantine. */
  async #heal(): Promise<void> {
    for (const damaged of this.#files.filter(({ isDamaged }) => isDamaged)) {
      const quarantine = join(dirname(dirname(this.#dir)), 'quarantine');
      makeFolder(quarantine);
      // First the copy, so that no entry is ever missing. Should the machine die before the move is on the disk, the
      // damaged file is there once more, and is healed once more.
      const copy = Buffer.concat(damaged.wholeGroups().map(encodeGroup));
      if (copy.length > 0) await writeWhole(this.#nextPath(), copy);
      await rename(damaged.path, join(quarantine, `${this.name}-${damaged.name}-${damaged.inode}`));
    }
    this.#refresh();
  }

  async #describe(about: JsonObject): Promise<void> {
    const { text } = seal(about, 2);
    if (text === this.#about) return;
    this.#about = text;
    const path = join(this.#dir, ABOUT);
    try {
      if (readFileSync(path, 'utf8') === `${text}\n`) return;
    } catch {
      // Not there yet.
    }
    await writeWhole(path, `${text}\n`);
  }

  /** Looks through what was added since the last time, by whomever. */
  #refresh(): void {
    const known = new Map(this.#files.map((file) => [file.name, file]));
    this.#files = this.#fileNames()
      .sort()
      .map((name) => known.get(name) ?? new LogReader(join(this.#dir, name), this.#onDamage))
      .filter((file) => file.follow());
  }

  #fileNames(): string[] {
    return namesIn(this.#dir).filter((name) => LOG_FILE.test(name));
  }

  #nextPath(): string {
    const numbers = this.#fileNames().map((name) => parseInt(name, 10));
    return join(this.#dir, `${String(Math.max(0, ...numbers) + 1).padStart(8, '0')}.rows`);
  }
}

/** Of a file that is gone by now, none. */
function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (isMissing(error)) return [];
    throw storeFailure(error, folder);
  }
}
