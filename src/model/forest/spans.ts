import { must } from '../../system/internal-error.ts';
import { ancestors, type PrefixTree } from './prefix-tree.ts';

/** A run of prefixes for one machine: whole paths, so that it needs nothing that another machine computes. */
export interface Span {
  /** Ascending; with every prefix its ancestors. */
  readonly prefixes: Int32Array;
  /** The first so many are there as ancestors only: they are computed here again, and read in another span. */
  readonly unread: number;
}

/**
 * Cuts the prefixes to compute (ascending, closed under ancestors) into about `count` spans of like size, each cut where the
 * path that has to be computed again is short; fewer where computing paths again would cost more than a tenth.
 */
export function spansOf(tree: PrefixTree, compute: Int32Array, count: number): Span[] {
  const cuts = [0];
  const size = compute.length / count;
  for (let i = 1; i < count; i += 1) {
    const [from, to] = [Math.ceil((i - 0.25) * size), Math.floor((i + 0.25) * size)];
    let best = -1;
    for (let at = Math.max(from, 1); at <= Math.min(to, compute.length - 1); at += 1) {
      if (best < 0 || depth(tree, compute, at) < depth(tree, compute, best)) best = at;
    }
    if (best > must(cuts.at(-1), 'a cut')) cuts.push(best);
  }
  const again = cuts.reduce((sum, at) => sum + depth(tree, compute, at), 0);
  if (count > 2 && again > compute.length / 10) return spansOf(tree, compute, Math.ceil(count / 2));
  if (count === 2 && again > compute.length / 3) return spansOf(tree, compute, 1);
  return cuts.map((at, i) => {
    const own = compute.subarray(at, cuts[i + 1] ?? compute.length);
    const path = ancestors(tree, own[0] as number);
    const prefixes = new Int32Array(path.length + own.length);
    prefixes.set(path);
    prefixes.set(own, path.length);
    return { prefixes, unread: path.length };
  });
}

function depth(tree: PrefixTree, compute: Int32Array, at: number): number {
  return tree.depths[compute[at] as number] as number;
}
