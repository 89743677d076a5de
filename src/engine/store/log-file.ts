import { createHash } from 'node:crypto';
import { readSync } from 'node:fs';

/** "ASRW": where a row begins, also after damage. */
const MAGIC = 0x57525341;
/** Magic, length of the value, key, number in its group, size of the group, check of these. */
const HEAD = 4 + 4 + 32 + 4 + 4 + 8;
const CHECK = 16;
const KEY = 8;
const GROUP = KEY + 32;

/** Where the value of a row is: a row in a file, told from damage by a check of its head and one of its value. */
export interface RowPlace {
  readonly offset: number;
  /** Of the value. */
  readonly length: number;
  /** Where the group begins that it was added with. */
  readonly group: number;
}

export interface Scanned {
  readonly rows: readonly (readonly [key: string, place: RowPlace])[];
  /** Where whole groups end: what follows is being written, or was left half-written. */
  readonly end: number;
  readonly damagedBytes: number;
}

/** Rows as they are appended together. Keys are 64 hexadecimal digits. */
export function encodeGroup(rows: readonly (readonly [key: string, value: Uint8Array])[]): Buffer {
  return Buffer.concat(
    rows.map(([key, value], index) => {
      const row = Buffer.alloc(HEAD + value.length + CHECK);
      row.writeUInt32LE(MAGIC, 0);
      row.writeUInt32LE(value.length, 4);
      row.write(key, KEY, 'hex');
      row.writeUInt32LE(index, GROUP);
      row.writeUInt32LE(rows.length, GROUP + 4);
      headCheck(row, 0).copy(row, HEAD - 8);
      row.set(value, HEAD);
      valueCheck(row.subarray(KEY, GROUP), value).copy(row, HEAD + value.length);
      return row;
    }),
  );
}

/**
 * Finds the rows of whole groups in bytes that begin at `offset` of their file. After damage it goes on at the next
 * head that is whole and first in its group.
 */
export function scanRows(bytes: Buffer, offset: number): Scanned {
  const rows: (readonly [string, RowPlace])[] = [];
  let damagedBytes = 0;
  let at = 0;
  /** Of the group that is being looked through. */
  let start = 0;
  let pending: (readonly [string, RowPlace])[] = [];
  while (bytes.length - at >= HEAD) {
    if (!isHead(bytes, at) || bytes.readUInt32LE(at + GROUP) !== pending.length) {
      const next = nextGroup(bytes, pending.length === 0 ? at + 1 : at);
      if (next === undefined) {
        return { rows, end: offset + start, damagedBytes: damagedBytes + bytes.length - start };
      }
      damagedBytes += next - start;
      [at, start, pending] = [next, next, []];
      continue;
    }
    const length = bytes.readUInt32LE(at + 4);
    const size = bytes.readUInt32LE(at + GROUP + 4);
    const end = at + HEAD + length + CHECK;
    if (end > bytes.length) break;
    const key = bytes.toString('hex', at + KEY, at + GROUP);
    pending.push([key, { offset: offset + at, length, group: offset + start }]);
    at = end;
    if (pending.length < size) continue;
    rows.push(...pending);
    [start, pending] = [at, []];
  }
  return { rows, end: offset + start, damagedBytes };
}

/** The value of a row, or undefined when it is not what was written. */
export function readRow(file: number, key: string, { offset, length }: RowPlace): Uint8Array | undefined {
  const row = Buffer.alloc(HEAD + length + CHECK);
  if (readSync(file, row, 0, row.length, offset) !== row.length) return undefined;
  if (!isHead(row, 0) || row.readUInt32LE(4) !== length || row.toString('hex', KEY, GROUP) !== key)
    return undefined;
  const value = row.subarray(HEAD, HEAD + length);
  return valueCheck(row.subarray(KEY, GROUP), value).equals(row.subarray(HEAD + length)) ? value : undefined;
}

function isHead(bytes: Buffer, at: number): boolean {
  if (bytes.length - at < HEAD || bytes.readUInt32LE(at) !== MAGIC) return false;
  return headCheck(bytes, at).equals(bytes.subarray(at + HEAD - 8, at + HEAD));
}

function nextGroup(bytes: Buffer, from: number): number | undefined {
  const magic = Buffer.alloc(4);
  magic.writeUInt32LE(MAGIC);
  for (let at = bytes.indexOf(magic, from); at >= 0; at = bytes.indexOf(magic, at + 1)) {
    if (isHead(bytes, at) && bytes.readUInt32LE(at + GROUP) === 0) return at;
  }
  return undefined;
}

function headCheck(bytes: Buffer, at: number): Buffer {
  return createHash('sha256')
    .update(bytes.subarray(at, at + HEAD - 8))
    .digest()
    .subarray(0, 8);
}

function valueCheck(key: Uint8Array, value: Uint8Array): Buffer {
  return createHash('sha256').update(key).update(value).digest().subarray(0, CHECK);
}
