import type { StageToRun } from '../pipeline/pipeline.ts';
import type { StageKey } from '../record.ts';

/** Raised when the stored form of an artifact, or of what a key means, changes. */
const KEY_FORMAT = 1;

/** The key of a stage, given the digests of its inputs by input name (all of them, or those that are known). */
export function stageKey(
  stage: Omit<StageToRun, 'forced'>,
  inputs: Readonly<Record<string, string>>,
): StageKey {
  const { kind, source, packages, options, externals } = stage;
  return {
    format: KEY_FORMAT,
    kind: kind.name,
    source,
    packages,
    options,
    inputs,
    externals: Object.fromEntries(Object.entries(externals).map(([name, { identity }]) => [name, identity])),
  };
}
