import { isDeepStrictEqual } from 'node:util';
import { isMap, type Json, type JsonObject, type Path } from '../../system/json.ts';
import type { NameOrders } from '../../system/names-in-order.ts';
import type { StageToRun } from '../pipeline/pipeline.ts';
import type { Reason, StageKey } from '../record.ts';
import type { Lookup } from '../store/store.ts';

/** Said of a result that the store does not have: it was removed, or was made in another store. */
export const NOT_IN_STORE = 'it is not in the store';

/** Why a stage with this key runs: never empty. */
export function reasonsToRun(
  { forced }: StageToRun,
  key: StageKey,
  found: Lookup,
  last: StageKey | undefined,
): Reason[] {
  if (forced) return [{ type: 'forced' }];
  if (found.state === 'lost') return [{ type: 'result-lost', detail: found.detail }];
  if (last === undefined) return [{ type: 'first-run' }];
  const changed = changesSince(last, key, new Set());
  return changed.length > 0 ? changed : [{ type: 'result-lost', detail: NOT_IN_STORE }];
}

/**
 * Every difference between the key of the last result and the key now, as deep as both have something to compare.
 * Inputs in `pending` are not made yet and are not compared. In the order of the key's components.
 */
export function changesSince(before: StageKey, after: StageKey, pending: ReadonlySet<string>): Reason[] {
  const known = Object.entries(before.inputs).filter(([name]) => !pending.has(name));
  const { order: orderBefore, ...restBefore } = before;
  const { order: orderAfter, ...restAfter } = after;
  const found = changes({ ...restBefore, inputs: Object.fromEntries(known) }, { ...restAfter }, []);
  // A name that is new or gone has another order in its wake, which goes without saying.
  if (found.some((reason) => reason.type === 'changed' && reason.path[0] === 'options')) return found;
  return [...found, ...orderChanges(orderBefore ?? {}, orderAfter ?? {})];
}

/** An order that is not told is that of code units. */
function orderChanges(before: NameOrders, after: NameOrders): Reason[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((path): Reason[] => {
    const names = after[path] ?? before[path]?.toSorted(byCodeUnits) ?? [];
    const last = before[path] ?? names.toSorted(byCodeUnits);
    if (isDeepStrictEqual(last, names)) return [];
    return [{ type: 'changed', path: ['order', path], before: last, after: names }];
  });
}

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function changes(before: Json | undefined, after: Json | undefined, path: Path): Reason[] {
  if (before === after || isDeepStrictEqual(before, after)) return [];
  if (isMap(before) && isMap(after)) {
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return names.flatMap((name) => changes(own(before, name), own(after, name), [...path, name]));
  }
  if (isList(before) && isList(after)) return listChanges(before, after, path);
  return [
    {
      type: 'changed',
      path,
      ...(before !== undefined && { before }),
      ...(after !== undefined && { after }),
    },
  ];
}

/** Items that were put in or taken out where the rest is the same are named alone; else the lists differ as a whole. */
function listChanges(before: readonly Json[], after: readonly Json[], path: Path): Reason[] {
  if (before.length === after.length) {
    return before.flatMap((item, index) => changes(item, after[index], [...path, index]));
  }
  const shorter = Math.min(before.length, after.length);
  let head = 0;
  while (head < shorter && isDeepStrictEqual(before[head], after[head])) head += 1;
  let tail = 0;
  while (tail < shorter - head && isDeepStrictEqual(before.at(-1 - tail), after.at(-1 - tail))) tail += 1;
  if (head + tail < shorter) return [{ type: 'changed', path, before, after }];
  const longer = before.length > after.length ? before : after;
  return longer.slice(head, longer.length - tail).map((item, index) => ({
    type: 'changed',
    path: [...path, head + index],
    ...(longer === before ? { before: item } : { after: item }),
  }));
}

/** Options may be named like what every object inherits: `constructor`, `toString`. */
function own(map: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(map, name) ? map[name] : undefined;
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}
