import { sumOfProducts, sumOfSquares } from '../sums.ts';

/** A matrix as a list of columns. */
export type Columns = readonly (readonly number[])[];

/** X = Q R by Gram-Schmidt, twice: columns of Q at right angles and of length 1, R upper triangular by columns. */
export interface Factors {
  readonly q: Columns;
  readonly r: Columns;
}

/** Undefined where a column is explained by those before it. */
export function factored(columns: Columns): Factors | undefined {
  const q: (readonly number[])[] = [];
  const r: number[][] = [];
  for (const column of columns) {
    const parts = q.map(() => 0);
    let rest = column;
    for (const pass of [...q.keys(), ...q.keys()]) {
      const direction = q[pass] ?? [];
      const part = sumOfProducts(rest, direction);
      parts[pass] = (parts[pass] ?? 0) + part;
      rest = rest.map((value, place) => value - part * (direction[place] ?? 0));
    }
    const [left, before] = [sumOfSquares(rest), sumOfSquares(column)];
    if (left <= before * 1e-20) return undefined;
    const length = Math.sqrt(left);
    q.push(rest.map((value) => value / length));
    r.push([...parts, length]);
  }
  return { q, r };
}

/** The b with R b = y, R upper triangular. */
export function backSubstituted(r: Columns, y: readonly number[]): readonly number[] {
  const b = y.map(() => 0);
  for (let row = y.length - 1; row >= 0; row -= 1) {
    let rest = y[row] ?? 0;
    for (let column = row + 1; column < y.length; column += 1)
      rest -= (r[column]?.[row] ?? 0) * (b[column] ?? 0);
    b[row] = rest / (r[row]?.[row] ?? 1);
  }
  return b;
}

/**
 * What multiplies vectors by (I - Q Q')^(-1/2), for the rows of one cluster, by the eigenvalues of the small matrix Q' Q:
 * with Q' Q = V diag(l) V' it is v + Q V diag((1 / sqrt(1 - l) - 1) / l) V' Q' v. Directions with l = 1 are left out
 * (pseudo-inverse, as clubSandwich does).
 *
 * @param rows the cluster's rows of Q, each as long as Q has columns.
 */
export function inverseRoot(rows: Columns): (vector: readonly number[]) => readonly number[] {
  const width = rows[0]?.length ?? 0;
  const columns = Array.from({ length: width }, (_, column) => rows.map((row) => row[column] ?? 0));
  const gram = columns.map((a) => columns.map((b) => sumOfProducts(a, b)));
  const { values, vectors } = symmetricEigen(gram);
  const directions = values.flatMap((value, place) => {
    if (value < 1e-14) return [];
    const spare = 1 - value;
    return [{ along: vectors[place] ?? [], factor: (spare < 1e-10 ? -1 : 1 / Math.sqrt(spare) - 1) / value }];
  });
  return (vector) => {
    const inner = columns.map((column) => sumOfProducts(column, vector));
    const weights = inner.map(() => 0);
    for (const { along, factor } of directions) {
      const share = factor * sumOfProducts(along, inner);
      along.forEach((part, index) => (weights[index] = (weights[index] ?? 0) + share * part));
    }
    return vector.map((value, place) => value + sumOfProducts(rows[place] ?? [], weights));
  };
}

/** Eigenvalues and eigenvectors of a small symmetric matrix by Jacobi's rotations (1846). */
function symmetricEigen(matrix: Columns): { readonly values: readonly number[]; readonly vectors: Columns } {
  const size = matrix.length;
  const a = matrix.map((row) => [...row]);
  const vectors = a.map((_, row) => a.map((_each, column) => (row === column ? 1 : 0)));
  const at = (row: number, column: number): number => a[row]?.[column] ?? 0;
  for (let sweep = 0; sweep < 100; sweep += 1) {
    let off = 0;
    for (let p = 0; p < size; p += 1) {
      for (let q = p + 1; q < size; q += 1) {
        off += at(p, q) ** 2;
        if (at(p, q) === 0) continue;
        const theta = (at(q, q) - at(p, p)) / (2 * at(p, q));
        const t = Math.sign(theta || 1) / (Math.abs(theta) + Math.hypot(theta, 1));
        const c = 1 / Math.hypot(t, 1);
        rotate(a, { p, q, c, s: t * c });
        rotateRows(vectors, { p, q, c, s: t * c });
      }
    }
    if (off < 1e-300) break;
  }
  return { values: a.map((_, place) => at(place, place)), vectors };
}

interface Rotation {
  readonly p: number;
  readonly q: number;
  readonly c: number;
  readonly s: number;
}

function rotate(a: number[][], { p, q, c, s }: Rotation): void {
  for (const row of a) {
    const [one, other] = [row[p] ?? 0, row[q] ?? 0];
    row[p] = c * one - s * other;
    row[q] = s * one + c * other;
  }
  rotateRows(a, { p, q, c, s });
}

function rotateRows(rows: number[][], { p, q, c, s }: Rotation): void {
  const [one, other] = [rows[p] ?? [], rows[q] ?? []];
  rows[p] = one.map((value, place) => c * value - s * (other[place] ?? 0));
  rows[q] = one.map((value, place) => s * value + c * (other[place] ?? 0));
}
