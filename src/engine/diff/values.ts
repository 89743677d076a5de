import type { Path } from '../../system/json.ts';
import type { Cell } from '../../table/table.ts';
import type { Tolerance, ValueChange } from './run-diff.ts';

export const exact: Tolerance = { absolute: 0, relative: 0 };

/**
 * Changes from `before` to `after`, by path, in the order of `after`, what is gone last. Elements of lists are paired
 * after the common beginning and the common end are set aside, so that one new element is one change.
 */
export function diffValues(
  before: Cell | undefined,
  after: Cell | undefined,
  tolerance: Tolerance = exact,
  path: Path = [],
): ValueChange[] {
  if (before === undefined && after === undefined) return [];
  if (before === undefined) return [{ path, after: after as Cell }];
  if (after === undefined) return [{ path, before }];
  if (isList(before) && isList(after)) return diffLists(before, after, tolerance, path);
  if (isObject(before) && isObject(after)) {
    const changes: ValueChange[] = [];
    for (const name of Object.keys(after)) {
      changes.push(...diffValues(own(before, name), after[name], tolerance, [...path, name]));
    }
    for (const name of Object.keys(before)) {
      if (!Object.hasOwn(after, name))
        changes.push(...diffValues(before[name], undefined, tolerance, [...path, name]));
    }
    return changes;
  }
  if (sameCell(before, after, tolerance)) return [];
  return [{ path, before, after, ...deltaOf(before, after) }];
}

export function sameCell(a: Cell | undefined, b: Cell | undefined, tolerance: Tolerance): boolean {
  if (typeof a === 'number' && typeof b === 'number') return sameNumber(a, b, tolerance);
  if (isList(a) && isList(b)) {
    return a.length === b.length && a.every((cell, i) => sameCell(cell, b[i], tolerance));
  }
  if (isObject(a) && isObject(b)) {
    const names = Object.keys(a);
    return (
      names.length === Object.keys(b).length &&
      names.every((name) => Object.hasOwn(b, name) && sameCell(a[name], b[name], tolerance))
    );
  }
  return a === b;
}

/** `{ delta }` where both are finite numbers, to be spread into a change. */
export function deltaOf(before: Cell | undefined, after: Cell | undefined): { delta?: number } {
  if (typeof before !== 'number' || typeof after !== 'number') return {};
  const delta = after - before;
  return Number.isFinite(delta) ? { delta } : {};
}

function sameNumber(a: number, b: number, { absolute, relative }: Tolerance): boolean {
  // Covers NaN and the infinities; 0 and -0 are the same number in a result.
  if (a === b || Object.is(a, b)) return true;
  if (!Number.isFinite(a) || !Number.isFinite(b)) return false;
  return Math.abs(a - b) <= Math.max(absolute, relative * Math.max(Math.abs(a), Math.abs(b)));
}

function diffLists(
  before: readonly Cell[],
  after: readonly Cell[],
  tolerance: Tolerance,
  path: Path,
): ValueChange[] {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && sameCell(before[start], after[start], tolerance)) start += 1;
  let end = 0;
  // With equal lengths positions correspond; only an insertion or removal shifts them.
  if (before.length !== after.length) {
    const same = (n: number) =>
      sameCell(before[before.length - 1 - n], after[after.length - 1 - n], tolerance);
    while (end < shorter - start && same(end)) end += 1;
  }
  const changes: ValueChange[] = [];
  const longer = Math.max(before.length, after.length) - end;
  for (let i = start; i < longer; i += 1) {
    const old = i < before.length - end ? before[i] : undefined;
    const now = i < after.length - end ? after[i] : undefined;
    changes.push(...diffValues(old, now, tolerance, [...path, i]));
  }
  return changes;
}

function own(object: { readonly [name: string]: Cell }, name: string): Cell | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

function isList(value: Cell | undefined): value is readonly Cell[] {
  return Array.isArray(value);
}

function isObject(value: Cell | undefined): value is { readonly [name: string]: Cell } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
