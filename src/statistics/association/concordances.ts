import { ascendingOrder } from '../ranks.ts';

/** What each point adds to the counts of pairs, each pair counted with both of its points. */
export interface Concordances {
  /** Concordant less discordant pairs with the point. */
  readonly difference: Float64Array;
  /** Pairs with the point whose x differ; whose y differ. */
  readonly untiedX: Float64Array;
  readonly untiedY: Float64Array;
}

/** Counts pairs point by point in O(n log n): in the order of x, by how many y before are smaller and larger. */
export function concordancesOf(x: readonly number[], y: readonly number[]): Concordances {
  const { length } = x;
  const order = Int32Array.from(ascendingOrder(x));
  const [numbersX, numbersY] = [valueNumbers(x), valueNumbers(y)];
  const difference = new Float64Array(length);
  for (const direction of [1, -1] as const) {
    const counts = new Counts(numbersY.count);
    countBefore(
      direction === 1 ? order : order.slice().reverse(),
      numbersX.of,
      numbersY.of,
      counts,
      (place, less, more) => {
        difference[place] = (difference[place] ?? 0) + direction * (less - more);
      },
    );
  }
  return { difference, untiedX: untied(numbersX), untiedY: untied(numbersY) };
}

/**
 * Concordant less discordant pairs of points whose x and y are numbers of values, ascending.
 *
 * @param order the places in the order of x.
 */
export function differenceOf(order: Int32Array, x: Int32Array, y: Int32Array, counts: Counts): number {
  let difference = 0;
  counts.clear();
  countBefore(order, x, y, counts, (_, less, more) => (difference += less - more));
  return difference;
}

/** For each place, how many y of points with an x before its own are smaller and larger than its y. */
function countBefore(
  order: Int32Array,
  x: Int32Array,
  y: Int32Array,
  counts: Counts,
  found: (place: number, less: number, more: number) => void,
): void {
  for (let start = 0; start < order.length;) {
    let end = start;
    while (end < order.length && x[order[end] ?? 0] === x[order[start] ?? 0]) {
      const place = order[end] ?? 0;
      const number = y[place] ?? 0;
      found(place, counts.below(number), start - counts.below(number + 1));
      end += 1;
    }
    for (let at = start; at < end; at += 1) counts.add(y[order[at] ?? 0] ?? 0);
    start = end;
  }
}

/** How often each of some numbers has come, with sums up to any of them (Fenwick 1994). */
export class Counts {
  readonly #tree: Int32Array;

  constructor(numbers: number) {
    this.#tree = new Int32Array(numbers + 1);
  }

  clear(): void {
    this.#tree.fill(0);
  }

  add(number: number): void {
    for (let at = number + 1; at < this.#tree.length; at += at & -at)
      this.#tree[at] = (this.#tree[at] ?? 0) + 1;
  }

  /** How many numbers smaller than this have come. */
  below(number: number): number {
    let sum = 0;
    for (let at = number; at > 0; at -= at & -at) sum += this.#tree[at] ?? 0;
    return sum;
  }
}

/** Values as numbers from 0 in ascending order; equal values have one number. */
export function valueNumbers(values: readonly number[]): { readonly of: Int32Array; readonly count: number } {
  const order = ascendingOrder(values);
  const of = new Int32Array(values.length);
  let number = -1;
  for (const [at, place] of order.entries()) {
    if (at === 0 || values[place] !== values[order[at - 1] ?? 0]) number += 1;
    of[place] = number;
  }
  return { of, count: number + 1 };
}

function untied({ of, count }: { readonly of: Int32Array; readonly count: number }): Float64Array {
  const sizes = new Int32Array(count);
  for (const number of of) sizes[number] = (sizes[number] ?? 0) + 1;
  return Float64Array.from(of, (number) => of.length - (sizes[number] ?? 0));
}
