import { cellsKey } from '../../table/columns.ts';
import type { Row } from '../../table/table.ts';
import { clusteredErrors, type ClusteredErrors } from '../../statistics/comparison/clustered-mean.ts';
import type { Maybe } from '../../statistics/maybe.ts';
import { tInterval } from '../../statistics/summary.ts';
import { mean } from '../../statistics/sums.ts';
import type { PairedRow } from './pair-rows.ts';
import type { PairedChange } from './run-diff.ts';

const LEVEL = 0.95;

/**
 * The paired change of a measure, by the statistics of `compare`. Undefined where no pair of finite numbers differs.
 * @param isEqual whether two numbers are the same within tolerance and noise: they count as equal, and into the mean
 *   with what they differ by
 */
export function pairedChange(
  measure: { readonly column: string; readonly unit?: string },
  rows: readonly PairedRow[],
  key: readonly string[],
  isEqual: (before: number, after: number) => boolean,
): PairedChange | undefined {
  const by = unitColumn(key);
  const differences: number[] = [];
  const units: string[] = [];
  let [up, down] = [0, 0];
  for (const [place, { before, after }] of rows.entries()) {
    const [was, is] = [numberIn(before, measure.column), numberIn(after, measure.column)];
    if (was === undefined || is === undefined) continue;
    differences.push(is - was);
    units.push(by === undefined ? String(place) : cellsKey([after?.[by]]));
    if (isEqual(was, is)) continue;
    if (is > was) up += 1;
    else down += 1;
  }
  const middle = mean(differences);
  if (up + down === 0 || middle.why !== undefined) return undefined;
  const errors = clusteredErrors(differences, units);
  return {
    ...measure,
    pairs: differences.length,
    mean: middle.value,
    by: by ?? 'row',
    units: new Set(units).size,
    ...intervalOf(middle.value, errors),
    up,
    down,
    equal: differences.length - up - down,
  };
}

function intervalOf(middle: number, errors: Maybe<ClusteredErrors>): Pick<PairedChange, 'interval' | 'why'> {
  if (errors.why !== undefined) return { why: errors.why };
  const { cr2 } = errors.value;
  return cr2.error === 0 ? { why: 'the units do not differ' } : { interval: tInterval(middle, cr2, LEVEL) };
}

/**
 * What was sampled: `item` where the key has it; else the last column of a key of several, since what is done to an item
 * (a format, a phrase) stands before it. Without a key rows are their own units.
 */
function unitColumn(key: readonly string[]): string | undefined {
  return key.includes('item') ? 'item' : key.at(-1);
}

function numberIn(row: Row | undefined, column: string): number | undefined {
  const cell = row?.[column];
  return typeof cell === 'number' && Number.isFinite(cell) ? cell : undefined;
}
