/** A place in a ranking that says what is known of it: from the best rank that it may have to the worst. */
export interface RankRange {
  readonly from: number;
  readonly to: number;
}

/** Ranks from 1 that each column may have: those that are told apart from it lie above or below. */
export function rankRanges(
  means: readonly number[],
  toldApart: (one: number, other: number) => boolean,
): readonly RankRange[] {
  return means.map((own, column) => {
    const apart = means.flatMap((mean, other) =>
      other !== column && toldApart(column, other) ? [mean] : [],
    );
    return {
      from: 1 + apart.filter((mean) => mean > own).length,
      to: means.length - apart.filter((mean) => mean < own).length,
    };
  });
}

/**
 * Groups of columns that cannot be told apart, best first: the longest runs of the ranking in which no pair is. Groups
 * overlap where a column is like both of two that differ.
 */
export function indistinctGroups(
  means: readonly number[],
  toldApart: (one: number, other: number) => boolean,
): readonly (readonly number[])[] {
  const order = means.map((_, column) => column).sort((a, b) => (means[b] ?? 0) - (means[a] ?? 0));
  const groups: (readonly number[])[] = [];
  let reached = 0;
  for (const start of order.keys()) {
    let end = start + 1;
    const isAlike = (column: number): boolean =>
      order.slice(start, end).every((other) => !toldApart(column, other));
    for (let next = order[end]; next !== undefined && isAlike(next); next = order[end]) end += 1;
    if (end > reached) groups.push(order.slice(start, end));
    reached = Math.max(reached, end);
  }
  return groups;
}
