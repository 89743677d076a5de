import type { Json, JsonObject } from '../../system/json.ts';
import type { Plan } from '../record.ts';
import type { External, Shape } from '../stage-kind.ts';
import type { LoadedKind } from './kinds.ts';
import type { Locator } from './source/locator.ts';

/*
 * Marks of the states that a pipeline is in. The classes are not exported and their members are private, so that no
 * value of a state can be put together by hand, nor by spreading another one. It takes an assertion, and a spec holds
 * those to one for each state, in the function that does the work.
 */

/** Marked by `readSource`. */
declare class IsRead {
  private readonly isRead: true;
}

/** Marked by `loadPipeline`. */
declare class IsChecked {
  private readonly isChecked: true;
}

/** Marked by `planPipeline`. */
declare class IsPlanned {
  private readonly isPlanned: true;
}

/** All of a pipeline but the mark of its state. */
export type Contents<Pipeline> = Pick<Pipeline, keyof Pipeline>;

/** A pipeline file that is YAML, and nothing more is known about it. */
export interface SourcePipeline extends IsRead {
  /** As given by the user. */
  readonly file: string;
  readonly bytes: Uint8Array;
  readonly locator: Locator;
  /** The file as JSON; parameters not yet substituted. */
  readonly value: Json;
}

/** A pipeline in which no problem can be found without running it. */
export interface CheckedPipeline extends IsChecked {
  /** As given by the user. */
  readonly file: string;
  readonly bytes: Uint8Array;
  readonly sha256: string;
  /** Absolute folder of the file: relative paths in options are relative to it. */
  readonly baseDir: string;
  readonly name: string;
  readonly description?: string;
  /** With what was set for this run. */
  readonly params: JsonObject;
  /** The normalised pipeline: parameters substituted, defaults filled in. */
  readonly resolved: JsonObject;
  /** Every stage after those it reads; ties in the order of the file. */
  readonly stages: readonly CheckedStage[];
  readonly locator: Locator;
}

export interface CheckedStage extends LoadedKind {
  /** `scores`; of an instance of a matrix stage `scores[model=a,shots=0]`. */
  readonly name: string;
  /** The name of the entry in the file that it comes from: where its problems have their places. */
  readonly entry: string;
  /** As in the file: the name of a kind, or the path of a module. */
  readonly uses: string;
  /** Where its artifact is in the run folder. */
  readonly folder: string;
  /** Of an instance of a matrix stage: its values by axis. */
  readonly matrix?: JsonObject;
  /** Made by the engine: the gathered stage, which gives all instances of a matrix stage as one. */
  readonly gathered?: true;
  readonly options: JsonObject;
  /** Stage by input name. */
  readonly from: Readonly<Record<string, string>>;
  readonly shape: Shape;
}

/** A checked pipeline of which is known what will run, and why. */
export interface PlannedPipeline extends IsPlanned {
  readonly checked: CheckedPipeline;
  readonly plan: Plan;
  readonly stages: readonly StageToRun[];
}

/** All of a stage's key but the digests of inputs that are not made yet. */
export interface StageToRun extends CheckedStage {
  readonly source: Readonly<Record<string, string>>;
  readonly packages: Readonly<Record<string, string>>;
  readonly externals: Readonly<Record<string, External>>;
  readonly forced: boolean;
}
