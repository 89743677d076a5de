import type { StageKind } from '../stage-kind.ts';

/** What computes the stages of a kind: files and the packages that they import. */
export interface Sources {
  /** SHA-256 by path with `/`, relative to the package root; relative to the pipeline's folder for a module of its own. */
  readonly files: Readonly<Record<string, string>>;
  /**
   * Version by package name, of the packages that these files import and of all that those need. For a module of the
   * pipeline's own, each version is followed by a digest of the package's files: `1.0.0 <sha256>`.
   */
  readonly packages: Readonly<Record<string, string>>;
  /** Files of these packages by which a change is seen; absolute. Of a module of the pipeline's own. */
  readonly watched?: readonly string[];
}

/** A module of the pipeline's own with all that it imports but packages, as text that any thread can load. */
export interface StageCode {
  readonly text: string;
  /** As in the pipeline file. */
  readonly uses: string;
  /** URL of the module. */
  readonly url: string;
}

export interface LoadedKind {
  readonly kind: StageKind<unknown>;
  /** Of a module of the pipeline's own: what other threads load it from. */
  readonly code?: StageCode;
  /**
   * What was read to load a module of the pipeline's own. Kinds that ship have none here: the plan finds theirs from
   * `module` and `computedBy`.
   */
  readonly sources?: Sources;
}

/** By what `uses` says; undefined for a module that cannot be used, which has been reported. */
export type Kinds = ReadonlyMap<string, LoadedKind | undefined>;
