/** JSON in which numbers that are not finite are explicit, as in value artifacts: `{"$number": "Infinity"}`. */
export function wordJson(value: unknown): string {
  return JSON.stringify(
    value,
    (_key, item: unknown) =>
      typeof item === 'number' && !Number.isFinite(item) ? { $number: String(item) } : item,
    2,
  );
}
