import { mean, sum } from './summary.ts';

export type CorrelationMethod = 'pearson' | 'spearman' | 'kendall';

/** A coefficient in [-1, 1]; NaN for fewer than three points or where a side is constant. */
export function correlation(method: CorrelationMethod, x: readonly number[], y: readonly number[]): number {
  if (x.length < 3) return NaN;
  switch (method) {
    case 'pearson':
      return pearson(x, y);
    case 'spearman':
      return pearson(averageRanks(x), averageRanks(y));
    case 'kendall':
      return kendallTauB(x, y);
  }
}

/** Sum of products of deviations over the root of the product of sums of squares, in two passes. */
function pearson(x: readonly number[], y: readonly number[]): number {
  if (isConstant(x) || isConstant(y)) return NaN;
  const [dx, dy] = [deviations(x), deviations(y)];
  const products = sum(dx.map((value, index) => value * (dy[index] ?? NaN)));
  const scale =
    Math.sqrt(sum(dx.map((value) => value * value))) * Math.sqrt(sum(dy.map((value) => value * value)));
  return Math.max(-1, Math.min(1, products / scale));
}

/** Ranks from 1; equal values share the mean of their ranks (pandas' and scipy's `average`). */
export function averageRanks(values: readonly number[]): readonly number[] {
  const order = values.map((_, index) => index).sort((a, b) => (values[a] ?? NaN) - (values[b] ?? NaN));
  const ranks = new Array<number>(values.length).fill(NaN);
  for (let start = 0; start < order.length;) {
    let end = start + 1;
    while (end < order.length && values[order[end] ?? -1] === values[order[start] ?? -1]) end += 1;
    for (const index of order.slice(start, end)) ranks[index] = (start + 1 + end) / 2;
    start = end;
  }
  return ranks;
}

/** Kendall's tau-b (Kendall 1945): concordant minus discordant pairs, corrected for ties on either side. O(n^2). */
function kendallTauB(x: readonly number[], y: readonly number[]): number {
  let difference = 0;
  let untiedX = 0;
  let untiedY = 0;
  for (let i = 0; i < x.length; i += 1) {
    for (let j = 0; j < i; j += 1) {
      const signX = Math.sign((x[i] ?? NaN) - (x[j] ?? NaN));
      const signY = Math.sign((y[i] ?? NaN) - (y[j] ?? NaN));
      difference += signX * signY;
      untiedX += Math.abs(signX);
      untiedY += Math.abs(signY);
    }
  }
  return untiedX === 0 || untiedY === 0 ? NaN : difference / Math.sqrt(untiedX * untiedY);
}

/**
 * Each value less the mean of its group: what is left when differences between groups are taken out.
 *
 * @param groups one label per value.
 */
export function withinGroups(values: readonly number[], groups: readonly string[]): readonly number[] {
  const members = new Map<string, number[]>();
  values.forEach((value, index) => {
    const label = groups[index] ?? '';
    const group = members.get(label) ?? [];
    group.push(value);
    members.set(label, group);
  });
  const means = new Map([...members].map(([label, group]) => [label, mean(group)]));
  return values.map((value, index) => settled(value - (means.get(groups[index] ?? '') ?? NaN), value));
}

/**
 * What is left of values after a straight line through the controls is taken out (least squares by Gram-Schmidt with
 * a constant term); correlating residuals gives the partial correlation.
 */
export function residuals(
  values: readonly number[],
  controls: readonly (readonly number[])[],
): readonly number[] {
  const basis: (readonly number[])[] = [];
  for (const control of controls) {
    const rest = orthogonalTo(deviations(control), basis);
    const length = sum(rest.map((value) => value * value));
    const before = sum(deviations(control).map((value) => value * value));
    // A control that the others already explain adds nothing.
    if (length > before * 1e-20 && length > 0) basis.push(rest.map((value) => value / Math.sqrt(length)));
  }
  const centered = deviations(values);
  const rest = orthogonalTo(centered, basis);
  const size = Math.sqrt(sum(centered.map((value) => value * value)));
  return rest.map((value) => settled(value, size));
}

/** Twice is enough (Giraud, Langou, Rozložník 2005): the second pass removes what rounding left of the first. */
function orthogonalTo(vector: readonly number[], basis: readonly (readonly number[])[]): readonly number[] {
  let rest = vector;
  for (const direction of [...basis, ...basis]) {
    const part = sum(rest.map((value, index) => value * (direction[index] ?? NaN)));
    rest = rest.map((value, index) => value - part * (direction[index] ?? NaN));
  }
  return rest;
}

/** Differences that are rounding alone become zero, so that a constant is seen to be one. */
function settled(difference: number, scale: number): number {
  return Math.abs(difference) <= Math.abs(scale) * 1e-14 ? 0 : difference;
}

function deviations(values: readonly number[]): readonly number[] {
  const center = mean(values);
  return values.map((value) => value - center);
}

function isConstant(values: readonly number[]): boolean {
  return values.every((value) => value === values[0]);
}
