import { existsSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { Artifact } from '../artifact.ts';
import { type ArtifactDescriptor, decodeArtifact } from '../artifact-io.ts';
import type { Diagnostic, Result } from '../diagnostic.ts';
import { sha256 } from '../../system/hash.ts';
import { didYouMean } from '../../system/suggest.ts';
import type { RunArtifact, RunRecord, RunStage, RunState } from '../record.ts';
import { Failure } from '../../system/failure.ts';
import { readRecord, RECORD, runFolders } from '../recorded/run-record.ts';
import { Damage, type Store } from '../store/store.ts';

export interface RunSummary {
  /** The name of the run folder. */
  readonly id: string;
  /** Absolute. */
  readonly folder: string;
  /** `damaged`: there is no record that can be read; nothing but id and folder is known then. */
  readonly state: RunState | 'damaged';
  readonly pipeline?: string;
  readonly startedAt?: string;
  readonly durationMs?: number;
  /** How many stages ended in each state. */
  readonly stages?: Readonly<Partial<Record<RunStage['state'], number>>>;
}

/** All recorded runs, newest first. */
export function listRuns(runsDir: string): Promise<RunSummary[]> {
  return Promise.resolve(runFolders(resolve(runsDir)).map(summarise));
}

function summarise(folder: string): RunSummary {
  const record = readRecord(folder);
  const id = basename(folder);
  if (record === undefined) return { id, folder, state: 'damaged' };
  const stages: Partial<Record<RunStage['state'], number>> = {};
  // What gathers the instances of a matrix is no stage that anyone wrote.
  for (const { state } of record.stages.filter(({ gathers }) => gathers !== true)) {
    stages[state] = (stages[state] ?? 0) + 1;
  }
  const { state, startedAt, durationMs } = record;
  return { id, folder, state, pipeline: record.pipeline.name, startedAt, durationMs, stages };
}

/**
 * A run by what people call it: `latest`, `latest~1` (the one before), its id, an unambiguous beginning or end of its
 * id, or its folder. `latest` counts runs that came to an end, failed and cancelled ones too.
 */
export function readRun(
  runsDir: string,
  ref: string,
): Promise<Result<{ record: RunRecord; folder: string }>> {
  const found = findRun(resolve(runsDir), ref);
  return Promise.resolve(found.ok ? recordIn(found.value) : found);
}

function recordIn(folder: string): Result<{ record: RunRecord; folder: string }> {
  const record = readRecord(folder);
  if (record !== undefined) return { ok: true, value: { record, folder }, warnings: [] };
  return problem('run-damaged', `the record of the run ${basename(folder)} cannot be read`, {
    where: join(folder, RECORD),
    next: 'run the pipeline again: what was computed is in the store',
  });
}

function findRun(runsDir: string, ref: string): Result<string> {
  const folders = runFolders(runsDir);
  const back = /^latest(?:~(\d+))?$/.exec(ref);
  if (back) return latest(folders, runsDir, Number(back[1] ?? 0));
  const exact = folders.find((folder) => basename(folder) === ref);
  if (exact !== undefined) return is(exact);
  if (existsSync(join(ref, RECORD))) return is(resolve(ref));
  if (/[\\/]/.test(ref)) {
    const isFolder = statSync(ref, { throwIfNoEntry: false })?.isDirectory() === true;
    return problem('run-not-found', isFolder ? `${ref} is no run folder` : `no run folder ${ref}`, {
      where: ref,
      expected: `a folder with ${RECORD}`,
    });
  }
  const isMeant = (folder: string) => basename(folder).startsWith(ref) || folder.endsWith(ref);
  const matches = ref === '' ? [] : folders.filter(isMeant);
  const [match] = matches;
  if (match !== undefined && matches.length === 1) return is(match);
  const ids = folders.map((folder) => basename(folder));
  if (matches.length > 1) {
    return problem('run-ambiguous', `\`${ref}\` can be ${matches.length} runs`, {
      where: runsDir,
      expected: 'an unambiguous beginning or end of a run id',
      found: matches
        .slice(0, 5)
        .map((folder) => basename(folder))
        .join(', '),
    });
  }
  const next = didYouMean(ref, [...ids, ...ids.map((id) => id.slice(-6)), 'latest']);
  return problem('run-not-found', `no run \`${ref}\``, {
    where: runsDir,
    expected: 'latest, latest~1, a run id or its unambiguous beginning or end, or a run folder',
    found: ref,
    ...(next !== undefined && { next }),
  });
}

function latest(folders: readonly string[], runsDir: string, back: number): Result<string> {
  let ended = 0;
  for (const folder of folders) {
    const state = readRecord(folder)?.state;
    if (state === undefined || state === 'running' || state === 'interrupted') continue;
    if (ended === back) return is(folder);
    ended += 1;
  }
  return problem(
    'run-not-found',
    ended === 0 ? 'there are no runs yet' : `there is no run \`latest~${back}\``,
    {
      where: runsDir,
      found: `${ended} ${ended === 1 ? 'run' : 'runs'} that came to an end`,
      remedy: { code: 'run-pipeline' },
    },
  );
}

function is(folder: string): Result<string> {
  return { ok: true, value: folder, warnings: [] };
}

function problem(code: string, message: string, more: Partial<Diagnostic>): Result<never> {
  return { ok: false, problems: [{ code, severity: 'error', message, ...more }] };
}

/**
 * The artifact of a recorded stage. Its files are checked against their digests.
 * @param store asked for files that the folder lacks, because they could not be written there
 * @throws Failure for a bad one
 */
export async function readArtifact(folder: string, stage: RunStage, store?: Store): Promise<Artifact> {
  const { artifact } = stage;
  if (artifact === undefined) {
    throw new Failure({
      code: 'no-artifact',
      blame: 'user',
      message: `the stage \`${stage.name}\` gave nothing in this run: it is ${stage.state}`,
      where: folder,
    });
  }
  const files = new Map<string, Uint8Array>();
  for (const { path, sha256: digest } of artifact.files) {
    const bytes = await readFile(join(folder, path)).catch(() => undefined);
    if (bytes === undefined || sha256(bytes) !== digest) {
      const stored = await store?.read(inStore(artifact));
      if (stored !== undefined && !(stored instanceof Damage)) return decodeArtifact(artifact.type, stored);
      throw new Failure({
        code: 'artifact-damaged',
        blame: 'user',
        message: bytes ? 'a file of the run was changed after the run' : 'a file of the run is missing',
        where: join(folder, path),
        expected: `SHA-256 ${digest}`,
        ...(bytes && { found: sha256(bytes) }),
        next: 'run the pipeline again: its results are in the store',
      });
    }
    files.set(basename(path), bytes);
  }
  return decodeArtifact(artifact.type, files);
}

function inStore({ files, ...artifact }: RunArtifact): ArtifactDescriptor {
  return { ...artifact, files: files.map(({ path, ...file }) => ({ name: basename(path), ...file })) };
}
