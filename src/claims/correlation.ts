import { smallestFindable } from '../statistics/association/correlation-tests.ts';
import type { CorrelationMethod } from '../statistics/association/correlation.ts';
import { coefficientOf, type Points } from '../statistics/association/partial.ts';
import {
  evidenceOver,
  fewestUnits,
  overAll,
  ownCoefficients,
  type UnitEvidence,
} from '../statistics/association/units.ts';
import { verdictOn, type Prediction } from '../statistics/association/verdict.ts';
import { mapped, type Interval, type Maybe } from '../statistics/maybe.ts';
import type { Draws } from '../statistics/resampling/permutation.ts';
import type { Cell, Row } from '../table/table.ts';
import { findingOf } from './finding.ts';
import type { UnitColumn } from './units.ts';

/** What `correlate` is asked, as far as its claim depends on it. */
export interface ClaimOptions {
  readonly within?: string;
  readonly control: readonly string[];
  readonly predicted: Prediction;
  readonly level: number;
  readonly draws: Draws;
}

/** The points, the rows that they come from, and the units to generalise over; none makes no claim. */
export interface ClaimInput {
  readonly points: Points;
  readonly rows: readonly Row[];
  readonly units: readonly UnitColumn[];
  readonly options: ClaimOptions;
}

/** One method's entry: the coefficient, its evidence over each unit, and the verdict. */
export function correlationClaim(
  method: CorrelationMethod,
  { points, rows, units, options }: ClaimInput,
): Record<string, Cell> {
  const { level, draws, predicted, within, control } = options;
  const coefficient = coefficientOf(method, points);
  const evidence = units.map((unit) => {
    const labels = rows.map((row, place) => unit.label(row, place));
    const slots = rows.map((row) => unit.slot(row));
    return { unit, found: evidenceOver(method, points, { labels, slots }, { level, draws }) };
  });
  const all = overAll(evidence.map(({ found }) => found));
  const counts = evidence.map(({ unit, found }) => ({ name: unit.name, count: found.units }));
  const enough = counts.flatMap(({ count }) => (count >= fewestUnits ? [count] : []));
  const spare = enough.length === 0 ? 0 : Math.min(...enough) - 2 - control.length;
  const findable = smallestFindable(spare, level);
  const verdict = verdictOn(coefficient, { ...all, enoughUnits: enough.length > 0 }, { predicted, level });
  const groups = ownCoefficients(method, points);
  const labels = [...new Set(rows.map((row) => row[within ?? ''] ?? null))];
  const undecided = all.p.why ?? all.interval.why;
  const scope = {
    coefficient,
    units: counts,
    controls: control,
    findable,
    ...(undecided !== undefined && { undecided }),
    ...(within !== undefined && { within: { name: within, count: groups.length } }),
  };
  return {
    ...figure('coefficient', coefficient),
    ...(units.length > 0 && {
      ...figure('p', all.p, 'p_why'),
      ...intervalFigure(all.interval, level),
      units: evidence.map(({ unit, found }) => unitFigures(unit, found, { rows, level })),
      ...(enough.length > 0 && figure('smallest_findable', findable, 'findable_why')),
      verdict,
      finding: findingOf(verdict, scope),
    }),
    ...(within !== undefined && {
      within_groups: groups.map((each, index) => ({
        label: labels[index] ?? null,
        ...figure('coefficient', each),
      })),
    }),
  };
}

/** A figure, or null with the reason. */
function figure(name: string, found: Maybe<number>, why = 'why'): Readonly<Record<string, Cell>> {
  return found.why === undefined ? { [name]: found.value } : { [name]: null, [why]: found.why };
}

function intervalFigure(found: Maybe<Interval>, level: number): Readonly<Record<string, Cell>> {
  return found.why === undefined
    ? { ci: { level, low: found.value.low, high: found.value.high } }
    : { ci: null, ci_why: found.why };
}

function unitFigures(
  unit: UnitColumn,
  { units, interval, test, own }: UnitEvidence,
  { rows, level }: { readonly rows: readonly Row[]; readonly level: number },
): Cell {
  const counted = mapped(test, ({ exact, draws }) => `${exact ? 'all' : 'random'} ${draws}`);
  return {
    unit: unit.name,
    count: units,
    ...(units >= fewestUnits && units < 10 && { few: true }),
    ...figure(
      'p',
      mapped(test, ({ p }) => p),
      'p_why',
    ),
    ...(counted.why === undefined && { draws: counted.value }),
    ...intervalFigure(interval, level),
    ...(own.size > 0 && {
      own: [...own].map(([label, found]) => ({
        label: unit.cell(label, rows),
        ...figure('coefficient', found),
      })),
    }),
  };
}
