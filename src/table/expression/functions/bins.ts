import type { Value } from '../value.ts';
import { numberAt, Refusal } from './function.ts';

/**
 * Low edge, high edge and step of bins of equal width, of which there are 15 at most unless settings say otherwise:
 * how many at most, whether edges are round numbers, the least step, the step itself. Arquero's `bins`.
 */
export function binsOf(values: readonly number[], settings: readonly Value[]): readonly number[] {
  const most = numberAt(settings, 0, 15);
  const leastStep = numberAt(settings, 2, 0);
  const low = values.reduce((a, b) => Math.min(a, b));
  const high = values.reduce((a, b) => Math.max(a, b));
  if (!Number.isFinite(high - low)) throw new Refusal('infinite values have no bins');
  if (!(most >= 1)) throw new Refusal('not a number of bins', { expected: '1 or more', found: String(most) });
  const span = high - low || Math.abs(low) || 1;
  const step = numberAt(settings, 3, roundStep(span, most, leastStep));
  if (!(step > 0)) throw new Refusal('not a step', { expected: 'a number above 0', found: String(step) });
  const [from, to] = settings[1] === false ? [low, high] : roundEdges(low, high, step);
  return [from, to === from ? from + step : to, step];
}

/** 1, 2 or 5 times a power of ten. */
function roundStep(span: number, most: number, leastStep: number): number {
  const level = Math.ceil(Math.log10(most));
  let step = Math.max(leastStep, 10 ** (Math.round(Math.log10(span)) - level));
  while (Math.ceil(span / step) > most) step *= 10;
  for (const divisor of [5, 2]) {
    const finer = step / divisor;
    if (finer >= leastStep && span / finer <= most) step = finer;
  }
  return step;
}

function roundEdges(low: number, high: number, step: number): readonly [number, number] {
  const logarithm = Math.log(step);
  const digits = logarithm >= 0 ? 0 : Math.trunc(-logarithm / Math.LN10) + 1;
  const edge = Math.floor(low / step + 10 ** (-digits - 1)) * step;
  return [low < edge ? edge - step : edge, Math.ceil(high / step) * step];
}
