import { createHash, type Hash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { open, rename, rm, stat, truncate, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf, isDiskFull } from '../../system/errno.ts';
import { Failure } from '../../system/failure.ts';
import { hashFile } from '../../system/hash.ts';
import { makeFolder, syncFolder } from '../../system/whole-file.ts';
import type { Digest, HubFile } from './listing.ts';
import { networkError, request, Transient, withRetries, type Transport } from './request.ts';

export interface Download {
  readonly url: string;
  readonly file: HubFile;
  /** Where the finished contents go; `<blob>.incomplete` is filled first. */
  readonly blob: string;
  readonly what: string;
  /** Called with the bytes of this file that are there; may fall when a server starts over. */
  readonly onBytes: (bytes: number) => void;
}

/**
 * Fetches one file, from where an earlier attempt ended, and publishes it under its digest's name only if it has that
 * digest. Contents that are whole but wrong are fetched anew once, in case the earlier part was to blame.
 *
 * @throws Failure `hub-wrong-digest`, `hub-no-disk`, and what `request` throws
 */
export async function download(transport: Transport, task: Download): Promise<void> {
  makeFolder(dirname(task.blob));
  const part = `${task.blob}.incomplete`;
  const resumed = existsSync(part);
  let found = await fetchWhole(transport, task, part);
  if (found !== task.file.digest.hex && resumed) {
    await rm(part, { force: true });
    found = await fetchWhole(transport, task, part);
  }
  if (found !== task.file.digest.hex) {
    await rm(part, { force: true });
    throw wrongDigest(task, found);
  }
  await rename(part, task.blob);
  syncFolder(dirname(task.blob));
}

/** @returns the digest of what is in `part`, which has the right size then */
async function fetchWhole(transport: Transport, task: Download, part: string): Promise<string> {
  let reached = 0;
  const report = (bytes: number) => {
    reached = Math.max(reached, bytes);
    task.onBytes(bytes);
  };
  return withRetries(transport, () => attempt(transport, { ...task, onBytes: report }, part), {
    what: task.file.name,
    progress: () => reached,
  });
}

async function attempt(transport: Transport, task: Download, part: string): Promise<string> {
  const { bytes: size, digest } = task.file;
  let have = (await stat(part).catch(() => undefined))?.size ?? 0;
  if (have > size) {
    await truncate(part, 0);
    have = 0;
  }
  let hash = hashFor(digest, size);
  if (have > 0) await hashFile(part, hash);
  task.onBytes(have);
  if (have === size && existsSync(part)) return hash.digest('hex');

  const connection = new Connection(transport);
  try {
    const answer = await request(transport, task.url, {
      what: task.what,
      signal: connection.signal,
      headers: have > 0 ? { range: `bytes=${have}-` } : {},
    });
    if (answer.status === 416) {
      await truncate(part, 0);
      throw new Transient('the hub refused to go on from the middle of the file');
    }
    if (have > 0 && startOf(answer) !== have) {
      // The server does not know ranges, and sends everything from the start.
      await truncate(part, 0);
      have = 0;
      hash = hashFor(digest, size);
    }
    const file = await open(part, 'a');
    try {
      await pour(answer, { file, hash, have, size, connection, onBytes: task.onBytes });
      await file.sync();
    } finally {
      await file.close();
    }
    return hash.digest('hex');
  } catch (error) {
    throw classify(error, transport, task);
  } finally {
    connection.close();
  }
}

async function pour(
  answer: Response,
  to: {
    file: FileHandle;
    hash: Hash;
    have: number;
    size: number;
    connection: Connection;
    onBytes: (bytes: number) => void;
  },
): Promise<void> {
  let have = to.have;
  for await (const chunk of (answer.body ?? []) as AsyncIterable<Uint8Array>) {
    to.connection.alive();
    if (have + chunk.length > to.size) {
      throw new Transient(`more than ${to.size} bytes came`);
    }
    await writeAll(to.file, chunk);
    to.hash.update(chunk);
    have += chunk.length;
    to.onBytes(have);
  }
  if (have < to.size) throw new Transient(`the connection ended after ${have} of ${to.size} bytes`);
}

async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let written = 0; written < chunk.length;) {
    written += (await file.write(chunk, written)).bytesWritten;
  }
}

/** Ends a request when nothing comes for too long, or when the user wants it ended. */
class Connection {
  readonly #controller = new AbortController();
  readonly #idleMs: number;
  #timer: NodeJS.Timeout;
  readonly signal: AbortSignal;

  constructor({ signal, idleMs }: Transport) {
    this.#idleMs = idleMs;
    this.#timer = this.#start();
    this.signal = signal ? AbortSignal.any([signal, this.#controller.signal]) : this.#controller.signal;
  }

  alive(): void {
    this.#timer.refresh();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#controller.abort();
  }

  #start(): NodeJS.Timeout {
    const give = () => this.#controller.abort(new Transient(`nothing came for ${this.#idleMs / 1000} s`));
    return setTimeout(give, this.#idleMs);
  }
}

/** First byte of a partial answer; 0 for a whole one. */
function startOf(answer: Response): number {
  if (answer.status !== 206) return 0;
  return Number(/^bytes (\d+)-/.exec(answer.headers.get('content-range') ?? '')?.[1] ?? NaN);
}

function classify(error: unknown, transport: Transport, task: Download): Error {
  transport.signal?.throwIfAborted();
  if (error instanceof Failure || error instanceof Transient) return error;
  if (isDiskFull(error)) return noDisk(dirname(task.blob), 'room for it', `${codeOf(error)} while writing`);
  if (error instanceof Error && 'syscall' in error && 'path' in error) return error;
  return networkError(error, transport.settings, new URL(task.url));
}

export function hashFor({ algorithm }: Digest, bytes: number): Hash {
  return algorithm === 'sha256' ? createHash('sha256') : createHash('sha1').update(`blob ${bytes}\0`);
}

export function noDisk(where: string, expected: string, found: string): Failure {
  return new Failure({
    code: 'hub-no-disk',
    blame: 'machine',
    message: 'the disk has no room for the model',
    where,
    expected,
    found,
    next: 'free some disk space, or set HF_HUB_CACHE to a folder on another disk; what is there is kept, and the download goes on from it',
  });
}

function wrongDigest({ file, what, url }: Download, found: string): Failure {
  return new Failure({
    code: 'hub-wrong-digest',
    blame: 'machine',
    message: `what the hub sent for ${file.name} of ${what} is not what it announced; it was thrown away`,
    where: url,
    expected: `${file.digest.algorithm} ${file.digest.hex}`,
    found,
    next: 'try again; if it stays so, something between here and the hub changes files',
  });
}
