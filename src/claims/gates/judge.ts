import type { Sides } from '../../statistics/comparison/region.ts';
import { adjusted } from '../../statistics/comparison/multiplicity.ts';
import type { Cell } from '../../table/table.ts';
import {
  chanceIn,
  estimateIn,
  estimateName,
  evidenceOf,
  numberIn,
  sidesOfRegion,
  sidesOfSign,
  unitsIn,
  type Entry,
  type FigureSource,
} from './figures.ts';
import type { FamilyOptions, GateOptions } from './options.ts';
import { claimOf, foundIn } from './words.ts';

export type GateResult = 'holds' | 'fails' | 'undecided';

export interface Judged {
  readonly name: string;
  readonly result: GateResult;
  readonly breaks: boolean;
  readonly claim: string;
  readonly found: string;
  /** Figures as cells; null where there is none. */
  readonly figures: Readonly<Record<string, Cell>>;
}

/** A gate with its figures, before the family is known. */
interface Reading {
  readonly name: string;
  readonly gate: GateOptions;
  readonly figures: Readonly<Record<string, Cell>>;
  /** The p that enters the family; a result that needs none; or why there is neither. */
  readonly p: number | undefined;
  readonly towards: GateResult;
  readonly why: string | undefined;
}

/**
 * Judges claims as one family. A gate on an interval, a p or a verdict holds or fails where its p, corrected by Holm over
 * all of them, is at most 1 - level, and is undecided otherwise: also where its figure is undefined or over fewer units
 * than the minimum. A gate on a bare value takes no part in the family.
 */
export function judge(
  gates: readonly { readonly name: string; readonly gate: GateOptions; readonly source: FigureSource }[],
  family: FamilyOptions,
): readonly Judged[] {
  const readings = gates.map((each) => readingOf(each, family));
  const corrected = adjusted(
    readings.map(({ p }) => p),
    'holm',
  );
  return readings.map((reading, index): Judged => {
    const { name, gate, figures, p, towards, why } = reading;
    const pAdjusted = corrected[index];
    const isDecided = p === undefined || (pAdjusted !== undefined && pAdjusted <= 1 - family.level + 1e-12);
    const result = isDecided ? towards : 'undecided';
    const breaks =
      result === 'fails' || (result === 'undecided' && (gate.undecided ?? family.undecided) === 'breaks');
    const all = { ...figures, p: p ?? null, p_adjusted: pAdjusted ?? null };
    return {
      name,
      result,
      breaks,
      claim: claimOf(gate),
      found: foundIn(all, why),
      figures: { ...all, note: why ?? null },
    };
  });
}

const undefinedFigures = {
  estimate: null,
  ci_low: null,
  ci_high: null,
  verdict: null,
  unit: null,
  units: null,
};

function readingOf(
  {
    name,
    gate,
    source,
  }: { readonly name: string; readonly gate: GateOptions; readonly source: FigureSource },
  { minimum }: FamilyOptions,
): Reading {
  const none = (why: string, figures: Readonly<Record<string, Cell>> = undefinedFigures): Reading => ({
    name,
    gate,
    figures: { ...undefinedFigures, ...figures },
    p: undefined,
    towards: 'undecided',
    why,
  });
  if (gate.value !== undefined) return valueReading(name, gate, source, none);
  const { unit = '' } = gate;
  const evidence = evidenceOf(source.entry, unit);
  if (evidence.why !== undefined) return none(evidence.why);
  const own = { entry: evidence.value, whole: source.whole };
  const units = unitsIn(own, gate.units);
  const named = estimateName(own.entry, gate.figure);
  const estimate =
    named === undefined
      ? { why: 'there is no estimate' }
      : estimateIn(own.entry, named, { units: units.value, coverage: gate.coverage });
  const figures = {
    estimate: (named === undefined ? undefined : numberIn(own.entry, named).value) ?? null,
    ci_low: estimate.value?.low ?? null,
    ci_high: estimate.value?.high ?? null,
    verdict: gate.verdict === undefined ? null : (textIn(own.entry, 'verdict') ?? null),
    unit,
    units: units.value ?? null,
  };
  const least = gate.minimum ?? minimum;
  if (units.why !== undefined) return none(units.why, figures);
  if (units.value < least) {
    return none(`fewer units than the minimum of ${least}`, figures);
  }
  if (gate.verdict !== undefined) return verdictReading({ name, gate, figures }, own.entry, none);
  const sides =
    gate.interval === undefined
      ? sidesOfSign(chanceIn(own.entry), numberIn(own.entry, named ?? 'estimate'), gate.p ?? 'any')
      : sidesOfRegion(estimate, gate.interval);
  return sides.why === undefined
    ? { name, gate, figures, ...towards(sides.value, gate.sides), why: undefined }
    : none(sides.why, figures);
}

function towards({ holds, fails }: Sides, sides: 1 | 2): Pick<Reading, 'p' | 'towards'> {
  return {
    p: Math.min(1, sides * Math.min(holds, fails)),
    towards: holds <= fails ? 'holds' : 'fails',
  };
}

type None = (why: string, figures?: Readonly<Record<string, Cell>>) => Reading;

function valueReading(name: string, gate: GateOptions, { entry }: FigureSource, none: None): Reading {
  const bounds = gate.value ?? {};
  const named = estimateName(entry, gate.figure);
  if (named === undefined) return none('there is no such figure');
  const cell = entry[named] ?? null;
  const figures = { ...undefinedFigures, estimate: cell };
  const result = (isMet: boolean): Reading => ({
    name,
    gate,
    figures,
    p: undefined,
    towards: isMet ? 'holds' : 'fails',
    why: undefined,
  });
  if (typeof cell !== 'number' && cell !== null && bounds.equals !== undefined) {
    return result(cell === bounds.equals);
  }
  const number = numberIn(entry, named);
  if (number.why !== undefined) return none(number.why, figures);
  const { above, below, atLeast, atMost, equals } = bounds;
  const { value } = number;
  return result(
    (above === undefined || value > above) &&
      (below === undefined || value < below) &&
      (atLeast === undefined || value >= atLeast) &&
      (atMost === undefined || value <= atMost) &&
      (equals === undefined || value === equals),
  );
}

/** Verdicts that say neither one thing nor its opposite. */
const openVerdicts: ReadonlySet<string> = new Set(['no evidence', 'undecided', 'too few', 'undefined']);

function verdictReading(
  reading: Pick<Reading, 'name' | 'gate' | 'figures'>,
  entry: Entry,
  none: None,
): Reading {
  const found = textIn(entry, 'verdict');
  if (found === undefined) return none('there is no verdict', reading.figures);
  const wanted = [reading.gate.verdict ?? []].flat();
  const isOpen = openVerdicts.has(found);
  if (wanted.includes(found) && isOpen) return { ...reading, p: undefined, towards: 'holds', why: undefined };
  return {
    ...reading,
    p: chanceIn(entry).value,
    towards: wanted.includes(found) ? 'holds' : isOpen ? 'undecided' : 'fails',
    why: isOpen ? `the verdict is ${found}` : undefined,
  };
}

function textIn(entry: Entry, name: string): string | undefined {
  const cell = entry[name];
  return typeof cell === 'string' ? cell : undefined;
}
