import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Artifact } from '../../engine/artifact.ts';
import type { Cell, Table } from '../../table/table.ts';
import { readArtifact, type Store } from '../../engine/index.ts';
import type { Gate, RunRecord, RunStage } from '../../engine/record.ts';

export interface GatesOfStage {
  readonly stage: string;
  readonly gates: readonly Gate[];
  /** How often they met other inputs. */
  readonly looks: number;
}

/** What people want to see of a run when it has ended; everything else is in files that are named. */
export interface Results {
  readonly folder: string;
  readonly tables: readonly { readonly stage: string; readonly table: Table }[];
  readonly values: readonly { readonly stage: string; readonly value: Cell }[];
  readonly texts: readonly { readonly stage: string; readonly text: string }[];
  /** What became of the claims that were judged. */
  readonly gates: readonly GatesOfStage[];
  /** Paths of figures: the PNG of each. */
  readonly figures: readonly string[];
  /** Artifacts that could not be read, with the reason. */
  readonly unreadable: readonly { readonly stage: string; readonly reason: string }[];
}

/** A table that nothing reads is a result; one of more rows is for the file. */
const MOST_ROWS_OF_A_LEAF = 30;

/**
 * Aggregates, comparisons and correlations are always results; other tables and values are if no stage reads them.
 * @param store has what could not be written to the folder
 */
export async function readResults(record: RunRecord, folder: string, store?: Store): Promise<Results> {
  const read = new Set(record.stages.flatMap(({ from }) => Object.values(from)));
  const tables: { stage: string; table: Table }[] = [];
  const values: { stage: string; value: Cell }[] = [];
  const texts: { stage: string; text: string }[] = [];
  const figures: string[] = [];
  const gates: GatesOfStage[] = [];
  const unreadable: { stage: string; reason: string }[] = [];
  for (const stage of record.stages) {
    if (!stage.artifact) continue;
    if (stage.artifact.type === 'figure') {
      const image = stage.artifact.files.find(({ path }) => path.endsWith('.png')) ?? stage.artifact.files[0];
      if (image === undefined) continue;
      const file = join(folder, image.path);
      if (existsSync(file)) figures.push(file);
      else unreadable.push({ stage: stage.name, reason: 'its image is not in the run folder' });
      continue;
    }
    // What an instance gives is part of what is gathered.
    if (stage.instance !== undefined && read.has(stage.name)) continue;
    if (stage.gates !== undefined) {
      gates.push({ stage: stage.name, gates: stage.gates, looks: stage.looks ?? 1 });
      continue;
    }
    if (!isResult(stage, !read.has(stage.name))) continue;
    try {
      const artifact: Artifact = await readArtifact(folder, stage, store);
      if (artifact.type === 'table') tables.push({ stage: stage.name, table: artifact.table });
      if (artifact.type === 'value') values.push({ stage: stage.name, value: artifact.value });
      if (artifact.type === 'text') texts.push({ stage: stage.name, text: artifact.text });
    } catch (error) {
      unreadable.push({ stage: stage.name, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  return { folder, tables, values, texts, gates, figures, unreadable };
}

function isResult({ uses, artifact }: RunStage, isLeaf: boolean): boolean {
  switch (artifact?.type) {
    case 'table':
      return (
        ['aggregate', 'compare', 'controls', 'effects'].includes(uses) ||
        (isLeaf && (artifact.rows ?? 0) <= MOST_ROWS_OF_A_LEAF)
      );
    case 'value':
      return ['correlate', 'spread'].includes(uses) || (isLeaf && uses !== 'results');
    case 'text':
      return true;
    default:
      return false;
  }
}
