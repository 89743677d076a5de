import type { ArtifactType } from '../artifact.ts';
import type { Diagnostic } from '../diagnostic.ts';
import type { Cell, Row } from '../../table/table.ts';
import type { Json, Path } from '../../system/json.ts';
import type { PairedBy } from './pair-rows.ts';
import type { Reason, RunLabels, RunRecord, StageOutline, StageState } from '../record.ts';

/** How run `b` differs from run `a`. Its schema is schemas/diff.schema.json. */
export interface RunDiff {
  readonly format: 'assay-diff/1';
  readonly a: RunSide;
  readonly b: RunSide;
  readonly tolerance: Tolerance;
  /** Differences of numbers in nats up to this are those of the same number read twice; absent where all count. */
  readonly noise?: number;
  /** Nothing differs in what was asked, in what it was asked of, or in what came out. */
  readonly identical: boolean;
  readonly params: readonly ValueChange[];
  /** Changes of the resolved pipeline by path: options, edges, stages that came or went. */
  readonly pipeline: readonly ValueChange[];
  readonly externals: readonly ExternalDiff[];
  /** Modules and packages that computed. */
  readonly code: readonly CodeDiff[];
  readonly versions: readonly ValueChange[];
  /** Git commit and host: recorded, and no reason to call two runs different. */
  readonly environment: readonly ValueChange[];
  /** In the order of `b`, then those that only `a` has. */
  readonly stages: readonly StageDiff[];
}

export interface RunSide extends RunLabels {
  readonly id: string;
  readonly pipeline: string;
  readonly state: RunRecord['state'];
  readonly startedAt: string;
  readonly durationMs: number;
}

/** Two numbers are the same if they differ by at most `absolute` or by at most `relative` times the larger one. */
export interface Tolerance {
  readonly absolute: number;
  readonly relative: number;
}

/** What differs between readings of one and the same thing. */
export interface Noise {
  /** Of log-probabilities; 0: nothing is noise. */
  readonly nats: number;
  /** Also of numbers without a unit: nothing but noise is their cause. */
  readonly derived: boolean;
}

export interface ValueChange {
  readonly path: Path;
  /** Absent when the value is new. */
  readonly before?: Cell;
  /** Absent when the value is gone. */
  readonly after?: Cell;
  /** `after - before`, where both are finite numbers. */
  readonly delta?: number;
}

/** A model or a file whose content differs. */
export interface ExternalDiff {
  readonly name: string;
  /** All the stages that see the same change. */
  readonly stages: readonly string[];
  /** By path inside the external's identity. */
  readonly changes: readonly ValueChange[];
  /** What the records say of it: where it is, how large. */
  readonly before?: Json;
  readonly after?: Json;
}

/** A file or a package that stages are computed by, in one of the runs or in another form in each. */
export interface CodeDiff {
  /** A file of a module of the pipeline's own, a package, or a file of Assay. */
  readonly what: 'module' | 'package' | 'assay';
  readonly name: string;
  /** All the stages that it computes. */
  readonly stages: readonly string[];
  /** Digest of the file, or version of the package; absent where the run had none. */
  readonly before?: string;
  readonly after?: string;
}

export interface StageDiff extends Pick<StageOutline, 'name' | 'uses' | 'instance' | 'gathers'> {
  readonly before?: StageSide;
  readonly after?: StageSide;
  readonly result: ResultComparison;
  /** How the keys differ, where both runs have one: why the results may. Empty: they are one key. */
  readonly causes?: readonly Reason[];
  readonly table?: TableDiff;
  readonly value?: readonly ValueChange[];
  readonly text?: TextDiff;
  readonly figure?: FigureDiff;
  /** Why the artifacts could not be compared. */
  readonly problem?: string;
  /** Of a stage that only one run has: that of the other run which gave the very same under another name. */
  readonly renamed?: string;
}

export interface StageSide {
  readonly state: StageState;
  readonly reasons: readonly Reason[];
  readonly durationMs?: number;
  readonly keyDigest?: string;
  readonly artifact?: { readonly type: ArtifactType; readonly digest: string };
  /** Why it failed, where it did. */
  readonly failure?: QuotedFailure;
}

export type QuotedFailure = Pick<Diagnostic, 'code' | 'message' | 'where' | 'expected' | 'found'>;

export type ResultComparison =
  | 'same'
  /** The digests differ, no number by more than the tolerance. */
  | 'within-tolerance'
  /** Numbers differ, none by more than readings of the same do. */
  | 'within-noise'
  | 'changed'
  | 'only-before'
  | 'only-after'
  /** Neither run has a result of this stage. */
  | 'none'
  | 'unreadable';

export interface TableDiff {
  readonly pairedBy: PairedBy;
  /** Columns that tell rows apart. Empty: their places do. */
  readonly key: readonly string[];
  /** How many rows share their key with an earlier one, in that of the tables where more do. */
  readonly repeated?: number;
  readonly columns: { readonly added: readonly string[]; readonly removed: readonly string[] };
  readonly rows: {
    readonly before: number;
    readonly after: number;
    readonly unchanged: number;
    /** Rows that differ by noise alone. */
    readonly withinNoise?: number;
  };
  /** The largest difference that is noise, of columns in nats. */
  readonly largestNoise?: number;
  /** Rows that are in both tables stand in another order. */
  readonly reordered?: true;
  readonly added: readonly KeyedRow[];
  readonly removed: readonly KeyedRow[];
  readonly changed: readonly RowChange[];
  /** The numeric column that says most about a row: what people want to see the change of. */
  readonly measure?: { readonly column: string; readonly unit?: string };
  readonly ranking?: RankingDiff;
  /** Of the measure, where any of its numbers changed. */
  readonly change?: PairedChange;
}

/** How far a measure moved, over the rows in which both tables have a finite number. */
export interface PairedChange {
  readonly column: string;
  readonly unit?: string;
  readonly pairs: number;
  /** Mean of after - before. */
  readonly mean: number;
  /** What was sampled: the key column that names it, or `row`; rows that share one are one unit. */
  readonly by: string;
  readonly units: number;
  /** CR2 over units with Satterthwaite's degrees of freedom, 95 %. Absent where `why` says so. */
  readonly interval?: { readonly low: number; readonly high: number };
  readonly why?: string;
  readonly up: number;
  readonly down: number;
  /** Equal within tolerance or noise. */
  readonly equal: number;
}

export interface KeyedRow {
  readonly key: Row;
  readonly row: Row;
}

export interface RowChange {
  readonly key: Row;
  readonly cells: readonly CellChange[];
}

export interface CellChange {
  readonly column: string;
  readonly before?: Cell;
  readonly after?: Cell;
  readonly delta?: number;
}

/** Ranks in a table that ranks its rows; 1 is first. */
export interface RankingDiff {
  readonly column: string;
  readonly moves: readonly { readonly key: Row; readonly before: number; readonly after: number }[];
}

export interface TextDiff {
  readonly added: number;
  readonly removed: number;
  /** Changed lines with two lines of what surrounds them; `line` counts from 1, in `b` for `=` and `+`, else in `a`. */
  readonly lines: readonly { readonly op: '=' | '+' | '-'; readonly line: number; readonly text: string }[];
}

export interface FigureDiff {
  /** Changes of the Vega-Lite specification, its data left out: they are the tables'. */
  readonly spec: readonly ValueChange[];
}
