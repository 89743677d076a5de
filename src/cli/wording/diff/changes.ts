import type { CellChange, ValueChange } from '../../../engine/diff/run-diff.ts';
import type { Colors } from '../../terminal/terminal.ts';
import { wordDelta, wordNumber } from '../parts/table.ts';
import { wordChange, wordPath, wordValue } from '../parts/values.ts';

export interface DiffStyle {
  readonly colors: Colors;
  /** Rows, cells, lines shown of each list; the rest is counted. */
  readonly most: number;
}

export function wordChanges(changes: readonly ValueChange[], style: DiffStyle): string[] {
  return capped(
    changes.map((change) => `  ${wordValueChange(change)}`),
    style,
  );
}

export function wordValueChange({ path, before, after, delta }: ValueChange): string {
  const name = wordPath(path) || '(whole)';
  if (before === undefined) return `${name}: new, ${wordValue(after)}`;
  if (after === undefined) return `${name}: gone, was ${wordValue(before)}`;
  return `${name}: ${wordChange(before, after)}${delta === undefined ? '' : ` (${wordDelta(delta)})`}`;
}

/** A computed number is shortened, since nobody reads its last digits; one that somebody wrote is shown as it is. */
export function wordResultChange(change: ValueChange): string {
  if (change.delta === undefined) return wordValueChange(change);
  return `${wordPath(change.path) || '(whole)'}: ${wordCellChange(change)} (${wordDelta(change.delta)})`;
}

export function wordCellChange({ before, after, delta }: Omit<CellChange, 'column'>): string {
  if (delta === undefined || typeof before !== 'number' || typeof after !== 'number')
    return wordChange(before, after);
  return [before, after].map((value) => wordLike(value, delta)).join(' -> ');
}

/** A whole number has no decimals if the difference has none either: a count. A score that happens to be round has four. */
function wordLike(value: number, delta: number): string {
  return Number.isInteger(value) && !Number.isInteger(delta) ? value.toFixed(4) : wordNumber(value);
}

export function bySize<T>(items: readonly T[], delta: (item: T) => number | undefined): T[] {
  const size = (item: T) => Math.abs(delta(item) ?? 0);
  return [...items].sort((x, y) => size(y) - size(x));
}

export function capped(lines: readonly string[], style: DiffStyle, indent = '  '): string[] {
  return withRest(lines.slice(0, style.most), lines.length, style, indent);
}

export function withRest(
  shown: readonly string[],
  total: number,
  { colors }: DiffStyle,
  indent = '  ',
): string[] {
  const rest = total - shown.length;
  return rest > 0 ? [...shown, colors.dim(`${indent}... and ${rest} more (--all)`)] : [...shown];
}
