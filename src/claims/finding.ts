import type { Maybe } from '../statistics/maybe.ts';
import { fewestUnits } from '../statistics/association/units.ts';
import type { Verdict } from '../statistics/association/verdict.ts';

/** What a verdict is about. */
export interface Scope {
  readonly coefficient: Maybe<number>;
  readonly units: readonly { readonly name: string; readonly count: number }[];
  /** The groups within which differences count. */
  readonly within?: { readonly name: string; readonly count: number };
  readonly controls: readonly string[];
  readonly findable: Maybe<number>;
  /** Why there is no p or no interval, where there is none. */
  readonly undecided?: string;
}

/** A verdict with what it holds for: `supported over 12 values of format, for these 3 values of question`. */
export function findingOf(verdict: Verdict, scope: Scope): string {
  const { coefficient, units, within, controls, findable, undecided } = scope;
  if (coefficient.why !== undefined) return `undefined: ${coefficient.why}`;
  const over = units.filter(({ count }) => count >= fewestUnits);
  const given = [
    ...units.filter(({ count }) => count < fewestUnits),
    ...(within !== undefined && !units.some(({ name }) => name === within.name) ? [within] : []),
  ];
  const few = over.some(({ count }) => count < 10) ? ' (few)' : '';
  const parts = [
    ...(over.length > 0 ? [` over ${over.map(counted).join(' and ')}${few}`] : []),
    ...(given.length > 0
      ? [`${over.length > 0 ? ', for these ' : ': '}${given.map(counted).join(' and ')}`]
      : []),
    ...(controls.length > 0 ? [`, with ${controls.join(' and ')} held constant`] : []),
    ...(verdict === 'no evidence' ? [`; ${whyNone(coefficient.value, findable)}`] : []),
    ...(verdict === 'undecided' && undecided !== undefined ? [`; ${undecided}`] : []),
  ];
  return `${verdict}${parts.join('')}`;
}

function counted({ name, count }: { readonly name: string; readonly count: number }): string {
  return name === 'row' ? `${count} rows` : `${count} values of ${name}`;
}

function whyNone(coefficient: number, findable: Maybe<number>): string {
  if (findable.value === undefined) return 'so few units could have shown nothing';
  return Math.abs(coefficient) < findable.value
    ? `with so many units ${findable.value.toFixed(2)} is the smallest coefficient to be found`
    : 'the interval or p does not exclude 0';
}
