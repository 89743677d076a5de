import { visibleJson } from '../../terminal/visible.ts';

/** JSON in which numbers that are not finite are explicit, as in value artifacts: `{"$number": "Infinity"}`. */
export function wordJson(value: unknown): string {
  return jsonText(value, (_name, item) =>
    typeof item === 'number' && !Number.isFinite(item) ? { $number: String(item) } : item,
  );
}

/** A value as JSON on lines of its own, for programs; a terminal that shows it does nothing. */
export function jsonText(value: unknown, replacer?: (name: string, value: unknown) => unknown): string {
  return `${visibleJson(JSON.stringify(value, replacer, 2))}\n`;
}
