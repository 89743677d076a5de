import type { TableShape } from '../table/table.ts';

/** What the key of a table says of the rows of one group. */
export interface Repeats {
  /** The column `item`, where items repeat within a group: rows that share one are not independent. */
  readonly item?: 'item';
  /** Key columns of which some must repeat within a group, where none is called `item`. */
  readonly unclear: readonly string[];
}

/**
 * Whether rows of a group repeat something: with at most one key column beside those that make the groups each row has
 * a value of its own there. Of several, `item` is what was sampled, and others (formats, sources) are what was done to it.
 */
export function repeatsWithin(key: TableShape['key'], by: readonly string[]): Repeats {
  const rest = key.filter((name) => !by.includes(name));
  if (rest.length < 2) return { unclear: [] };
  return rest.includes('item') ? { item: 'item', unclear: [] } : { unclear: rest };
}
