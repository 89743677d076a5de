import { existsSync, readFileSync, statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { refuseFullDisk } from '../../system/disk.ts';
import type { Failure } from '../../system/failure.ts';
import { hashFile } from '../../system/hash.ts';
import { withLock } from '../../system/lock.ts';
import { gigabytes } from '../../system/quantities.ts';
import { makeFolder } from '../../system/whole-file.ts';
import { findSnapshot, linkIntoSnapshot, repositoryFolder, writeRef, type CachedModel } from './cache.ts';
import { download, hashFor, noDisk } from './download.ts';
import { describeModel, fileUrl, neededFiles, type HubFile, type HubModel } from './listing.ts';
import { failure, patience, type Transport } from './request.ts';
import { hubSettings } from './settings.ts';
import { InternalError } from '../../system/internal-error.ts';

export interface PullOptions {
  /** Default: `process.env`. */
  readonly env?: NodeJS.ProcessEnv;
  readonly onProgress?: (progress: PullProgress) => void;
  readonly signal?: AbortSignal;
  /** Default: Node's own. */
  readonly fetch?: typeof globalThis.fetch;
  /** First pause before a retry, in milliseconds (default 500), and how long silence is borne (default 30000). */
  readonly backoffMs?: number;
  readonly idleMs?: number;
}

export interface PullProgress {
  readonly id: string;
  /** `waiting`: another process is fetching the same model; `checking`: files that are there are hashed. */
  readonly phase: 'asking' | 'waiting' | 'checking' | 'downloading' | 'done';
  /** Bytes that are there, and of all files that the model needs. 0 until the hub has said. */
  readonly bytesDone: number;
  readonly bytesTotal: number;
  /** Mean over this download; 0 while nothing came. */
  readonly bytesPerSecond: number;
  /** The file that the last bytes were of. */
  readonly file?: string;
}

/** As many files at a time: shards fill a fast line better side by side. */
const parallel = 4;

/** Progress is told at most this often, in milliseconds. */
const progressMs = 100;

/**
 * Fetches the files that a model needs into the cache that Python's huggingface_hub uses, and checks all of them, also
 * those that were there, against the digests that the hub gives. Killed or cut, it goes on where it was; two processes
 * that want the same model do not fetch it twice.
 *
 * @param id `org/name`
 * @param revision branch, tag or commit
 * @throws Failure `hub-offline`, `hub-unreachable`, `hub-not-found`, `hub-needs-token`, `hub-gated`,
 *   `hub-wrong-digest`, `hub-no-disk`, `hub-no-safetensors`, `hub-no-tokenizer`, ...; the signal's reason when aborted
 */
export async function pullModel(
  id: string,
  revision: string,
  options: PullOptions = {},
): Promise<CachedModel> {
  const settings = hubSettings(options.env);
  if (settings.offline) throw offline(id, settings.cache);
  const transport: Transport = {
    settings,
    fetch: options.fetch ?? globalThis.fetch,
    signal: options.signal,
    backoffMs: options.backoffMs ?? patience.backoffMs,
    idleMs: options.idleMs ?? patience.idleMs,
  };
  const meter = new Meter(id, options.onProgress);
  meter.tell('asking');
  const model = await describeModel(transport, id, revision);
  const repository = repositoryFolder(settings.cache, id);
  const lock = join(settings.cache, '.locks', `models--${id.replaceAll('/', '--')}`, 'assay.lock');
  await withLock(lock, { signal: options.signal, onWait: () => meter.tell('waiting') }, async () => {
    await fetchFiles(transport, model, repository, meter);
    if (revision !== model.commit) writeRef(repository, revision, model.commit);
  });
  meter.tell('done');
  const pulled = findSnapshot(settings.cache, id, model.commit);
  if (pulled === undefined || pulled.missing.length > 0) {
    throw new InternalError(`expected a whole snapshot of ${id}, lacks ${pulled?.missing.join(', ')}`);
  }
  return pulled;
}

async function fetchFiles(
  transport: Transport,
  model: HubModel,
  repository: string,
  meter: Meter,
): Promise<void> {
  const blobOf = (file: HubFile) => join(repository, 'blobs', file.digest.hex);
  makeFolder(join(repository, 'blobs'));

  // Files of the same contents (`{}` is a common one) share a blob, which must come once.
  const blobs = new Map<string, Promise<void>>();
  const fetchBlob = async (file: HubFile, blob: string) => {
    if (await isIntact(blob, file, meter)) return;
    const url = fileUrl(transport, { id: model.id, commit: model.commit, name: file.name });
    const onBytes = (bytes: number) => meter.bytes(file, bytes);
    await download(transport, { url, file, blob, what: `${model.id}@${model.revision}`, onBytes });
  };
  const fetchOne = async (file: HubFile) => {
    const blob = blobOf(file);
    const coming = blobs.get(blob) ?? fetchBlob(file, blob);
    blobs.set(blob, coming);
    await coming;
    meter.bytes(file, file.bytes);
    linkIntoSnapshot(blob, join(repository, 'snapshots', model.commit, file.name));
  };
  const files = await neededFiles(model, async (index) => {
    await fetchOne(index);
    return readFileSync(blobOf(index), 'utf8');
  });
  meter.expect(files);
  const needed = files.reduce((sum, file) => sum + remaining(blobOf(file), file), 0);
  refuseFullDisk(repository, needed, (free) =>
    noDisk(repository, `${gigabytes(needed, 2)} free`, gigabytes(free, 2)),
  );

  // One failure ends the others, which keep what they have for the next time.
  const stop = new AbortController();
  const signals = [stop.signal, ...(transport.signal ? [transport.signal] : [])];
  transport = { ...transport, signal: AbortSignal.any(signals) };
  const queue = files.values();
  const worker = async () => {
    for (const file of queue) await fetchOne(file);
  };
  const workers = Array.from({ length: parallel }, () =>
    worker().catch((error: unknown) => {
      stop.abort(error);
      throw error;
    }),
  );
  await Promise.allSettled(workers);
  await Promise.all(workers);
}

/** Hashes what is there; contents that are not what the hub says are removed. */
async function isIntact(blob: string, file: HubFile, meter: Meter): Promise<boolean> {
  const found = statSync(blob, { throwIfNoEntry: false });
  if (found === undefined) return false;
  meter.tell('checking', file.name);
  if (found.size === file.bytes) {
    const hash = await hashFile(blob, hashFor(file.digest, file.bytes));
    if (hash.digest('hex') === file.digest.hex) return true;
  }
  await rm(blob);
  return false;
}

function remaining(blob: string, file: HubFile): number {
  if (existsSync(blob)) return 0;
  const part = statSync(`${blob}.incomplete`, { throwIfNoEntry: false })?.size ?? 0;
  return Math.max(0, file.bytes - part);
}

/** Adds up the bytes of files that come side by side. */
class Meter {
  readonly #id: string;
  readonly #onProgress: (progress: PullProgress) => void;
  readonly #done = new Map<string, number>();
  #total = 0;
  #came = 0;
  #startedMs: number | undefined;
  #toldMs = -Infinity;

  constructor(id: string, onProgress: ((progress: PullProgress) => void) | undefined) {
    this.#id = id;
    this.#onProgress = onProgress ?? (() => undefined);
  }

  expect(files: readonly HubFile[]): void {
    this.#total = files.reduce((sum, file) => sum + file.bytes, 0);
  }

  bytes(file: HubFile, bytes: number): void {
    const before = this.#done.get(file.name);
    this.#done.set(file.name, bytes);
    // The first figure is what lay there already, and a fall is a start from the beginning: neither came now.
    if (before !== undefined && bytes > before) this.#came += bytes - before;
    this.#startedMs ??= performance.now();
    if (performance.now() - this.#toldMs >= progressMs) this.tell('downloading', file.name);
  }

  tell(phase: PullProgress['phase'], file?: string): void {
    this.#toldMs = performance.now();
    const seconds = (this.#toldMs - (this.#startedMs ?? this.#toldMs)) / 1000;
    this.#onProgress({
      id: this.#id,
      phase,
      bytesDone: [...this.#done.values()].reduce((sum, bytes) => sum + bytes, 0),
      bytesTotal: this.#total,
      bytesPerSecond: seconds > 0 ? this.#came / seconds : 0,
      ...(file !== undefined && { file }),
    });
  }
}

function offline(id: string, cache: string): Failure {
  return failure('hub-offline', {
    message: `${id} can not be fetched: HF_HUB_OFFLINE is set`,
    where: cache,
    next: 'unset HF_HUB_OFFLINE, or fetch the model elsewhere and copy its folder here',
  });
}
