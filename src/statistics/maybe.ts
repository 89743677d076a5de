/**
 * A figure, or in words why there is none. Nothing in this room gives NaN, null or 0 for what is undefined; an infinite
 * figure is one only where an input is infinite or a sum passes the largest double.
 */
export type Maybe<T> =
  { readonly value: T; readonly why?: undefined } | { readonly value?: undefined; readonly why: string };

export function defined<T>(value: T): Maybe<T> {
  return { value };
}

export function undefinedBecause(why: string): Maybe<never> {
  return { why };
}

/** What a function makes of a figure; where there is none, the reason stays. */
export function mapped<From, To>(maybe: Maybe<From>, map: (value: From) => To): Maybe<To> {
  return maybe.why === undefined ? { value: map(maybe.value) } : maybe;
}

/** An interval of the stated coverage, in the unit of what it is of. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}
