/**
 * Ranks from 1 by exact value; equal values share the mean of their ranks (`average` in pandas and scipy). Ranks are
 * whole or halves, so that sums of them are exact. O(n log n).
 */
export function averageRanks(values: readonly number[]): readonly number[] {
  const order = ascendingOrder(values);
  const ranks = new Array<number>(values.length).fill(0);
  for (let start = 0; start < order.length;) {
    const end = endOfTie(values, order, start);
    for (const place of order.slice(start, end)) ranks[place] = (start + 1 + end) / 2;
    start = end;
  }
  return ranks;
}

/**
 * Ranks of each value among the values of its group.
 *
 * @param groups the places of the members of each group.
 */
export function ranksWithin(
  values: readonly number[],
  groups: readonly (readonly number[])[],
): readonly number[] {
  const ranks = new Array<number>(values.length).fill(0);
  for (const members of groups) {
    const own = averageRanks(members.map((place) => values[place] ?? 0));
    members.forEach((place, index) => (ranks[place] = own[index] ?? 0));
  }
  return ranks;
}

/** How many values share each value that more than one has. */
export function tieSizes(values: readonly number[]): readonly number[] {
  const order = ascendingOrder(values);
  const sizes: number[] = [];
  for (let start = 0; start < order.length;) {
    const end = endOfTie(values, order, start);
    if (end - start > 1) sizes.push(end - start);
    start = end;
  }
  return sizes;
}

/** Places in the order of their values. Not by difference, which infinite values do not have. */
export function ascendingOrder(values: readonly number[]): readonly number[] {
  return values.map((_, place) => place).sort((a, b) => compared(values[a] ?? 0, values[b] ?? 0));
}

export function compared(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function endOfTie(values: readonly number[], order: readonly number[], start: number): number {
  let end = start + 1;
  while (end < order.length && values[order[end] ?? 0] === values[order[start] ?? 0]) end += 1;
  return end;
}
