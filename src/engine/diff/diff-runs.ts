import type { Artifact } from '../artifact.ts';
import type { Diagnostic } from '../diagnostic.ts';
import type { Cell } from '../../table/table.ts';
import { must } from '../../system/internal-error.ts';
import type { RunLabels, RunRecord, RunStage } from '../record.ts';
import { labelsIn } from '../recorded/labels.ts';
import { diffLines } from './lines.ts';
import { causesOf, diffCode, unreachedStages } from './causes.ts';
import { diffExternals } from './externals.ts';
import { anyWithin, float32Noise, isNoise, silent } from './noise.ts';
import type {
  Noise,
  QuotedFailure,
  ResultComparison,
  RunDiff,
  RunSide,
  StageDiff,
  StageSide,
  Tolerance,
} from './run-diff.ts';
import { diffTables } from './tables.ts';
import { diffValues } from './values.ts';

export interface RecordedRun {
  readonly record: RunRecord;
  /** The run folder, where the artifacts are. */
  readonly folder: string;
  /** What the run is called now. Default: as in its record. */
  readonly labels?: RunLabels;
}

export interface DiffOptions {
  /** Default: 1e-9, absolute and relative, and for numbers in nats the noise of float32. With one, nothing is noise. */
  readonly tolerance?: Tolerance;
  readonly readArtifact: (folder: string, stage: RunStage) => Promise<Artifact>;
}

/** Compares two runs of any two machines: what was asked, of what, and what came out, item by item. */
export async function diffRuns(a: RecordedRun, b: RecordedRun, options: DiffOptions): Promise<RunDiff> {
  const tolerance = options.tolerance ?? { absolute: 1e-9, relative: 1e-9 };
  const noise = options.tolerance === undefined ? float32Noise : silent;
  const unreached = unreachedStages(a.record, b.record);
  const names = [...new Set([...b.record.stages, ...a.record.stages].map(({ name }) => name))];
  const found = await Promise.all(
    names.map((name) =>
      diffStage(name, stageOf(a, name), stageOf(b, name), {
        a,
        b,
        tolerance,
        noise: { ...noise, derived: unreached.has(name) },
        options,
      }),
    ),
  );
  const stages = withRenamed(found);
  const params = diffValues(a.record.params, b.record.params);
  const pipeline = diffValues(a.record.pipeline.resolved, b.record.pipeline.resolved);
  const externals = diffExternals(a.record, b.record);
  const code = diffCode(a.record, b.record);
  const versions = diffValues(a.record.versions, b.record.versions);
  const asked = params.length + pipeline.length + externals.length + code.length + versions.length;
  return {
    format: 'assay-diff/1',
    a: side(a),
    b: side(b),
    tolerance,
    ...(noise.nats > 0 && { noise: noise.nats }),
    identical:
      asked === 0 &&
      a.record.state === b.record.state &&
      stages.every(({ result }) => result === 'same' || result === 'none'),
    params,
    pipeline,
    externals,
    code,
    versions,
    environment: diffValues(environment(a.record), environment(b.record)),
    stages,
  };
}

function stageOf({ record }: RecordedRun, name: string): RunStage | undefined {
  return record.stages.find((stage) => stage.name === name);
}

function side({ record, labels = labelsIn(record) }: RecordedRun): RunSide {
  const { id, state, startedAt, durationMs } = record;
  return { id, ...labels, pipeline: record.pipeline.name, state, startedAt, durationMs };
}

function environment({ git, host }: RunRecord): Cell {
  return { ...(git && { git: { ...git } }), host: { ...host } };
}

interface Comparison {
  readonly a: RecordedRun;
  readonly b: RecordedRun;
  readonly tolerance: Tolerance;
  readonly noise: Noise;
  readonly options: DiffOptions;
}

async function diffStage(
  name: string,
  before: RunStage | undefined,
  after: RunStage | undefined,
  comparison: Comparison,
): Promise<StageDiff> {
  const results = await diffResults(before, after, comparison);
  const causes = causesOf(before, after);
  const either = must(after ?? before, `the stage ${name} in one of the runs`);
  return {
    name,
    uses: either.uses,
    ...(either.instance && { instance: either.instance }),
    ...(either.gathers === true && { gathers: true }),
    ...(before && { before: stageSide(before) }),
    ...(after && { after: stageSide(after) }),
    ...(causes && { causes }),
    ...results,
  };
}

/** Of stages that one run alone has: which of them gave the very same in the other run, under another name. */
function withRenamed(stages: readonly StageDiff[]): StageDiff[] {
  const gone = stages.filter(({ after, instance }) => after === undefined && instance === undefined);
  const renamed = new Map<string, string>();
  for (const { name, uses, before, after, instance } of stages) {
    const digest = after?.artifact?.digest;
    if (before !== undefined || digest === undefined || instance !== undefined) continue;
    const [only, ...others] = gone.filter(
      (each) => each.uses === uses && each.before?.artifact?.digest === digest && !renamed.has(each.name),
    );
    // Of two that gave the same nobody can say which is which.
    if (only === undefined || others.length > 0) continue;
    renamed.set(name, only.name);
    renamed.set(only.name, name);
  }
  return stages.map((stage) => {
    const other = renamed.get(stage.name);
    return other === undefined ? stage : { ...stage, renamed: other };
  });
}

function stageSide({ state, reasons, durationMs, keyDigest, artifact, failure }: RunStage): StageSide {
  return {
    state,
    reasons,
    ...(durationMs !== undefined && { durationMs }),
    ...(keyDigest !== undefined && { keyDigest }),
    ...(artifact && { artifact: { type: artifact.type, digest: artifact.digest } }),
    ...(failure && { failure: quoted(failure) }),
  };
}

function quoted({ code, message, where, expected, found }: Diagnostic): QuotedFailure {
  return {
    code,
    message,
    ...(where !== undefined && { where }),
    ...(expected !== undefined && { expected }),
    ...(found !== undefined && { found }),
  };
}

type Results = Pick<StageDiff, 'result' | 'table' | 'value' | 'text' | 'figure' | 'problem'>;

async function diffResults(
  before: RunStage | undefined,
  after: RunStage | undefined,
  comparison: Comparison,
): Promise<Results> {
  const { a, b, options } = comparison;
  if (!before?.artifact && !after?.artifact) return { result: 'none' };
  if (!before?.artifact) return { result: 'only-after' };
  if (!after?.artifact) return { result: 'only-before' };
  if (before.artifact.digest === after.artifact.digest) return { result: 'same' };
  try {
    const [old, now] = await Promise.all([
      options.readArtifact(a.folder, before),
      options.readArtifact(b.folder, after),
    ]);
    return diffArtifacts(old, now, comparison);
  } catch (error) {
    // A run folder with a damaged file can still be compared in everything else.
    return { result: 'unreadable', problem: error instanceof Error ? error.message : String(error) };
  }
}

function diffArtifacts(before: Artifact, after: Artifact, { tolerance, noise }: Comparison): Results {
  const isAnyNoise = noise.derived && noise.nats > 0 ? anyWithin(noise) : undefined;
  if (before.type === 'table' && after.type === 'table') {
    const table = diffTables(before.table, after.table, tolerance, noise);
    const columns = table.columns.added.length + table.columns.removed.length;
    const rows = table.added.length + table.removed.length + table.changed.length;
    const changes = columns + rows + (table.reordered === true ? 1 : 0);
    return { result: outcome(changes, table.rows.withinNoise ?? 0), table };
  }
  if (before.type === 'value' && after.type === 'value') {
    const all = diffValues(before.value, after.value, tolerance);
    const value = all.filter((change) => !isNoise(change, isAnyNoise));
    return { result: outcome(value.length, all.length - value.length), value };
  }
  if (before.type === 'text' && after.type === 'text') {
    const text = diffLines(before.text, after.text);
    return { result: 'changed', text };
  }
  if (before.type === 'figure' && after.type === 'figure') {
    if (isAnyNoise?.(before.spec, after.spec) === true) return { result: 'within-noise' };
    return {
      result: 'changed',
      figure: { spec: diffValues(withoutData(before.spec), withoutData(after.spec)) },
    };
  }
  return { result: 'changed', problem: `was a ${before.type}, is a ${after.type}` };
}

function outcome(changes: number, noise: number): ResultComparison {
  if (changes > 0) return 'changed';
  return noise > 0 ? 'within-noise' : 'within-tolerance';
}

function withoutData(spec: Cell): Cell {
  if (typeof spec !== 'object' || spec === null || Array.isArray(spec)) return spec;
  const entries = Object.entries(spec as { readonly [name: string]: Cell });
  return Object.fromEntries(entries.filter(([name]) => name !== 'data' && name !== 'datasets'));
}
