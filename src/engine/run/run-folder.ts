import { type BigIntStats, closeSync, lstatSync, mkdirSync, openSync, statSync } from 'node:fs';
import { rename, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { ArtifactDescriptor, ArtifactFiles } from '../artifact-io.ts';
import type { RunArtifact, RunRecord, TimedEvent } from '../record.ts';
import { hasCode } from '../../system/errno.ts';
import { makeFolder, syncFolder, writeFully, writeSized, writeWhole } from '../../system/whole-file.ts';
import { seal } from '../store/sealed.ts';
import { EVENTS, nextFolderName, RECORD } from '../recorded/run-record.ts';
import { writeSummary } from '../recorded/summary.ts';
import { latestIsInTheWay, runFolderGone, runsFailure } from '../recorded/runs-failure.ts';

/** The link to the newest run that came to an end. */
const LATEST = 'latest';

/** Progress of one stage is written to events.jsonl at most this often, in milliseconds. */
const PROGRESS_MS = 500;

/** The folder of a run that goes on. What cannot be written is a Failure. */
export interface RunFolder {
  /** The name of the folder. */
  readonly id: string;
  /** Absolute. */
  readonly path: string;
  append(event: TimedEvent): void;
  /** `within` is relative to the run folder, with `/`. */
  save(within: string, artifact: ArtifactDescriptor, files: ArtifactFiles): Promise<RunArtifact>;
  /** Gives the record as it is written, with its digest. */
  write(record: RunRecord): Promise<RunRecord>;
  /** Lets `runs/latest` point here. */
  publish(): Promise<void>;
  close(): void;
}

export async function createRunFolder(
  runsDir: string,
  startedAt: Date,
  pipeline: { readonly name: string; readonly bytes: Uint8Array },
  randomId: () => string,
): Promise<RunFolder> {
  const root = resolve(runsDir);
  try {
    // Told before anything is computed.
    if (isFolder(join(root, LATEST))) throw latestIsInTheWay(join(root, LATEST));
    const path = makeRunFolder(root, startedAt, pipeline.name, randomId);
    await writeWhole(join(path, 'pipeline.yaml'), pipeline.bytes);
    return new WritableRunFolder(root, path);
  } catch (error) {
    throw runsFailure(error, root);
  }
}

function makeRunFolder(root: string, startedAt: Date, name: string, randomId: () => string): string {
  makeFolder(root);
  for (let tries = 0; ; tries += 1) {
    const path = join(root, nextFolderName(root, startedAt, name, randomId()));
    try {
      mkdirSync(path);
      syncFolder(root);
      return path;
    } catch (error) {
      // Another run of this pipeline got the same id in the same millisecond.
      if (!hasCode(error, 'EEXIST') || tries > 8) throw error;
    }
  }
}

class WritableRunFolder implements RunFolder {
  readonly id: string;
  readonly path: string;
  readonly #root: string;
  readonly #events: number;
  /** Tells this folder from another that is put in its stead. */
  readonly #identity: string;
  /** Whether the last line may be cut: its write failed, as on a full disk. */
  #isTorn = false;
  readonly #progressAt = new Map<string, number>();

  constructor(root: string, path: string) {
    this.#root = root;
    this.path = path;
    this.id = basename(path);
    this.#events = openSync(join(path, EVENTS), 'a');
    this.#identity = identityIn(statSync(path, { bigint: true }));
  }

  /**
   * Written at once, so that a run that is killed leaves what it did. Not flushed: a run that dies with the machine is
   * told by its last lines being absent or cut. A line that could not be written whole ends where the next one begins.
   */
  append(event: TimedEvent): void {
    if (event.type === 'stage-progress') {
      const last = this.#progressAt.get(event.stage) ?? -Infinity;
      if (event.atMs - last < PROGRESS_MS) return;
      this.#progressAt.set(event.stage, event.atMs);
    }
    try {
      const line = Buffer.from(`${this.#isTorn ? '\n' : ''}${seal(event).text}\n`);
      this.#isTorn = true;
      writeFully(this.#events, line);
      this.#isTorn = false;
    } catch (error) {
      throw runsFailure(error, this.#root);
    }
  }

  /** Nothing is written into a folder that somebody has removed: half a run would be left there. */
  #refuseIfGone(): void {
    const found = statSync(this.path, { bigint: true, throwIfNoEntry: false });
    if (found === undefined || identityIn(found) !== this.#identity) throw runFolderGone(this.path);
  }

  /**
   * Copies, never links: a link shares its contents with the store, and whoever edits a file in a run folder would
   * edit the store. The bytes have been read to be checked anyway. Neither whole nor flushed, which would take longer than
   * the rest of a run that has nothing to do: the record has the digests, which readers check, and the store has the
   * results.
   */
  async save(within: string, artifact: ArtifactDescriptor, files: ArtifactFiles): Promise<RunArtifact> {
    try {
      this.#refuseIfGone();
      const folder = join(this.path, within);
      mkdirSync(folder, { recursive: true });
      for (const [name, bytes] of files) await writeSized(join(folder, name), bytes);
    } catch (error) {
      throw runsFailure(error, this.#root);
    }
    return describeArtifact(within, artifact);
  }

  async write(record: RunRecord): Promise<RunRecord> {
    try {
      this.#refuseIfGone();
      const { text, digest } = seal(record, 2);
      await writeWhole(join(this.path, RECORD), `${text}\n`);
      const written = { ...record, sha256: digest };
      if (record.state !== 'running') await writeSummary(this.path, written);
      return written;
    } catch (error) {
      throw runsFailure(error, this.#root);
    }
  }

  async publish(): Promise<void> {
    const latest = join(this.#root, LATEST);
    const temp = `${latest}.${this.id.slice(-6)}.tmp`;
    try {
      this.#refuseIfGone();
      try {
        await symlink(this.id, temp);
      } catch {
        // Where links are not allowed, a file with the name of the folder.
        await writeFile(temp, `${this.id}\n`);
      }
      await rename(temp, latest);
    } catch (error) {
      await rm(temp, { force: true }).catch(() => undefined);
      throw isFolder(latest) ? latestIsInTheWay(latest) : runsFailure(error, this.#root);
    }
  }

  close(): void {
    closeSync(this.#events);
  }
}

/** An artifact as the record has it, in a folder within that of the run. */
export function describeArtifact(
  within: string,
  { type, digest, rows, files }: ArtifactDescriptor,
): RunArtifact {
  return {
    type,
    digest,
    files: files.map(({ name, sha256, bytes }) => ({ path: `${within}/${name}`, sha256, bytes })),
    ...(rows !== undefined && { rows }),
  };
}

function identityIn({ dev, ino }: BigIntStats): string {
  return `${dev} ${ino}`;
}

/** Itself, and not by a link. */
function isFolder(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
