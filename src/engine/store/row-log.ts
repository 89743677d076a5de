import { createHash } from 'node:crypto';
import { readSync } from 'node:fs';

/** "ASRW": where a row begins, also after damage. */
const MAGIC = 0x57525341;
/** Magic, length of the value, key, check of these. */
const HEAD = 4 + 4 + 32 + 8;
const CHECK = 16;

/** Where the value of a row is: a row in a file, told from damage by a check of its head and one of its value. */
export interface RowPlace {
  readonly offset: number;
  /** Of the value. */
  readonly length: number;
}

export interface Scanned {
  readonly rows: readonly (readonly [key: string, place: RowPlace])[];
  /** Where whole rows end: what follows is being written, or was left half-written. */
  readonly end: number;
  readonly damagedBytes: number;
}

/** A row as it is appended: head, value, check. @param key 64 hexadecimal digits */
export function encodeRow(key: string, value: Uint8Array): Buffer {
  const row = Buffer.alloc(HEAD + value.length + CHECK);
  row.writeUInt32LE(MAGIC, 0);
  row.writeUInt32LE(value.length, 4);
  row.write(key, 8, 'hex');
  headCheck(row, 0).copy(row, HEAD - 8);
  row.set(value, HEAD);
  valueCheck(row.subarray(8, 40), value).copy(row, HEAD + value.length);
  return row;
}

/** Finds the rows in bytes that begin at `offset` of their file. Goes on after damage at the next head that is whole. */
export function scanRows(bytes: Buffer, offset: number): Scanned {
  const rows: (readonly [string, RowPlace])[] = [];
  let damagedBytes = 0;
  let at = 0;
  while (bytes.length - at >= HEAD) {
    if (!isHead(bytes, at)) {
      const next = nextHead(bytes, at + 1);
      if (next === undefined)
        return { rows, end: offset + at, damagedBytes: damagedBytes + bytes.length - at };
      damagedBytes += next - at;
      at = next;
      continue;
    }
    const length = bytes.readUInt32LE(at + 4);
    const end = at + HEAD + length + CHECK;
    if (end > bytes.length) break;
    rows.push([bytes.toString('hex', at + 8, at + 40), { offset: offset + at, length }]);
    at = end;
  }
  return { rows, end: offset + at, damagedBytes };
}

/** The value of a row, or undefined when it is not what was written. */
export function readRow(file: number, key: string, { offset, length }: RowPlace): Uint8Array | undefined {
  const row = Buffer.alloc(HEAD + length + CHECK);
  if (readSync(file, row, 0, row.length, offset) !== row.length) return undefined;
  if (!isHead(row, 0) || row.readUInt32LE(4) !== length || row.toString('hex', 8, 40) !== key)
    return undefined;
  const value = row.subarray(HEAD, HEAD + length);
  return valueCheck(row.subarray(8, 40), value).equals(row.subarray(HEAD + length)) ? value : undefined;
}

function isHead(bytes: Buffer, at: number): boolean {
  if (bytes.length - at < HEAD || bytes.readUInt32LE(at) !== MAGIC) return false;
  return headCheck(bytes, at).equals(bytes.subarray(at + HEAD - 8, at + HEAD));
}

function nextHead(bytes: Buffer, from: number): number | undefined {
  const magic = Buffer.alloc(4);
  magic.writeUInt32LE(MAGIC);
  for (let at = bytes.indexOf(magic, from); at >= 0; at = bytes.indexOf(magic, at + 1)) {
    if (isHead(bytes, at)) return at;
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
