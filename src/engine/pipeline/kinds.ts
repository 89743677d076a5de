import type { StageKind } from '../stage-kind.ts';

/** What computes the stages of a kind: files and the packages that they import. */
export interface Sources {
  /** SHA-256 by path with `/`, relative to the package root; relative to the pipeline's folder for a module of its own. */
  readonly files: Readonly<Record<string, string>>;
  /** Version by package name. */
  readonly packages: Readonly<Record<string, string>>;
}

export interface LoadedKind {
  readonly kind: StageKind<unknown>;
  /**
   * What was read to load a module of the pipeline's own. Kinds that ship have none here: the plan finds theirs from
   * `module` and `computedBy`.
   */
  readonly sources?: Sources;
}

/** By what `uses` says; undefined for a module that cannot be used, which has been reported. */
export type Kinds = ReadonlyMap<string, LoadedKind | undefined>;
