import { canonicalJson, type Json } from '../../system/json.ts';
import type { RunRecord } from '../record.ts';
import type { ExternalDiff, ValueChange } from './run-diff.ts';
import { diffValues } from './values.ts';

/** Models and files by content. Stages that see the same change share one entry. */
export function diffExternals(a: RunRecord, b: RunRecord): ExternalDiff[] {
  const found = new Map<string, ExternalDiff>();
  for (const now of b.stages) {
    const was = a.stages.find(({ name }) => name === now.name);
    if (!was) continue;
    const [old, identities] = [was.key?.externals, now.key?.externals];
    if (!old || !identities) continue;
    for (const name of new Set([...Object.keys(identities), ...Object.keys(old)])) {
      const changes = diffValues(old[name], identities[name]);
      if (changes.length > 0) merge(found, externalDiff(name, now.name, changes, a, b));
    }
  }
  return [...found.values()];
}

function externalDiff(
  name: string,
  stage: string,
  changes: readonly ValueChange[],
  a: RunRecord,
  b: RunRecord,
): ExternalDiff {
  const before = detailOf(a, stage, name);
  const after = detailOf(b, stage, name);
  return {
    name,
    stages: [stage],
    changes,
    ...(before !== undefined && { before }),
    ...(after !== undefined && { after }),
  };
}

function merge(found: Map<string, ExternalDiff>, diff: ExternalDiff): void {
  const same = canonicalJson([diff.name, diff.changes as unknown as Json]);
  const known = found.get(same);
  found.set(same, known ? { ...known, stages: [...known.stages, ...diff.stages] } : diff);
}

function detailOf(record: RunRecord, stage: string, name: string): Json | undefined {
  return record.externals.find((external) => external.stage === stage && external.name === name)?.detail;
}
