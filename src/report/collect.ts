import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Artifact, FigureArtifact } from '../engine/artifact.ts';
import { readArtifact } from '../engine/index.ts';
import type { RunRecord, RunStage } from '../engine/record.ts';
import type { Cell } from '../table/table.ts';

/** A run with everything that can be read of it. */
export interface CollectedRun {
  readonly record: RunRecord;
  readonly folder: string;
  readonly tables: readonly StageTable[];
  readonly values: readonly { readonly stage: RunStage; readonly value: Cell }[];
  readonly texts: readonly { readonly stage: RunStage; readonly text: string }[];
  readonly figures: readonly { readonly stage: RunStage; readonly figure: FigureArtifact }[];
  /** Stages whose results are missing or damaged, with the reason. */
  readonly unreadable: readonly { readonly stage: string; readonly reason: string }[];
  /** The pipeline file as it was run, if it can be read. */
  readonly source?: string;
}

export type StageTable = { readonly stage: RunStage } & Omit<Extract<Artifact, { type: 'table' }>, 'type'>;

/**
 * Reads what the folder of a run holds. Instances of a matrix are read as the one stage that gathers them. What cannot be read
 * is named, and the rest is there.
 */
export async function collectRun({
  record,
  folder,
}: {
  readonly record: RunRecord;
  readonly folder: string;
}): Promise<CollectedRun> {
  const gathered = new Set(record.stages.flatMap(({ name, gathers }) => (gathers === true ? name : [])));
  const found = {
    tables: [] as StageTable[],
    values: [] as { stage: RunStage; value: Cell }[],
    texts: [] as { stage: RunStage; text: string }[],
    figures: [] as { stage: RunStage; figure: FigureArtifact }[],
    unreadable: [] as { stage: string; reason: string }[],
  };
  for (const stage of record.stages) {
    if (stage.artifact === undefined) continue;
    if (stage.instance !== undefined && gathered.has(stage.instance.of)) continue;
    try {
      const artifact = await readArtifact(folder, stage);
      if (artifact.type === 'table') found.tables.push({ stage, ...artifact });
      else if (artifact.type === 'value') found.values.push({ stage, value: artifact.value });
      else if (artifact.type === 'text') found.texts.push({ stage, text: artifact.text });
      else found.figures.push({ stage, figure: artifact });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      found.unreadable.push({ stage: stage.name, reason });
    }
  }
  const source = await readFile(join(folder, 'pipeline.yaml'), 'utf8').catch(() => undefined);
  return { record, folder, ...found, ...(source !== undefined && { source }) };
}
