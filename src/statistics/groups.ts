/** The places of equal labels together, in the order of first appearance. */
export function placesByLabel(labels: readonly string[]): ReadonlyMap<string, readonly number[]> {
  const groups = new Map<string, number[]>();
  labels.forEach((label, place) => {
    const group = groups.get(label);
    if (group === undefined) groups.set(label, [place]);
    else group.push(place);
  });
  return groups;
}
