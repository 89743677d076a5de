import type { Row } from '../../table/table.ts';

/**
 * Pairs rows that nothing has paired yet, by where they stand between those that are paired: an edited question stays
 * the question between its neighbours.
 * @param partners places before by places after; what is found is put there
 * @param groupOf rows of different groups are never the same
 * @param force whether the first rows of a gap are the same though more of them are on one side than on the other
 */
export function pairLeftovers(
  partners: Map<number, number>,
  {
    before,
    after,
    groupOf,
    force,
  }: {
    readonly before: readonly Row[];
    readonly after: readonly Row[];
    readonly groupOf: (row: Row) => string;
    readonly force: boolean;
  },
): void {
  const byBefore = new Map([...partners].map(([now, was]) => [was, now]));
  const old = gaps(before, groupOf, (place) => byBefore.get(place));
  const now = gaps(after, groupOf, (place) => (partners.has(place) ? place : undefined));
  for (const [gap, places] of now) {
    const others = old.get(gap) ?? [];
    if (!force && places.length !== others.length) continue;
    places.slice(0, others.length).forEach((place, i) => {
      const other = others[i];
      if (other !== undefined) partners.set(place, other);
    });
  }
}

/** Places of rows without a partner, by their group and the place after of the last row before them that has one. */
function gaps(
  rows: readonly Row[],
  groupOf: (row: Row) => string,
  partnerOf: (place: number) => number | undefined,
): Map<string, number[]> {
  const last = new Map<string, number>();
  const found = new Map<string, number[]>();
  rows.forEach((row, place) => {
    const group = groupOf(row);
    const partner = partnerOf(place);
    if (partner !== undefined) {
      last.set(group, partner);
      return;
    }
    const gap = `${last.get(group) ?? -1} ${group}`;
    const places = found.get(gap);
    if (places === undefined) found.set(gap, [place]);
    else places.push(place);
  });
  return found;
}
