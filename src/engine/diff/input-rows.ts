import { basename } from 'node:path';
import type { Artifact } from '../artifact.ts';
import { decodeArtifact, type ArtifactDescriptor } from '../artifact-io.ts';
import type { InputRows, PlannedStage, Reason, RunArtifact } from '../record.ts';
import { readArtifact } from '../run/read-run.ts';
import { readRecord, runFolders } from '../recorded/run-record.ts';
import { Damage, type Store } from '../store/store.ts';
import { diffTables } from './tables.ts';
import { exact } from './values.ts';

/** Rows that are named, of all that differ. */
const mostRows = 10;
/** Larger artifacts are not read to word a reason. */
const mostBytes = 32 << 20;
/** How many runs are looked through for an artifact, newest first. */
const runsSearched = 20;

export interface WhereArtifactsAre {
  readonly store: Store;
  readonly runsDir: string;
  readonly pipeline: string;
  /** Of the plan: what is cached may be in no run that is recorded here. */
  readonly planned?: readonly PlannedStage[];
}

/**
 * The reasons, and of each input table that changed which rows: where both tables can still be read, in a run folder
 * or in the store. Costs nothing where no input changed.
 */
export async function withInputRows(
  reasons: readonly Reason[],
  where: WhereArtifactsAre,
): Promise<readonly Reason[]> {
  if (!reasons.some(isChangedInput)) return reasons;
  return Promise.all(
    reasons.map(async (reason) => {
      if (!isChangedInput(reason)) return reason;
      const [before, after] = [await find(reason.before, where), await find(reason.after, where)];
      if (before?.type !== 'table' || after?.type !== 'table') return reason;
      const { columns, added, removed, changed } = diffTables(before.table, after.table, exact);
      const rows: InputRows = {
        added: added.length,
        removed: removed.length,
        changed: changed.length,
        columns: { added: columns.added, removed: columns.removed },
        examples: [
          ...changed.map(({ key }) => ({ change: 'changed' as const, key })),
          ...added.map(({ key }) => ({ change: 'added' as const, key })),
          ...removed.map(({ key }) => ({ change: 'removed' as const, key })),
        ].slice(0, mostRows),
      };
      return { ...reason, rows };
    }),
  );
}

type ChangedInput = Extract<Reason, { type: 'changed' }> & {
  readonly before: string;
  readonly after: string;
};

function isChangedInput(reason: Reason): reason is ChangedInput {
  if (reason.type !== 'changed' || reason.path[0] !== 'inputs') return false;
  return typeof reason.before === 'string' && typeof reason.after === 'string';
}

async function find(
  digest: string,
  { store, runsDir, pipeline, planned = [] }: WhereArtifactsAre,
): Promise<Artifact | undefined> {
  for (const { keyDigest } of planned) {
    const found = keyDigest === undefined ? undefined : store.lookup(keyDigest);
    if (found?.state === 'hit' && found.result.artifact.digest === digest) {
      return fromStore(store, found.result.artifact);
    }
  }
  for (const folder of runFolders(runsDir, pipeline).slice(0, runsSearched)) {
    const stage = readRecord(folder)?.stages.find(({ artifact }) => artifact?.digest === digest);
    if (stage?.artifact === undefined) continue;
    if (isLarge(stage.artifact)) return undefined;
    try {
      return await readArtifact(folder, stage);
    } catch {
      // Changed or removed since: the store may have it.
      const found = await fromStore(store, descriptorOf(stage.artifact));
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

async function fromStore(store: Store, artifact: ArtifactDescriptor): Promise<Artifact | undefined> {
  if (isLarge(artifact)) return undefined;
  const files = await store.read(artifact);
  return files instanceof Damage ? undefined : decodeArtifact(artifact.type, files);
}

function descriptorOf({ type, digest, files }: RunArtifact): ArtifactDescriptor {
  return { type, digest, files: files.map(({ path, ...file }) => ({ ...file, name: basename(path) })) };
}

function isLarge({ files }: { readonly files: readonly { readonly bytes: number }[] }): boolean {
  return files.reduce((sum, { bytes }) => sum + bytes, 0) > mostBytes;
}
