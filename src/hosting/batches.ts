import { commonPrefix } from '../model/forest/prefix-tree.ts';
import type { ReadingRequest } from '../model/language-model.ts';

/** A request with the key of its row. */
export type Keyed = readonly [key: string, request: ReadingRequest];

/** A batch ends where the next text shares least with it, within this share of its size before and after it. */
const slack = 0.25;

/**
 * Cuts requests, in the order of their ids, into batches of about `prefixes` distinct prefixes. Every batch computes
 * the path that it shares with the one before again, so each ends where that path is short. The batches are those of
 * the requests, in whatever order they come.
 */
export function batchesOf(requests: readonly Keyed[], prefixes: number): readonly (readonly Keyed[])[] {
  const sorted = requests.toSorted(
    ([keyA, a], [keyB, b]) => compareIds(a.ids, b.ids) || (keyA < keyB ? -1 : 1),
  );
  // By request: how many tokens it shares with the one before; the rest are new prefixes.
  const shared = sorted.map(([, { ids }], index) => commonPrefix(sorted[index - 1]?.[1].ids ?? [], ids));
  const total = sorted.reduce((sum, [, { ids }], index) => sum + ids.length - (shared[index] ?? 0), 0);
  const size = total / Math.max(1, Math.round(total / prefixes));
  const batches: Keyed[][] = [];
  let start = 0;
  let inBatch = 0;
  let cut = 0;
  for (let index = 0; index < sorted.length; index += 1) {
    const cutHere = shared[index] ?? 0;
    if (inBatch >= size * (1 - slack) && (cut === start || cutHere < (shared[cut] ?? 0))) cut = index;
    if (inBatch > size * (1 + slack) && cut > start) {
      batches.push(sorted.slice(start, cut));
      start = cut;
      inBatch = prefixesOf(sorted, shared, start, index);
      // What is left may be far enough to be cut again only later: a batch is never empty.
      cut = start;
    }
    inBatch += (sorted[index]?.[1].ids.length ?? 0) - cutHere;
  }
  if (start < sorted.length) batches.push(sorted.slice(start));
  return batches;
}

function prefixesOf(sorted: readonly Keyed[], shared: readonly number[], from: number, to: number): number {
  let sum = 0;
  for (let index = from; index < to; index += 1) {
    sum += (sorted[index]?.[1].ids.length ?? 0) - (index === from ? 0 : (shared[index] ?? 0));
  }
  return sum;
}

function compareIds(a: readonly number[], b: readonly number[]): number {
  const shared = commonPrefix(a, b);
  if (shared === a.length || shared === b.length) return a.length - b.length;
  return (a[shared] ?? 0) - (b[shared] ?? 0);
}
