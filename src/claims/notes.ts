/** Why figures are undefined, those with the same reason together: `no sem, ci95: one value has no spread`. */
export function reasonsNote(figures: Iterable<readonly [name: string, why: string | undefined]>): string {
  const byReason = new Map<string, string[]>();
  for (const [name, why] of figures) {
    if (why !== undefined) byReason.set(why, [...(byReason.get(why) ?? []), name]);
  }
  return [...byReason].map(([why, names]) => `no ${names.join(', ')}: ${why}`).join('; ');
}
