import type { ArtifactType } from './artifact.ts';
import type { Diagnostic } from './diagnostic.ts';
import type { Json, JsonObject, Path } from '../system/json.ts';
import type { ProcessStamp } from '../system/processes/process.ts';

/**
 * The object that is hashed into the stage key, and the object that explains a rerun: there is no second one.
 * Every field says why it is here.
 */
export interface StageKey {
  /** Changes when the meaning of the stored form changes, so that old results are not misread. */
  readonly format: number;
  /** Another kind computes something else. */
  readonly kind: string;
  /** SHA-256 of the stage kind's source and of each project file it imports, by path relative to the project. */
  readonly source: Readonly<Record<string, string>>;
  /**
   * Versions of the packages that those files import and of all that these need: a new vega may draw something else.
   * Of a module of the pipeline's own also a digest of each package's files, which may be patched in place.
   */
  readonly packages: Readonly<Record<string, string>>;
  /** Resolved options: parameters substituted, defaults filled in. */
  readonly options: JsonObject;
  /**
   * Names of those maps among the options whose order is a person's own, by path: canonical JSON forgets it, and what
   * the stage gives may show it. Left out where names stand in the order of their code units.
   */
  readonly order?: Readonly<Record<string, readonly string[]>>;
  /** Digest of each input artifact by input name: contents, not upstream keys, so that early cutoff works. */
  readonly inputs: Readonly<Record<string, string>>;
  /** What the stage reads besides: model digest and numerics, file digests. */
  readonly externals: Readonly<Record<string, Json>>;
}

/** Why a stage runs; the union is closed and the CLI words it. */
export type Reason =
  | { readonly type: 'first-run' }
  | { readonly type: 'forced' }
  /** A component of the key differs from the last recorded run of this stage. Path inside StageKey. */
  | {
      readonly type: 'changed';
      readonly path: Path;
      readonly before?: Json;
      readonly after?: Json;
      /** Of an input table, where it was asked for and both tables can be read. Records have none. */
      readonly rows?: InputRows;
    }
  /** The key is known but its result is missing or damaged. */
  | { readonly type: 'result-lost'; readonly detail: string }
  /** Whether it runs depends on what these stages produce. */
  | { readonly type: 'upstream'; readonly stages: readonly string[] };

/** How the rows of two tables differ, told apart by their key. */
export interface InputRows {
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
  readonly columns: { readonly added: readonly string[]; readonly removed: readonly string[] };
  /** The first ten that differ: their key columns, or `#`, their position. */
  readonly examples: readonly {
    readonly change: 'added' | 'removed' | 'changed';
    readonly key: JsonObject;
  }[];
}

export type PlannedState =
  /** The result is in the store. */
  | 'cached'
  | 'run'
  /** An upstream stage runs first; early cutoff may still spare this one. */
  | 'waiting';

export interface StageOutline {
  /** `scores`; of an instance of a matrix stage `scores[model=a,shots=0]`. */
  readonly name: string;
  /** As in the file: the name of a kind, or the path of a module. */
  readonly uses: string;
  /** Stage by input name. */
  readonly from: Readonly<Record<string, string>>;
  /** Of an instance of a matrix stage: that stage, and the values by axis. */
  readonly instance?: { readonly of: string; readonly matrix: JsonObject };
  /** Of the stage that the engine makes of a matrix: it gives all instances, which it reads, as one. */
  readonly gathers?: true;
}

export interface PlannedStage extends StageOutline {
  readonly state: PlannedState;
  /** Known when every input is known. */
  readonly key?: StageKey;
  readonly keyDigest?: string;
  /** Empty when cached. */
  readonly reasons: readonly Reason[];
  /** How long it took the last time it ran, if ever. */
  readonly lastDurationMs?: number;
  /** Figures that it reported then, where it did. */
  readonly lastFigures?: Readonly<Record<string, number>>;
}

export interface Plan {
  readonly format: 'assay-plan/1';
  readonly pipeline: { readonly name: string; readonly file: string };
  readonly params: JsonObject;
  /** In the order of execution; ties in the order of the file. */
  readonly stages: readonly PlannedStage[];
}

export type StageState = 'cached' | 'ran' | 'failed' | 'skipped' | 'cancelled';

export interface RunStage extends StageOutline {
  readonly state: StageState;
  /** Why it ran; empty when cached. */
  readonly reasons: readonly Reason[];
  readonly key?: StageKey;
  readonly keyDigest?: string;
  readonly startedAt?: string;
  readonly durationMs?: number;
  /** How often it was tried; absent when once. Failures that pass are tried again; each is a warning among the events. */
  readonly attempts?: number;
  /** Figures the stage reported (tokens asked, prefixes computed) when it was computed. */
  readonly figures?: Readonly<Record<string, number>>;
  readonly warnings?: readonly string[];
  /** What became of the claims that the stage judged. */
  readonly gates?: readonly Gate[];
  /**
   * Beside `gates`: how many times in a row of recorded runs they met inputs other than those of the run before, this
   * run included. Each time is a new test, and one in twenty of them may hold or fail by chance.
   */
  readonly looks?: number;
  readonly artifact?: RunArtifact;
  readonly failure?: Diagnostic;
  /** For skipped stages: the stage whose failure is the cause. */
  readonly because?: string;
}

/** What became of one claim that a stage judged. */
export interface Gate {
  /** Different from those of the other gates of the stage. */
  readonly name: string;
  readonly result: 'holds' | 'fails' | 'undecided';
  /** Whether the run fails by it: it does where the claim fails, and where it is undecided if that was asked. */
  readonly breaks: boolean;
  /** What was claimed, and what was found, in words. */
  readonly claim: string;
  readonly found: string;
}

export interface RunArtifact {
  readonly type: ArtifactType;
  /** Digest of the artifact as a whole. */
  readonly digest: string;
  /** Files in the run folder, relative to it, each with its digest and size. */
  readonly files: readonly RunFile[];
  /** For tables. */
  readonly rows?: number;
}

export interface RunFile {
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
}

/**
 * `running` from the start until the end is recorded: a record that still says so after its process is gone is that
 * of a run that was killed, and readers call it `interrupted`. That word is never written.
 */
export type RunState = 'running' | 'succeeded' | 'failed' | 'cancelled' | 'interrupted';

/** What people call a run: one name, which no other run of the folder has, and tags, which several may have. */
export interface RunLabels {
  readonly name?: string;
  readonly tags?: readonly string[];
}

/** The one figure that is shown of a run where many are listed: that of the first row of its first ranking. */
export interface Headline {
  readonly stage: string;
  /** Which row: so much of its key as tells it from the others. */
  readonly row: string;
  readonly column: string;
  readonly value: number;
  readonly unit?: string;
}

/** `run.json`: the record of a run. Its schema is schemas/run.schema.json. */
export interface RunRecord extends RunLabels {
  readonly format: 'assay-run/1';
  readonly id: string;
  readonly state: RunState;
  /** Only while the state is `running`: who runs it, so that readers can tell a live run from a killed one. */
  readonly process?: ProcessStamp;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly pipeline: {
    readonly name: string;
    readonly description?: string;
    /** As given on the command line. */
    readonly file: string;
    readonly sha256: string;
    /** The normalised pipeline: parameters substituted, defaults filled in. */
    readonly resolved: JsonObject;
  };
  readonly params: JsonObject;
  readonly stages: readonly RunStage[];
  readonly headline?: Headline;
  /** Every external input of the run by what it is, with its details: model folders, digests, numerics. */
  readonly externals: readonly { readonly stage: string; readonly name: string; readonly detail: Json }[];
  readonly versions: Readonly<Record<string, string>>;
  /** Of the folder that holds the pipeline file, if it is in a git checkout. */
  readonly git?: { readonly commit: string; readonly dirty: boolean };
  readonly host: {
    readonly platform: string;
    readonly arch: string;
    readonly cpus: number;
    readonly node: string;
  };
  /** Of all text before it: a record that was damaged or edited is told by it. Always there in run.json. */
  readonly sha256?: string;
}

/** What happens during a run, for progress and for events.jsonl. */
export type RunEvent =
  | {
      readonly type: 'run-started';
      readonly runId: string;
      readonly runFolder: string;
      readonly stages: number;
    }
  | { readonly type: 'stage-started'; readonly stage: string; readonly reasons: readonly Reason[] }
  | {
      readonly type: 'stage-progress';
      readonly stage: string;
      readonly done: number;
      readonly total: number;
      readonly unit: string;
    }
  | { readonly type: 'stage-warning'; readonly stage: string; readonly message: string }
  /** `stack` is there after an internal error. */
  | {
      readonly type: 'stage-finished';
      readonly stage: string;
      readonly result: RunStage;
      readonly stack?: string;
    }
  | { readonly type: 'store-warning'; readonly message: string }
  | { readonly type: 'run-finished'; readonly runId: string; readonly state: RunState };

/** An event with its time, milliseconds since the run started. Lines of events.jsonl also have their own `sha256`. */
export type TimedEvent = RunEvent & { readonly atMs: number };
