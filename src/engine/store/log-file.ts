import { createHash } from 'node:crypto';
import { must } from '../../system/internal-error.ts';
import { readFully } from '../../system/whole-file.ts';

/*
 * A log file is groups of entries, one after another: appended to, never changed. Numbers are little-endian.
 *
 *    offset   bytes
 *         0       4   "ASRW": an entry begins, which a reader also looks for after damage
 *         4       4   L: the length of the value
 *         8      32   key
 *        40       4   number of the entry in its group, from 0
 *        44       4   how many entries the group has
 *        48       8   head check: the first bytes of SHA-256 of bytes 0 to 47
 *        56       L   value
 *    56 + L      16   value check: the first bytes of SHA-256 of key and value
 *
 * A group of two, which counts when both of its entries are whole:
 *
 *    | head 0 of 2 | value | check | head 1 of 2 | value | check |
 *
 * The head has a check of its own, because its length says where the next entry begins: a reader that believed a damaged
 * length would lose all that follows.
 */
const MAGIC = 0x57525341;
const LENGTH_AT = 4;
const KEY_AT = 8;
const NUMBER_AT = 40;
const SIZE_AT = 44;
const HEAD_CHECK_AT = 48;
const HEAD = 56;
const VALUE_CHECK = 16;

/** Where an entry is in its log file. */
export interface EntryOffset {
  /** Byte of the file at which the entry begins. */
  readonly offset: number;
  /** Bytes of its value. */
  readonly length: number;
  /** Byte of the file at which the group begins that it was added with. */
  readonly group: number;
}

export interface Scanned {
  /** Of whole groups, in the order of the file. */
  readonly entries: readonly (readonly [key: string, at: EntryOffset])[];
  /** Byte of the file at which the whole groups end: what follows is being written, or was left half-written. */
  readonly end: number;
  readonly damagedBytes: number;
}

/** Entries as they are appended together. Keys are 64 hexadecimal digits. */
export function encodeGroup(entries: readonly (readonly [key: string, value: Uint8Array])[]): Buffer {
  return Buffer.concat(
    entries.map(([key, value], index) => {
      const entry = Buffer.alloc(HEAD + value.length + VALUE_CHECK);
      entry.writeUInt32LE(MAGIC, 0);
      entry.writeUInt32LE(value.length, LENGTH_AT);
      entry.write(key, KEY_AT, 'hex');
      entry.writeUInt32LE(index, NUMBER_AT);
      entry.writeUInt32LE(entries.length, SIZE_AT);
      headCheck(entry, 0).copy(entry, HEAD_CHECK_AT);
      entry.set(value, HEAD);
      valueCheck(entry.subarray(KEY_AT, NUMBER_AT), value).copy(entry, HEAD + value.length);
      return entry;
    }),
  );
}

/**
 * Finds the entries of whole groups. Values are not checked here: whoever reads one checks it.
 * @param bytes of a log file, from the byte `offset` on, which is where a group begins
 */
export function scanEntries(bytes: Buffer, offset: number): Scanned {
  const entries: (readonly [string, EntryOffset])[] = [];
  let damagedBytes = 0;
  let at = 0;
  /** Where the group begins that is being looked through, and what there was of it so far. */
  let start = 0;
  let pending: (readonly [string, EntryOffset])[] = [];
  while (bytes.length - at >= HEAD) {
    if (!isHead(bytes, at) || bytes.readUInt32LE(at + NUMBER_AT) !== pending.length) {
      // Not the head that has to be here. The disk gave back other bytes than it was given; or the machine died when the
      // file had grown and its contents were not there yet, which reads as zeros; or two appended at once, each taken
      // for dead by the other. What there was of this group is given up, and the next head that begins a group is looked
      // for: from here, unless a group would begin here and its own head is what is bad.
      const next = nextGroup(bytes, pending.length === 0 ? at + 1 : at);
      if (next === undefined) {
        return { entries, end: offset + start, damagedBytes: damagedBytes + bytes.length - start };
      }
      damagedBytes += next - start;
      [at, start, pending] = [next, next, []];
      continue;
    }
    const length = bytes.readUInt32LE(at + LENGTH_AT);
    const size = bytes.readUInt32LE(at + SIZE_AT);
    const end = at + HEAD + length + VALUE_CHECK;
    // The writer was killed within a value, or still writes it: no damage, and not whole.
    if (end > bytes.length) break;
    const key = bytes.toString('hex', at + KEY_AT, at + NUMBER_AT);
    pending.push([key, { offset: offset + at, length, group: offset + start }]);
    at = end;
    if (pending.length < size) continue;
    entries.push(...pending);
    [start, pending] = [at, []];
  }
  // What is left is shorter than a head, or the loop ended within a group: the writer was killed there, or still writes.
  return { entries, end: offset + start, damagedBytes };
}

/** Of neighbours, so many bytes are read at once at most, and so many between two of them along with them. */
const MOST_AT_ONCE = 1 << 20;
const GAP = 1 << 14;

/** Entries in the order of the file, those that are read at once together: one call to the system for each is most of the time. */
export function readTogether<Entry extends EntryOffset>(
  entries: readonly Entry[],
): readonly (readonly Entry[])[] {
  const together: Entry[][] = [];
  let begin = 0;
  let end = -Infinity;
  for (const entry of entries.toSorted((a, b) => a.offset - b.offset)) {
    const last = together.at(-1);
    const ends = endOf(entry);
    if (last !== undefined && entry.offset - end <= GAP && ends - begin <= MOST_AT_ONCE) last.push(entry);
    else {
      together.push([entry]);
      begin = entry.offset;
    }
    end = ends;
  }
  return together;
}

/**
 * The values of neighbours; undefined for one that is not what was written.
 * @param entries at least one, in the order of the file
 */
export function readEntries(
  file: number,
  entries: readonly (EntryOffset & { readonly key: string })[],
): readonly (Uint8Array | undefined)[] {
  const [first, last] = [must(entries[0], 'an entry to read'), must(entries.at(-1), 'an entry to read')];
  const bytes = Buffer.alloc(endOf(last) - first.offset);
  // The file may have been cut after it was looked through.
  const there = bytes.subarray(0, readFully(file, bytes, first.offset));
  return entries.map((entry) => {
    const from = entry.offset - first.offset;
    return wholeEntry(there.subarray(from, endOf(entry) - first.offset), entry);
  });
}

function endOf({ offset, length }: EntryOffset): number {
  return offset + HEAD + length + VALUE_CHECK;
}

function wholeEntry(
  entry: Buffer,
  { key, length }: { readonly key: string; readonly length: number },
): Uint8Array | undefined {
  if (entry.length !== HEAD + length + VALUE_CHECK) return undefined;
  // The head was damaged, or another file of the same name is here by now.
  if (!isHead(entry, 0) || entry.readUInt32LE(LENGTH_AT) !== length) return undefined;
  if (entry.toString('hex', KEY_AT, NUMBER_AT) !== key) return undefined;
  const value = entry.subarray(HEAD, HEAD + length);
  const isWhole = valueCheck(entry.subarray(KEY_AT, NUMBER_AT), value).equals(entry.subarray(HEAD + length));
  return isWhole ? value : undefined;
}

function isHead(bytes: Buffer, at: number): boolean {
  if (bytes.length - at < HEAD || bytes.readUInt32LE(at) !== MAGIC) return false;
  return headCheck(bytes, at).equals(bytes.subarray(at + HEAD_CHECK_AT, at + HEAD));
}

/** Where the next group begins, not before `from`. A value may hold the magic by chance: the check of the head tells. */
function nextGroup(bytes: Buffer, from: number): number | undefined {
  const magic = Buffer.alloc(4);
  magic.writeUInt32LE(MAGIC);
  for (let at = bytes.indexOf(magic, from); at >= 0; at = bytes.indexOf(magic, at + 1)) {
    if (isHead(bytes, at) && bytes.readUInt32LE(at + NUMBER_AT) === 0) return at;
  }
  return undefined;
}

function headCheck(bytes: Buffer, at: number): Buffer {
  return createHash('sha256')
    .update(bytes.subarray(at, at + HEAD_CHECK_AT))
    .digest()
    .subarray(0, HEAD - HEAD_CHECK_AT);
}

function valueCheck(key: Uint8Array, value: Uint8Array): Buffer {
  return createHash('sha256').update(key).update(value).digest().subarray(0, VALUE_CHECK);
}
