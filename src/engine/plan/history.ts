import { readRecord, runFolders } from '../recorded/run-record.ts';
import type { StageKey } from '../record.ts';

/**
 * How many runs of a pipeline are looked through for the last result of a stage, newest first. A stage that is in none of
 * them never ran, as far as people can remember; to read so many takes about a second.
 */
const runsSearched = 500;

export interface LastResult {
  readonly key: StageKey;
  readonly keyDigest?: string;
  /** Of the run that computed it, if that is the one that is remembered. */
  readonly durationMs?: number;
  /** What the stage measured of its work, if it did. */
  readonly figures?: Readonly<Record<string, number>>;
  /** Of a stage with gates: how often these have met other inputs. */
  readonly looks?: number;
}

export interface History {
  /** The last recorded result of a stage of this pipeline. Reads run records, newest first, as far as needed. */
  last(stage: string): LastResult | undefined;
}

export function openHistory(runsDir: string, pipeline: string): History {
  const known = new Map<string, LastResult>();
  let folders: string[] | undefined;
  const readNext = (): boolean => {
    folders ??= runFolders(runsDir, pipeline).slice(0, runsSearched);
    const folder = folders.shift();
    if (folder === undefined) return false;
    const record = readRecord(folder);
    if (record?.pipeline.name !== pipeline || record.state === 'running') return true;
    for (const { name, state, key, keyDigest, durationMs, figures, looks } of record.stages) {
      if (key === undefined || (state !== 'ran' && state !== 'cached')) continue;
      if (known.has(name)) continue;
      known.set(name, {
        key,
        ...(keyDigest !== undefined && { keyDigest }),
        ...(durationMs !== undefined && { durationMs }),
        ...(figures !== undefined && { figures }),
        ...(looks !== undefined && { looks }),
      });
    }
    return true;
  };
  return {
    last(stage) {
      while (!known.has(stage) && readNext());
      return known.get(stage);
    },
  };
}
