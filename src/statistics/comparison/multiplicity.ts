export type Correction = 'holm' | 'benjamini-hochberg' | 'bonferroni' | 'none';

/**
 * p values of one family corrected for their number, in the order given; an undefined one is not counted and stays so.
 *
 * - `holm` (1979): the i-th smallest times m - i + 1, never falling: the chance of any false finding.
 * - `benjamini-hochberg` (1995): the i-th smallest times m / i, never rising from the top: the share of false findings.
 * - `bonferroni`: each times m.
 */
export function adjusted(
  values: readonly (number | undefined)[],
  correction: Correction,
): readonly (number | undefined)[] {
  const known = values.flatMap((p, place) => (p === undefined ? [] : [{ p, place }]));
  const ascending = known.toSorted((a, b) => a.p - b.p);
  const count = ascending.length;
  const result = values.map((): number | undefined => undefined);
  if (correction === 'benjamini-hochberg') {
    let smallest = 1;
    for (const [rank, { p, place }] of [...ascending.entries()].toReversed()) {
      smallest = Math.min(smallest, (p * count) / (rank + 1));
      result[place] = smallest;
    }
    return result;
  }
  let largest = 0;
  for (const [rank, { p, place }] of ascending.entries()) {
    const factor = correction === 'none' ? 1 : correction === 'holm' ? count - rank : count;
    largest = Math.max(largest, Math.min(1, p * factor));
    result[place] = largest;
  }
  return result;
}
