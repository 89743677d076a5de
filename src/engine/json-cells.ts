import type { Cell } from '../table/table.ts';
import type { Json, JsonObject } from '../system/json.ts';
import { InternalError } from '../system/internal-error.ts';
import { entriesOf, mapOf } from '../system/names-in-order.ts';

/** Numbers that JSON cannot say, or that JSON.stringify loses. */
export const NON_FINITE: Record<string, number> = { NaN, Infinity, '-Infinity': -Infinity, '-0': -0 };
const EXPLICIT = '$number';
/** An object of the user's that looks like that has one more `$` on disk: `{"$$number": "NaN"}`. */
const LOOKS_EXPLICIT = /^\$+number$/;
const ESCAPED = /^\$\$+number$/;

/** JSON.stringify loses the sign of zero, and a table should read back as it was. */
export function numberText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

/** Numbers that JSON cannot say as `{"$number": "Infinity"}`; refuses what JSON would lose. */
export function explicit(cell: Cell | undefined, where: string): Json {
  if (typeof cell === 'number') {
    const plain = Number.isFinite(cell) && !Object.is(cell, -0);
    return plain ? cell : { [EXPLICIT]: Object.is(cell, -0) ? '-0' : String(cell) };
  }
  if (cell === null || typeof cell === 'boolean') return cell;
  if (typeof cell === 'string') {
    if (!cell.isWellFormed()) throw broken(`well-formed text in ${where}, was a lone surrogate`);
    return cell;
  }
  if (Array.isArray(cell)) return cell.map((item: Cell, index) => explicit(item, `${where}[${index}]`));
  if (typeof cell !== 'object' || ![Object.prototype, null].includes(Object.getPrototypeOf(cell) as null)) {
    throw broken(`JSON in ${where}, was ${wordCell(cell)}`);
  }
  // A stage of a user's own may leave a field undefined, whatever its type says.
  const entries = entriesOf(cell as Readonly<Record<string, Cell | undefined>>).filter(
    (entry): entry is [string, Cell] => entry[1] !== undefined,
  );
  const isAlone = entries.length === 1;
  return mapOf(
    entries.map(
      ([name, value]) =>
        [
          isAlone && LOOKS_EXPLICIT.test(name) ? `$${name}` : name,
          explicit(value, `${where}.${name}`),
        ] as const,
    ),
  );
}

export function implicit(json: Json): Cell {
  if (json === null || typeof json !== 'object') return json;
  if (Array.isArray(json)) return json.map((item: Json) => implicit(item));
  const entries = Object.entries(json as JsonObject);
  const only = entries.length === 1 ? entries[0] : undefined;
  if (only?.[0] === EXPLICIT && typeof only[1] === 'string' && Object.hasOwn(NON_FINITE, only[1])) {
    return NON_FINITE[only[1]] ?? NaN;
  }
  return Object.fromEntries(
    entries.map(([name, value]) => [
      only !== undefined && ESCAPED.test(name) ? name.slice(1) : name,
      implicit(value),
    ]),
  );
}

export function wordCell(cell: unknown): string {
  if (cell === undefined || typeof cell === 'function') return typeof cell;
  if (typeof cell === 'object' && cell !== null) return Array.isArray(cell) ? 'a list' : 'a map';
  return `${typeof cell} ${JSON.stringify(cell)}`;
}

export function broken(expected: string): InternalError {
  return new InternalError(`expected ${expected}`);
}
