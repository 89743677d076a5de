/** Sums of products of several sides about their means: side by side, as a square matrix. */
export interface Products {
  readonly count: number;
  readonly products: Float64Array;
}

/** A sum of squares that is smaller than this share of what it was updated from may be rounding for the greater part. */
const SAFE = 1e-4;

/** A control of which the ones before it leave less than this share is explained by them. */
const EXPLAINED = 1e-6;

/**
 * The partial correlation of the first two of several sides, the others held constant, from sums of products about means:
 * one control after the other is taken out (Schur complements). Undefined where rounding could tell in it.
 *
 * @param products changed on the way.
 * @param before the sums that they were updated from.
 */
export function partialOfProducts(
  products: Float64Array,
  before: Float64Array,
  width: number,
): number | undefined {
  const at = (a: number, b: number): number => products[a * width + b] ?? 0;
  for (let side = 0; side < width; side += 1) {
    if (!(at(side, side) > SAFE * (before[side * width + side] ?? 0))) return undefined;
  }
  const [ownX, ownY] = [at(0, 0), at(1, 1)];
  const own = Array.from({ length: width }, (_, side) => at(side, side));
  for (let control = width - 1; control >= 2; control -= 1) {
    const pivot = at(control, control);
    if (pivot <= EXPLAINED * (own[control] ?? 0)) return undefined;
    for (let a = 0; a < control; a += 1) {
      const share = at(a, control) / pivot;
      for (let b = 0; b < control; b += 1)
        products[a * width + b] = (products[a * width + b] ?? 0) - share * at(control, b);
    }
  }
  if (at(0, 0) <= EXPLAINED * ownX || at(1, 1) <= EXPLAINED * ownY) return undefined;
  return at(0, 1) / (Math.sqrt(at(0, 0)) * Math.sqrt(at(1, 1)));
}

/** Adds a point to sums and to sums of products of the sides, or takes it away. */
export function addProducts(
  parts: readonly Float64Array[],
  place: number,
  sign: 1 | -1,
  sums: Float64Array,
  products: Float64Array,
): void {
  const width = parts.length;
  for (let a = 0; a < width; a += 1) {
    const value = sign * (parts[a]?.[place] ?? 0);
    sums[a] = (sums[a] ?? 0) + value;
    for (let b = 0; b < width; b += 1)
      products[a * width + b] = (products[a * width + b] ?? 0) + value * (parts[b]?.[place] ?? 0);
  }
}
