import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunRecord, RunStage, TimedEvent } from '../record.ts';
import { isMissing } from '../../system/errno.ts';
import { isAlive } from '../../system/process.ts';
import { unseal } from '../store/sealed.ts';

export const RECORD = 'run.json';

export const EVENTS = 'events.jsonl';

const FORMAT = 'assay-run/1';

/** Folder names begin with the time, to the millisecond, and end with a random id: sorted by name is sorted by time. */
const FOLDER = /^\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2}\.\d{3}Z-(.+)-[0-9a-f]{6}$/;

export function folderName(startedAt: Date, pipeline: string, shortId: string): string {
  return `${startedAt.toISOString().replaceAll(':', '-')}-${slug(pipeline)}-${shortId}`;
}

/** A pipeline's name as part of a folder name. */
function slug(name: string): string {
  const plain = name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-');
  return plain.replaceAll(/^-+|-+$/g, '').slice(0, 60) || 'pipeline';
}

/** Run folders, newest first; of one pipeline, or of all. Missing folders have no runs. */
export function runFolders(runsDir: string, pipeline?: string): string[] {
  let names: string[];
  try {
    names = readdirSync(runsDir);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
  const wanted = pipeline === undefined ? undefined : slug(pipeline);
  return names
    .filter((name) => {
      const found = FOLDER.exec(name)?.[1];
      return found !== undefined && (wanted === undefined || found === wanted);
    })
    .sort()
    .reverse()
    .map((name) => join(runsDir, name));
}

/**
 * The record in a run folder; undefined when it cannot be read. That of a run which was killed has the stages that had
 * finished, from its events, and the state `interrupted`.
 */
export function readRecord(folder: string): RunRecord | undefined {
  let read: { readonly format?: unknown; readonly stages?: unknown } | undefined;
  try {
    read = unseal(readFileSync(join(folder, RECORD), 'utf8'));
  } catch {
    return undefined;
  }
  if (read?.format !== FORMAT || !Array.isArray(read.stages)) return undefined;
  const record = read as RunRecord;
  if (record.state !== 'running') return record;
  const { stages, durationMs } = fromEvents(folder);
  const alive = record.process !== undefined && isAlive(record.process) !== false;
  return { ...record, state: alive ? 'running' : 'interrupted', stages, durationMs };
}

/** What the events say so far. A line that is half-written, empty or damaged says nothing. */
function fromEvents(folder: string): { stages: RunStage[]; durationMs: number } {
  let text = '';
  try {
    text = readFileSync(join(folder, EVENTS), 'utf8');
  } catch {
    // A run that was killed before its first event.
  }
  const stages: RunStage[] = [];
  let durationMs = 0;
  for (const line of text.split('\n')) {
    try {
      const event = unseal(line) as TimedEvent | undefined;
      if (event === undefined) continue;
      durationMs = event.atMs;
      if (event.type === 'stage-finished') stages.push(event.result);
    } catch {
      continue;
    }
  }
  return { stages, durationMs };
}
