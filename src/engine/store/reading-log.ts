import {
  closeSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
  writeSync,
} from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { JsonObject } from '../../system/json.ts';
import type { ServiceToken } from '../stage-kind.ts';
import { removeDeadLocks, withLock } from '../../system/lock.ts';
import { encodeGroup, readRow, scanRows, type RowPlace } from './log-file.ts';
import { seal, unseal } from './sealed.ts';
import { storeFailure } from './store-failure.ts';
import { writeWhole } from '../../system/whole-file.ts';

/** A file that has grown this large is not appended to any more: it is read as a whole when it is looked through. */
const SEGMENT_BYTES = 64 << 20;
const SEGMENT = /^\d{8}\.rows$/;
const ABOUT = 'about.json';

/**
 * Rows: values by key that cost time to compute and are worth keeping one by one, in spaces that are read separately.
 * Any number of processes may use them at once, on a shared folder too. Files are only ever appended to, under a lock;
 * readers take none. Every row carries checks of its own: the group of one that was damaged is as good as absent, and the
 * file it was in is moved to quarantine when the next rows are added.
 *
 * Why not LMDB: it maps its file into memory. Of 60 damages to it, each of the 20 truncations ended the reading process
 * by SIGBUS; and it does not work on network file systems.
 */
export interface RowStore {
  /** Absolute. */
  readonly dir: string;
  /** @param name a file name: contents, such as a digest, not what people call them */
  space(name: string): RowSpace;
  /** Names of the spaces that there are. */
  spaces(): readonly string[];
}

export interface RowSpace {
  readonly name: string;
  /** Where rows of other processes and damage are noticed: the rows of these keys, those that there are. */
  read(keys: Iterable<string>): ReadonlyMap<string, Uint8Array>;
  /** All rows. */
  readAll(): ReadonlyMap<string, Uint8Array>;
  /**
   * Adds rows as one group, which is there whole or not at all, also after damage: what was computed together is
   * computed together again, so that it comes out the same to the last bit. When this resolves, the rows survive the end
   * of the process and of the machine. A row that is there already is replaced.
   * @param about what these rows are of, for people and for whoever recomputes them; kept beside them
   */
  add(rows: readonly (readonly [key: string, value: Uint8Array])[], about?: JsonObject): Promise<void>;
  about(): JsonObject | undefined;
  readonly bytes: number;
}

/** Lent to stages that keep rows of their own. */
export const rowStore: ServiceToken<RowStore> = { name: 'row-store' };

/** Touches no file until rows are asked for. @param onDamage called with each file that is found damaged, once */
export function openRows(dir: string, onDamage: (file: string) => void = () => undefined): RowStore {
  const root = resolve(dir);
  const open = new Map<string, RowSpace>();
  return {
    dir: root,
    space(name) {
      const space = open.get(name) ?? new LoggedRows(join(root, name), onDamage);
      open.set(name, space);
      return space;
    },
    spaces: () =>
      namesIn(root).filter((name) => namesIn(join(root, name)).some((file) => SEGMENT.test(file))),
  };
}

interface Segment {
  readonly name: string;
  readonly inode: number;
  /** Up to here it was looked through. */
  end: number;
  damaged: boolean;
  readonly rows: Map<string, RowPlace>;
}

class LoggedRows implements RowSpace {
  readonly name: string;
  readonly #dir: string;
  readonly #onDamage: (file: string) => void;
  /** In the order of their numbers: of two rows of one key the later one counts. */
  #segments: Segment[] = [];
  #adding: Promise<void> = Promise.resolve();
  #about = '';

  constructor(dir: string, onDamage: (file: string) => void) {
    this.#dir = dir;
    this.#onDamage = onDamage;
    this.name = basename(dir);
  }

  read(keys: Iterable<string>): ReadonlyMap<string, Uint8Array> {
    // Where all rows are found nobody adds any, and takes over the lock of one that was killed while adding.
    if (this.#segments.length === 0) removeDeadLocks(this.#dir);
    this.#refresh();
    const found = new Map<string, Uint8Array>();
    let left = [...new Set(keys)];
    for (const segment of this.#segments.toReversed()) {
      const here = left.filter((key) => segment.rows.has(key));
      if (here.length === 0) continue;
      this.#readFrom(segment, here, found);
      left = left.filter((key) => !found.has(key));
    }
    return found;
  }

  readAll(): ReadonlyMap<string, Uint8Array> {
    this.#refresh();
    return this.read(this.#segments.flatMap(({ rows }) => [...rows.keys()]));
  }

  add(rows: readonly (readonly [string, Uint8Array])[], about?: JsonObject): Promise<void> {
    const adding = this.#adding.then(() => this.#add(rows, about));
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
    return namesIn(this.#dir).reduce((sum, name) => sum + (sizeOf(join(this.#dir, name))?.size ?? 0), 0);
  }

  async #add(rows: readonly (readonly [string, Uint8Array])[], about: JsonObject | undefined): Promise<void> {
    try {
      await withLock(join(this.#dir, 'append.lock'), {}, async () => {
        this.#refresh();
        await this.#heal();
        this.#append(rows);
        if (about !== undefined) await this.#describe(about);
      });
    } catch (error) {
      throw storeFailure(error, this.#dir);
    }
  }

  /** Under the lock, with everything looked through. */
  #append(rows: readonly (readonly [string, Uint8Array])[]): void {
    if (rows.length === 0) return;
    const bytes = encodeGroup(rows);
    const last = this.#segments.at(-1);
    // After a half-written row nothing could be told from its rest: a new file is begun.
    const room =
      last !== undefined && last.end < SEGMENT_BYTES && sizeOf(this.#path(last))?.size === last.end;
    const path = room ? this.#path(last) : this.#nextPath();
    const file = openSync(path, room ? 'a' : 'ax');
    try {
      writeSync(file, bytes);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    this.#refresh();
  }

  /** Under the lock: groups that are whole are written anew, and the file they were in goes to quarantine. */
  async #heal(): Promise<void> {
    for (const segment of this.#segments.filter(({ damaged }) => damaged)) {
      const whole = new Map<string, Uint8Array>();
      this.#readFrom(segment, [...segment.rows.keys()], whole);
      const groups = new Map<number, [string, Uint8Array][]>();
      for (const [key, { group }] of segment.rows) {
        const value = whole.get(key);
        if (value !== undefined) groups.set(group, [...(groups.get(group) ?? []), [key, value]]);
      }
      const folder = join(dirname(dirname(this.#dir)), 'quarantine');
      await mkdir(folder, { recursive: true });
      // First the copy, so that no row is ever missing.
      const copy = Buffer.concat([...groups.values()].map(encodeGroup));
      if (copy.length > 0) await writeWhole(this.#nextPath(), copy);
      await rename(this.#path(segment), join(folder, `${this.name}-${segment.name}-${segment.inode}`));
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
    const before = new Map(this.#segments.map((segment) => [segment.name, segment]));
    this.#segments = namesIn(this.#dir)
      .filter((name) => SEGMENT.test(name))
      .sort()
      .flatMap((name) => this.#lookThrough(name, before.get(name)) ?? []);
  }

  #lookThrough(name: string, known: Segment | undefined): Segment | undefined {
    const path = join(this.#dir, name);
    const found = sizeOf(path);
    if (found === undefined) return undefined;
    const { size, ino: inode } = found;
    const same = known?.inode === inode && size >= known.end;
    const segment = same ? known : { name, inode, end: 0, damaged: false, rows: new Map<string, RowPlace>() };
    if (size === segment.end) return segment;
    const bytes = Buffer.alloc(size - segment.end);
    let file: number;
    try {
      file = openSync(path, 'r');
    } catch {
      return undefined;
    }
    let read: number;
    try {
      read = readSync(file, bytes, 0, bytes.length, segment.end);
    } finally {
      closeSync(file);
    }
    const { rows, end, damagedBytes } = scanRows(bytes.subarray(0, read), segment.end);
    for (const [key, place] of rows) segment.rows.set(key, place);
    segment.end = end;
    if (damagedBytes > 0) this.#damaged(segment);
    return segment;
  }

  #readFrom(segment: Segment, keys: readonly string[], into: Map<string, Uint8Array>): void {
    let file: number;
    try {
      file = openSync(this.#path(segment), 'r');
    } catch {
      // Healed by another process meanwhile: what it held is absent for now.
      return;
    }
    try {
      for (const key of keys) {
        const place = segment.rows.get(key);
        const value = place === undefined ? undefined : readRow(file, key, place);
        if (value !== undefined) into.set(key, value);
        else if (place !== undefined) this.#dropGroup(segment, place.group, into);
      }
    } finally {
      closeSync(file);
    }
  }

  #dropGroup(segment: Segment, group: number, from: Map<string, Uint8Array>): void {
    for (const [key, place] of segment.rows) {
      if (place.group !== group) continue;
      segment.rows.delete(key);
      from.delete(key);
    }
    this.#damaged(segment);
  }

  #damaged(segment: Segment): void {
    if (!segment.damaged) this.#onDamage(this.#path(segment));
    segment.damaged = true;
  }

  #path({ name }: Segment): string {
    return join(this.#dir, name);
  }

  #nextPath(): string {
    const numbers = namesIn(this.#dir)
      .filter((name) => SEGMENT.test(name))
      .map((name) => parseInt(name, 10));
    return join(this.#dir, `${String(Math.max(0, ...numbers) + 1).padStart(8, '0')}.rows`);
  }
}

function sizeOf(path: string): { readonly size: number; readonly ino: number } | undefined {
  return statSync(path, { throwIfNoEntry: false });
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw storeFailure(error, folder);
  }
}
