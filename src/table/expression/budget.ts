import { isList } from '../cells.ts';
import type { Value } from './value.ts';

/** Steps that computing an expression may take for each row; most take fewer than a hundred. */
const stepsPerRow = 10_000;
/** How often an expression may go through all that the table holds. */
const timesThrough = 100;
/** Steps besides: about a second. */
const stepsBesides = 20_000_000;
/** An element of a list costs what so many characters of a text cost. */
const stepsPerElement = 8;

/** The work that an expression wants is more than it is allowed. */
export class OutOfSteps extends Error {}

/**
 * Counts the work of one expression on one table, so that none hangs and none fills the memory. A step is a node that is
 * computed, or a character that a function reads or makes. Expressions have no loops; what grows is what functions make
 * of what functions made: `repeat(repeat("a", 1e6), 1e6)`, `array_agg(array_agg(d.x))`.
 */
export class Budget {
  #left: number;
  /** Lists may be parts of many lists; each is measured once. */
  readonly #sizes = new WeakMap<object, number>();

  /** @param size characters and elements that the table holds */
  constructor(rows: number, size: number) {
    this.#left = stepsBesides + rows * stepsPerRow + size * timesThrough;
  }

  /** @throws OutOfSteps */
  steps(count: number): void {
    this.#left -= count;
    if (!(this.#left >= 0)) throw new OutOfSteps();
  }

  /** That a value was read whole, or made. @throws OutOfSteps */
  value(value: Value): void {
    if (typeof value === 'string') this.steps(value.length);
    else if (typeof value === 'object' && value !== null) this.steps(this.#sizeOf(value));
  }

  #sizeOf(value: Value): number {
    if (typeof value === 'string') return value.length;
    if (value === null || typeof value !== 'object' || value instanceof Date) return 1;
    const known = this.#sizes.get(value);
    if (known !== undefined) return known;
    const parts = isList(value) ? value : Object.values(value);
    // Measuring is work too.
    this.steps(parts.length);
    const size = parts.reduce(
      (sum: number, part) => sum + stepsPerElement + this.#sizeOf(part),
      stepsPerElement,
    );
    this.#sizes.set(value, size);
    return size;
  }
}
