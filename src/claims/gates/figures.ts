import { regionSides, type Estimate, type Region, type Sides } from '../../statistics/comparison/region.ts';
import { defined, mapped, undefinedBecause, type Maybe } from '../../statistics/maybe.ts';
import type { Cell } from '../../table/table.ts';

/** Named figures: a row of a table, or what is at a place inside a value. */
export type Entry = Readonly<Record<string, Cell>>;

/** Where figures are read. */
export interface FigureSource {
  /** The row, or the entry of a value; of a value that is a single cell it is under `value`. */
  readonly entry: Entry;
  /** The whole value that the entry is in: it may say over how many items its figures are. */
  readonly whole: Entry;
}

/** The names of what is estimated, in the order in which they are looked for. */
export const estimateNames = ['difference', 'effect', 'coefficient', 'value', 'mean'] as const;

/** The names of counts of units, likewise. */
export const countNames = ['clusters', 'items', 'pairs', 'count', 'n'] as const;

const unitless = 'there is no such figure';

export function estimateName(entry: Entry, given: string | undefined): string | undefined {
  return given ?? estimateNames.find((name) => Object.hasOwn(entry, name));
}

/** A number, or why it is undefined. */
export function numberIn(entry: Entry, name: string): Maybe<number> {
  const cell = entry[name] ?? null;
  if (typeof cell === 'number' && !Number.isNaN(cell)) return defined(cell);
  const why = [entry[`${name}_why`], entry['why'], entry['note']].find((text) => typeof text === 'string');
  return undefinedBecause(why ?? (Object.hasOwn(entry, name) ? `${name} is missing` : unitless));
}

/** The columns or fields that hold the interval of an estimate. */
export function intervalNames(name: string): readonly (readonly [low: string, high: string])[] {
  const stem = /^(.+)_mean$/.exec(name)?.[1];
  return [
    [`${name}_low`, `${name}_high`],
    ...(stem === undefined ? [] : [[`${stem}_ci95_low`, `${stem}_ci95_high`] as const]),
    ['ci_low', 'ci_high'],
    ['ci95_low', 'ci95_high'],
  ];
}

/** An estimate with its interval; `coverage` where the figures do not say it themselves. */
export function estimateIn(
  entry: Entry,
  name: string,
  { units, coverage }: { readonly units: number | undefined; readonly coverage: number },
): Maybe<Estimate> {
  const value = numberIn(entry, name);
  if (value.why !== undefined) return value;
  const nested = entry['ci'];
  if (Object.hasOwn(entry, 'ci')) {
    const { low, high, level, why } = (nested ?? {}) as Entry;
    if (typeof low !== 'number' || typeof high !== 'number') {
      return undefinedBecause(
        [why, entry['ci_why']].find((text) => typeof text === 'string') ?? 'no interval',
      );
    }
    return defined({
      value: value.value,
      low,
      high,
      level: typeof level === 'number' ? level : coverage,
      ...degreesOf(units),
      scale: name === 'coefficient' ? 'fisher' : 'plain',
    });
  }
  const names = intervalNames(name).find(([low]) => Object.hasOwn(entry, low));
  if (names === undefined) return undefinedBecause('there is no interval');
  const [low, high] = names.map((each) => numberIn(entry, each));
  if (low === undefined || high === undefined) return undefinedBecause('there is no interval');
  if (low.why !== undefined) return low;
  if (high.why !== undefined) return high;
  const stem = /^(.+)_ci95_low$/.exec(names[0])?.[1];
  const degrees = entry[stem === undefined ? 'df' : `${stem}_df`];
  const level = /ci95_low$/.test(names[0]) ? 0.95 : entry['level'];
  return defined({
    value: value.value,
    low: low.value,
    high: high.value,
    level: typeof level === 'number' ? level : coverage,
    ...(typeof degrees === 'number' && degrees > 0 ? { degrees } : degreesOf(units)),
    scale: 'plain',
  });
}

/** Of an interval that does not say its own: the jackknife's, and a mean's, are by t with units - 1. */
function degreesOf(units: number | undefined): { readonly degrees?: number } {
  return units !== undefined && units > 1 ? { degrees: units - 1 } : {};
}

/**
 * p of an entry by itself where it has one: a gate names its row before the data are seen, so that its family is the
 * gates, and a p that a stage corrected for all its rows would be corrected twice.
 */
export function chanceIn(entry: Entry): Maybe<number> {
  return numberIn(entry, Object.hasOwn(entry, 'p') ? 'p' : 'p_adjusted');
}

/** How many units an entry is over; those of a value that names its units are of the one that is asked for. */
export function unitsIn({ entry, whole }: FigureSource, name: string | undefined): Maybe<number> {
  if (name !== undefined) return numberIn(entry, name);
  for (const figures of [entry, whole]) {
    const found = countNames.find((each) => Object.hasOwn(figures, each));
    if (found !== undefined) return numberIn(figures, found);
  }
  return undefinedBecause('nothing says over how many units it is');
}

/** The evidence of `correlate` over one of its units, with the coefficient and the verdict that all units share. */
export function evidenceOf(entry: Entry, unit: string): Maybe<Entry> {
  const units = entry['units'];
  if (!Array.isArray(units)) return defined(entry);
  const all = units as readonly Entry[];
  const own = all.find((each) => each['unit'] === unit);
  if (own === undefined) {
    const names = all.map(({ unit: name }) => (typeof name === 'string' ? name : '')).join(', ');
    return undefinedBecause(`its units are ${names === '' ? 'none' : names}, not ${unit}`);
  }
  const { coefficient = null, verdict = null, why = null } = entry;
  return defined({ ...own, coefficient, verdict, ...(why !== null && { why }) });
}

/** One-sided p of a region, by the interval of an estimate. */
export function sidesOfRegion(estimate: Maybe<Estimate>, region: Region): Maybe<Sides> {
  return estimate.why === undefined ? regionSides(estimate.value, region) : estimate;
}

/** One-sided p of a sign, from a two-sided p and the sign that was found. Any sign has no opposite. */
export function sidesOfSign(
  p: Maybe<number>,
  value: Maybe<number>,
  sign: 'positive' | 'negative' | 'any',
): Maybe<Sides> {
  if (p.why !== undefined) return p;
  if (sign === 'any') return defined({ holds: p.value / 2, fails: 1 });
  return mapped(value, (found) => {
    const isAsClaimed = sign === 'positive' ? found > 0 : found < 0;
    const tails = { near: p.value / 2, far: 1 - p.value / 2 };
    return isAsClaimed ? { holds: tails.near, fails: tails.far } : { holds: tails.far, fails: tails.near };
  });
}
