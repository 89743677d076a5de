import type { OptionProblem } from '../system/failure.ts';
import type { Row } from '../table/table.ts';

/** More bars than a figure of 16,000 pixels has room for take minutes to draw, and nobody tells them apart. */
const mostBins = 2_000;

/**
 * Histograms of more bins than can be drawn: by a small `step` over a wide range, or by `maxbins`.
 *
 * @param tables rows by the names of the inputs; a field is looked for in all, for a view may name any
 */
export function tooManyBins(
  spec: unknown,
  tables: ReadonlyMap<string, readonly Row[]>,
  path: OptionProblem['path'] = ['spec'],
): OptionProblem | undefined {
  if (typeof spec !== 'object' || spec === null) return undefined;
  const { bin, field } = spec as { readonly bin?: unknown; readonly field?: unknown };
  if (typeof bin === 'object' && bin !== null) {
    const { step, maxbins } = bin as { readonly step?: unknown; readonly maxbins?: unknown };
    if (typeof step === 'number' && step > 0 && typeof field === 'string') {
      const bins = rangeOf(field, [...tables.values()].flat()) / step;
      if (bins > mostBins) return told([...path, 'bin', 'step'], Math.ceil(bins), step);
    }
    if (typeof maxbins === 'number' && maxbins > mostBins)
      return told([...path, 'bin', 'maxbins'], maxbins, maxbins);
  }
  for (const [name, value] of Object.entries(spec)) {
    if (name === 'datasets' || name === 'values') continue;
    const at = Array.isArray(spec) ? Number(name) : name;
    const found = tooManyBins(value, tables, [...path, at]);
    if (found !== undefined) return found;
  }
  return undefined;
}

function told(path: OptionProblem['path'], bins: number, found: number): OptionProblem {
  return {
    path,
    message: `the histogram would have ${bins} bins`,
    expected: `at most ${mostBins}`,
    found: String(found),
    next: path.at(-1) === 'step' ? 'take a larger step, or leave it out' : 'take fewer, or leave it out',
  };
}

function rangeOf(field: string, rows: readonly Row[]): number {
  let [low, high] = [Infinity, -Infinity];
  for (const row of rows) {
    const value = Object.hasOwn(row, field) ? row[field] : undefined;
    if (typeof value !== 'number' || !Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return high > low ? high - low : 0;
}
