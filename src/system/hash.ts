import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';

/** SHA-256 in lower-case hex. */
export function sha256(bytes: string | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** SHA-256 of a file's contents in lower-case hex, read as a stream. */
export async function sha256OfFile(file: string): Promise<string> {
  return (await hashFile(file, createHash('sha256'))).digest('hex');
}

/** Adds a file's contents to a hash, read as a stream. */
export async function hashFile(file: string, hash: Hash): Promise<Hash> {
  for await (const piece of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(piece as Buffer);
  return hash;
}
