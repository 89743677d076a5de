import type { Cell } from '../../table/table.ts';
import type { GateOptions } from './options.ts';

/** What a gate claims: `interval above -0.5 over item`. */
export function claimOf({ figure, value, interval, p, verdict, unit }: GateOptions): string {
  const of = figure === undefined ? '' : `${figure}: `;
  const over = unit === undefined ? '' : ` over ${unit}`;
  if (value !== undefined) return `${of}value ${boundsText({ ...value })}`;
  if (interval !== undefined) return `${of}interval ${boundsText({ ...interval })}${over}`;
  if (verdict !== undefined) return `${of}verdict ${[verdict].flat().join(' or ')}${over}`;
  return `${of}${p === undefined || p === 'any' ? 'other than 0' : p}${over}`;
}

function boundsText(bounds: Readonly<Record<string, Cell>>): string {
  const words: Readonly<Record<string, string>> = {
    above: 'above',
    below: 'below',
    atLeast: 'at least',
    atMost: 'at most',
    equals: 'equal to',
  };
  return Object.entries(words)
    .flatMap(([name, word]) => {
      const bound = bounds[name];
      return bound === undefined ? [] : [`${word} ${plainNumber(bound)}`];
    })
    .join(' and ');
}

/** What was found: `0.1234 (-0.4 to 0.65), p 0.02, corrected 0.04, 30 units of item`. */
export function foundIn(figures: Readonly<Record<string, Cell>>, why: string | undefined): string {
  const { estimate, ci_low: low, ci_high: high, verdict, p, p_adjusted: corrected, unit, units } = figures;
  const interval = is(low) && is(high) ? ` (${plainNumber(low)} to ${plainNumber(high)})` : '';
  const parts = [
    ...(is(estimate) ? [`${plainNumber(estimate)}${interval}`] : []),
    ...(is(verdict) ? [plainNumber(verdict)] : []),
    ...(is(p) ? [`p ${plainNumber(p)}`] : []),
    ...(is(corrected) && corrected !== p ? [`corrected ${plainNumber(corrected)}`] : []),
    ...(is(units) && typeof unit === 'string' ? [`${plainNumber(units)} units of ${unit}`] : []),
    ...(why === undefined ? [] : [why]),
  ];
  return parts.join(', ');
}

function is(cell: Cell | undefined): cell is Exclude<Cell, null> {
  return cell !== undefined && cell !== null;
}

/** Four significant digits; what is no number as it is. */
export function plainNumber(cell: Cell): string {
  if (typeof cell === 'number') return String(Number(cell.toPrecision(4)));
  return typeof cell === 'string' ? cell : JSON.stringify(cell);
}
