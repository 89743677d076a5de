import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { Artifact } from '../artifact.ts';
import { type ArtifactDescriptor, decodeArtifact } from '../artifact-io.ts';
import type { Diagnostic, Result } from '../diagnostic.ts';
import { sha256 } from '../../system/hash.ts';
import type { RunArtifact, RunLabels, RunRecord, RunStage } from '../record.ts';
import { Failure } from '../../system/failure.ts';
import { findRun } from '../recorded/find-run.ts';
import { labelsOf } from '../recorded/labels.ts';
import { readRecord, RECORD, runFolders } from '../recorded/run-record.ts';
import { type RunSummary, summarise } from '../recorded/summary.ts';
import { Damage, type Store } from '../store/store.ts';

/** A run that was found: its record, its folder (absolute), and what it is called now. */
export interface FoundRun {
  readonly record: RunRecord;
  readonly folder: string;
  readonly labels: RunLabels;
}

/** All recorded runs, newest first. */
export function listRuns(runsDir: string): Promise<RunSummary[]> {
  return Promise.resolve(runFolders(resolve(runsDir)).map(summarise));
}

/**
 * A run by what people call it: `latest`, `latest~1` (the one before), its id, its name or one of its tags, an
 * unambiguous beginning of these or end of the id, or its folder. `latest` counts runs that came to an end, failed and cancelled ones too.
 */
export function readRun(runsDir: string, ref: string): Promise<Result<FoundRun>> {
  const found = findRun(resolve(runsDir), ref);
  return Promise.resolve(found.ok ? recordIn(found.value) : found);
}

function recordIn(folder: string): Result<FoundRun> {
  const record = readRecord(folder);
  if (record !== undefined) {
    return { ok: true, value: { record, folder, labels: labelsOf(folder, record) }, warnings: [] };
  }
  const problem: Diagnostic = {
    code: 'run-damaged',
    severity: 'error',
    message: `the record of the run ${basename(folder)} cannot be read`,
    where: join(folder, RECORD),
    next: 'run the pipeline again: what was computed is in the store',
  };
  return { ok: false, problems: [problem] };
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
