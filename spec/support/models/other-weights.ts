import { closeSync, openSync, readdirSync, readSync, utimesSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Turns the signs of some weights of a model, in place: another model of the same shape and size. */
export function flipWeights(folder: string): void {
  const file = openSync(join(folder, 'model.safetensors'), 'r+');
  const length = Buffer.alloc(8);
  readSync(file, length, 0, 8, 0);
  const start = 8 + Number(length.readBigUInt64LE(0));
  const bytes = Buffer.alloc(4000);
  readSync(file, bytes, 0, bytes.length, start);
  // The last byte of a number of two or four bytes holds its sign.
  for (let i = 3; i < bytes.length; i += 4) bytes[i] = (bytes[i] ?? 0) ^ 0x80;
  writeSync(file, bytes, 0, bytes.length, start);
  closeSync(file);
}

/** Gives all files of a folder one modification time, as reproducible archives do. */
export function restAt(folder: string, time: string): void {
  for (const name of readdirSync(folder)) utimesSync(join(folder, name), new Date(time), new Date(time));
}
