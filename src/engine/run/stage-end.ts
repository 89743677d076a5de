import { canonicalJson } from '../../system/json.ts';
import type { History } from '../plan/history.ts';
import type { RunStage, StageKey, StageOutline } from '../record.ts';
import type { StageToRun } from '../pipeline/pipeline.ts';
import type { StoredResult } from '../store/store.ts';

/** A stage whose sources are done: from here on its key is known. */
export interface KeyedStage {
  readonly stage: StageToRun;
  readonly outline: StageOutline;
  readonly key: StageKey;
  readonly keyDigest: string;
}

/** What became of a stage, and the stack of the bug that ended it, if one did. */
export interface Ended {
  readonly result: RunStage;
  readonly stack?: string;
}

/** The end of a stage that lacks a source. */
export function withoutSource(outline: StageOutline, { state, because, name }: RunStage): RunStage {
  if (state === 'cancelled') return { ...outline, state, reasons: [] };
  return { ...outline, state: 'skipped', reasons: [], because: because ?? name };
}

/** What a record says of a stage whose key is known, however it ends. */
export function known({ outline, key, keyDigest }: KeyedStage): Omit<RunStage, 'state'> {
  return { ...outline, key, keyDigest, reasons: [] };
}

/** What a stage said of itself when it was computed, as records have it. */
export function saidBy({
  figures,
  warnings,
  gates = [],
}: Pick<StoredResult, 'figures' | 'warnings' | 'gates'>) {
  return {
    ...(Object.keys(figures).length > 0 && { figures }),
    ...(warnings.length > 0 && { warnings }),
    ...(gates.length > 0 && { gates }),
  };
}

/** The end of a stage with how often its gates met other inputs than in the run before, if it has gates. */
export function withLooks(result: RunStage, history: History): RunStage {
  const { name, key, gates } = result;
  if (gates === undefined || key === undefined) return result;
  const last = history.last(name);
  const isSame = last !== undefined && canonicalJson(last.key.inputs) === canonicalJson(key.inputs);
  return { ...result, looks: (last?.looks ?? 0) + (isSame && last.looks !== undefined ? 0 : 1) };
}
