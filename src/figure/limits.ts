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

/** What a specification may make out of nothing in one place: more takes seconds to draw, and nobody tells it apart. */
const mostMade = 10_000;

/** How much the value of a property makes, by the name of the property; undefined where it makes nothing by itself. */
const makers: Readonly<Record<string, (value: unknown) => number | undefined>> = {
  // Rows of a sequence, as data or as the keys of `impute`.
  sequence: lengthOf,
  keyvals: lengthOf,
  // Points of a curve.
  steps: asNumber,
  minsteps: asNumber,
  maxsteps: asNumber,
  // Ticks, grid lines and labels of an axis or a legend.
  tickCount: asNumber,
};

/**
 * Rows, points and ticks that a specification makes by itself, whatever its data are, more than can be drawn.
 *
 * @param path leads to `spec` in the options
 */
export function tooManyMade(
  spec: unknown,
  path: OptionProblem['path'] = ['spec'],
): OptionProblem | undefined {
  if (typeof spec !== 'object' || spec === null) return undefined;
  for (const [name, value] of Object.entries(spec)) {
    if (name === 'datasets' || name === 'values') continue;
    const at = [...path, Array.isArray(spec) ? Number(name) : name];
    const made = Object.hasOwn(makers, name) ? makers[name]?.(value) : undefined;
    if (made !== undefined && made > mostMade) {
      return {
        path: at,
        message: `\`${name}\` would make ${made === Infinity ? 'endlessly many' : String(Math.ceil(made))}`,
        expected: `at most ${mostMade}`,
        found: JSON.stringify(value),
        next: 'take fewer',
      };
    }
    const inside = tooManyMade(value, at);
    if (inside !== undefined) return inside;
  }
  return undefined;
}

/** Numbers from `start`, 0 without one, up to `stop`, by `step`, 1 without one. */
function lengthOf(value: unknown): number | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const { start = 0, stop, step = 1 } = value as { start?: unknown; stop?: unknown; step?: unknown };
  if (typeof start !== 'number' || typeof stop !== 'number' || typeof step !== 'number') return undefined;
  if (step === 0) return start === stop ? 0 : Infinity;
  return Math.max(0, (stop - start) / step);
}

function asNumber(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
