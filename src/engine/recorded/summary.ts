import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isMap, type JsonObject } from '../../system/json.ts';
import { writeWhole } from '../../system/whole-file.ts';
import type { Headline, RunLabels, RunRecord, RunStage, RunState } from '../record.ts';
import { seal, unseal } from '../store/sealed.ts';
import { labelsIn, readLabels } from './labels.ts';
import { readRecord, RECORD } from './run-record.ts';

/** Beside the record: what lists say of it, so that a list of many runs does not read their records. */
const SUMMARY = 'summary.json';

const FORMAT = 'assay-summary/1';

export interface RunSummary extends RunLabels {
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
  readonly params?: JsonObject;
  /** As they were named: folders, hub ids. */
  readonly models?: readonly string[];
  readonly headline?: Headline;
}

type Summarised = Omit<RunSummary, 'id' | 'folder'>;

/** What lists say of a run: from its summary where that is of the record as it is now, else from the record. */
export function summarise(folder: string): RunSummary {
  const { name, tags, ...rest } = readSummary(folder) ?? summaryOf(readRecord(folder));
  const first = labelsIn({ ...(name !== undefined && { name }), ...(tags && { tags }) });
  const later = rest.state === 'damaged' ? undefined : readLabels(folder);
  return { id: basename(folder), folder, ...rest, ...(later ?? first) };
}

/** Writes the summary of a record that was just written and will not be again. Without it, lists read the record. */
export async function writeSummary(folder: string, record: RunRecord): Promise<void> {
  const { text } = seal({ format: FORMAT, record: record.sha256, run: summaryOf(record) });
  await writeWhole(join(folder, SUMMARY), `${text}\n`).catch(() => undefined);
}

function summaryOf(record: RunRecord | undefined): Summarised {
  if (record === undefined) return { state: 'damaged' };
  const stages: Partial<Record<RunStage['state'], number>> = {};
  // What gathers the instances of a matrix is no stage that anyone wrote.
  for (const { state } of record.stages.filter(({ gathers }) => gathers !== true)) {
    stages[state] = (stages[state] ?? 0) + 1;
  }
  const { state, startedAt, durationMs, pipeline, params, headline } = record;
  return {
    state,
    pipeline: pipeline.name,
    startedAt,
    durationMs,
    stages,
    params,
    models: [...new Set(modelsOf(record).map(({ ref }) => ref))],
    ...(headline && { headline }),
    ...labelsIn(record),
  };
}

/** The models that the stages of a run read, each once, as they were named. */
export function modelsOf({ externals }: Pick<RunRecord, 'externals'>): { ref: string; backend?: string }[] {
  const seen = new Map<string, { ref: string; backend?: string }>();
  for (const { detail } of externals) {
    const { ref, numerics } = isMap(detail) ? detail : {};
    const backend = numerics !== undefined && isMap(numerics) ? numerics['backend'] : undefined;
    if (typeof ref !== 'string') continue;
    const model = { ref, ...(typeof backend === 'string' && { backend }) };
    seen.set(JSON.stringify(model), model);
  }
  return [...seen.values()];
}

function readSummary(folder: string): Summarised | undefined {
  try {
    const read = unseal(readFileSync(join(folder, SUMMARY), 'utf8')) as
      { readonly format?: unknown; readonly record?: unknown; readonly run: Summarised } | undefined;
    return read?.format === FORMAT && read.record === digestAtTheEnd(folder) ? read.run : undefined;
  } catch {
    return undefined;
  }
}

/** The digest with which a sealed record ends: a record that was cut or replaced since has another one. */
function digestAtTheEnd(folder: string): string | undefined {
  const file = openSync(join(folder, RECORD), 'r');
  try {
    const tail = Buffer.alloc(128);
    const { size } = fstatSync(file);
    const read = readSync(file, tail, 0, tail.length, Math.max(0, size - tail.length));
    return /"sha256": "([0-9a-f]{64})"\n\}\n$/.exec(tail.toString('latin1', 0, read))?.[1];
  } finally {
    closeSync(file);
  }
}
