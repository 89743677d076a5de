import type { Cell, Column, Row, Table } from '../../table/table.ts';
import { canonicalJson } from '../../system/json.ts';
import { pairLeftovers } from './leftovers.ts';

/** How rows of two tables were found to be the same. */
export type PairedBy =
  /** By the key that the data declare. */
  | 'key'
  /** No key is declared, or it counts rows: by columns that happen to tell rows apart. */
  | 'content'
  /** Nothing tells rows apart: those that are equal, then those between them in their order. */
  | 'place';

export interface Pairing {
  readonly by: PairedBy;
  /** Columns that tell rows apart; empty where places do. */
  readonly key: readonly string[];
  /** Rows of both tables that are the same, in the order of the table after; one of them is missing where it is new or gone. */
  readonly rows: readonly PairedRow[];
  /** How many rows share their key with an earlier one: these are paired in their order. */
  readonly repeated: number;
}

export interface PairedRow {
  readonly key: Row;
  readonly before?: Row;
  readonly after?: Row;
}

/** Which rows of two tables are the same. */
export function pairRows(before: Table, after: Table): Pairing {
  const declared = declaredKey(before, after);
  if (declared !== undefined) return paired('key', declared, before, after);
  const sure = sureColumns(before, after);
  const content = tellingColumns(before, after, sure);
  return content === undefined
    ? paired('place', [], before, after)
    : paired('content', content, before, after);
}

/**
 * The key that both tables have, or that one declares and both can be told apart by. Columns at its end that do not help
 * are left out, so that a row whose description was edited is still the same row.
 */
function declaredKey(before: Table, after: Table): readonly string[] | undefined {
  const usable = (key: readonly string[]) =>
    key.length > 0 && key.every((name) => isSure(before, name) && isSure(after, name));
  // A matrix that came or went adds or takes a key column; rows that the rest does not tell apart are numbered.
  const common = after.key.filter((name) => before.key.includes(name));
  const all = new Set([...after.key, ...before.key]);
  const counting = [...all].some((name) => counts(before, name) || counts(after, name));
  const candidates = [
    ...(counting ? [] : [common]),
    ...[after.key, before.key].filter((key) => tells(key, before, after)),
  ];
  let key = candidates.find(usable);
  while (key !== undefined && key.length > 1 && tells(key.slice(0, -1), before, after)) {
    key = key.slice(0, -1);
  }
  return key;
}

/** What is left of the keys without columns that count: it narrows down, though it does not tell apart. */
function sureColumns(before: Table, after: Table): readonly string[] {
  return [...new Set([...after.key, ...before.key])].filter(
    (name) => isSure(before, name) && isSure(after, name),
  );
}

/** Columns beyond these are not tried in pairs. */
const mostTried = 12;

/** The fewest columns that hold no measured number and tell rows apart in both tables, the first ones before others. */
function tellingColumns(before: Table, after: Table, sure: readonly string[]): readonly string[] | undefined {
  const others = after.columns
    .filter(({ name, type }) => type === 'string' && isSure(before, name) && isSure(after, name))
    .map(({ name }) => name)
    .filter((name) => !sure.includes(name))
    .slice(0, mostTried);
  const pairs = others.flatMap((first, i) => others.slice(i + 1).map((second) => [first, second]));
  return [[], ...others.map((name) => [name]), ...pairs]
    .map((more) => [...sure, ...more])
    .find((names) => names.length > 0 && tells(names, before, after));
}

function paired(by: PairedBy, key: readonly string[], before: Table, after: Table): Pairing {
  const identify = by === 'place' ? allOf : (row: Row) => textOf(key.map((name) => row[name] ?? null));
  const old = positions(before.rows, identify);
  const now = positions(after.rows, identify);
  const partners = new Map<number, number>();
  for (const [name, place] of now) {
    const was = old.get(name);
    if (was !== undefined) partners.set(place, was);
  }
  // Where a key is declared it has the last word: a row of another key is another row.
  if (by !== 'key') {
    const narrowed = key.filter((name) => after.key.includes(name));
    const groupOf = (row: Row) => textOf(narrowed.map((name) => row[name] ?? null));
    pairLeftovers(partners, { before: before.rows, after: after.rows, groupOf, force: by === 'place' });
  }
  return { by, key, ...rowsOf(partners, key, before, after) };
}

function rowsOf(
  partners: ReadonlyMap<number, number>,
  key: readonly string[],
  before: Table,
  after: Table,
): Pick<Pairing, 'rows' | 'repeated'> {
  const called = namer(key);
  const kept = after.rows.map((row, place): PairedRow => {
    const was = partners.get(place);
    const old = was === undefined ? undefined : before.rows[was];
    return { key: called.name(row, place), ...(old && { before: old }), after: row };
  });
  const { repeated } = called;
  const named = namer(key);
  const names = before.rows.map((row, place) => named.name(row, place));
  const taken = new Set(partners.values());
  const gone = before.rows.flatMap((row, place) =>
    taken.has(place) ? [] : [{ key: names[place] ?? {}, before: row }],
  );
  return { rows: [...kept, ...gone], repeated: Math.max(repeated(), named.repeated()) };
}

/** Names rows in their order: rows of equal keys are numbered. */
function namer(key: readonly string[]): { name: (row: Row, place: number) => Row; repeated: () => number } {
  const seen = new Map<string, number>();
  let repeated = 0;
  return {
    repeated: () => repeated,
    name(row, place) {
      if (key.length === 0) return { '#': place + 1 };
      const cells = key.map((name): [string, Cell] => [name, row[name] ?? null]);
      const text = textOf(cells.map(([, cell]) => cell));
      const nth = (seen.get(text) ?? 0) + 1;
      seen.set(text, nth);
      if (nth > 1) repeated += 1;
      return { ...Object.fromEntries(cells), ...(nth > 1 && { '#': nth }) };
    },
  };
}

/** Places of rows by what identifies them and how often it was there before. */
function positions(rows: readonly Row[], identify: (row: Row) => string): Map<string, number> {
  const seen = new Map<string, number>();
  const found = new Map<string, number>();
  rows.forEach((row, place) => {
    const text = identify(row);
    const nth = seen.get(text) ?? 0;
    seen.set(text, nth + 1);
    found.set(`${text}#${nth}`, place);
  });
  return found;
}

function tells(key: readonly string[], ...tables: readonly Table[]): boolean {
  return tables.every(
    ({ rows }) =>
      new Set(rows.map((row) => textOf(key.map((name) => row[name] ?? null)))).size === rows.length,
  );
}

function column({ columns }: Table, name: string): Column | undefined {
  return columns.find((each) => each.name === name);
}

function counts(table: Table, name: string): boolean {
  return column(table, name)?.counts === true;
}

/** There, and no mere count of rows. */
function isSure(table: Table, name: string): boolean {
  return column(table, name) !== undefined && !counts(table, name);
}

function allOf(row: Row): string {
  return textOf(Object.entries(row).flat());
}

/** Canonical JSON has no text for numbers that are not finite. */
function textOf(cells: readonly Cell[]): string {
  return canonicalJson(cells.map((cell) => explicit(cell)));
}

function explicit(cell: Cell): string | boolean | null {
  if (typeof cell === 'number') return `n${cell}`;
  if (typeof cell === 'string') return `s${cell}`;
  return typeof cell === 'object' && cell !== null ? JSON.stringify(cell) : cell;
}
