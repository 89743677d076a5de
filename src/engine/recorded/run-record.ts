import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunRecord, RunStage, TimedEvent } from '../record.ts';
import { hasCode } from '../../system/errno.ts';
import { isAlive } from '../../system/processes/process.ts';
import { unseal } from '../store/sealed.ts';
import { runsUnreadable } from './runs-failure.ts';

export const RECORD = 'run.json';

export const EVENTS = 'events.jsonl';

const FORMAT = 'assay-run/1';

/**
 * Folder names begin with the time, to the millisecond, and end with a random id: `2026-11-24T01-37-05.120Z-fruit-51e92e`.
 * Where the clock was set back since an earlier run, a turn stands after the time, which all later runs have too:
 * `2026-11-24T00-37-08.044Z+1-fruit-0a0b0c`. Sorted by turn and name is sorted by start.
 */
const FOLDER =
  /^(?<time>\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2}\.\d{3}Z)(?:\+(?<turn>\d{1,9}))?-(?<slug>.+)-[0-9a-f]{6}$/;

interface NamedFolder {
  readonly name: string;
  readonly time: string;
  readonly turn: number;
  readonly slug: string;
}

function parseName(name: string): NamedFolder | undefined {
  const { time, turn = '0', slug } = FOLDER.exec(name)?.groups ?? {};
  return time === undefined || slug === undefined ? undefined : { name, time, turn: Number(turn), slug };
}

/** The name of the next run folder: it comes after those of all runs that were begun before, whatever the clock did. */
export function nextFolderName(runsDir: string, startedAt: Date, pipeline: string, shortId: string): string {
  const time = startedAt.toISOString().replaceAll(':', '-');
  const [newest] = namedFolders(runsDir);
  const turn = newest === undefined ? 0 : newest.turn + (newest.time > time ? 1 : 0);
  return `${time}${turn > 0 ? `+${turn}` : ''}-${slug(pipeline)}-${shortId}`;
}

/** A pipeline's name as part of a folder name. */
function slug(name: string): string {
  const plain = name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-');
  return plain.replaceAll(/^-+|-+$/g, '').slice(0, 60) || 'pipeline';
}

/**
 * Run folders, newest first; of one pipeline, or of all. A folder that is missing has no runs.
 * @throws Failure for a file in its stead, and for a folder that may not be read
 */
export function runFolders(runsDir: string, pipeline?: string): string[] {
  const wanted = pipeline === undefined ? undefined : slug(pipeline);
  return namedFolders(runsDir)
    .filter((found) => wanted === undefined || found.slug === wanted)
    .map(({ name }) => join(runsDir, name));
}

function namedFolders(runsDir: string): NamedFolder[] {
  let names: string[];
  try {
    names = readdirSync(runsDir);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw runsUnreadable(error, runsDir);
  }
  return names
    .flatMap((name) => parseName(name) ?? [])
    .sort((a, b) => b.turn - a.turn || (a.name < b.name ? 1 : -1));
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
