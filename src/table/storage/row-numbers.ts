import { cellKey } from '../cells.ts';
import type { Cell } from '../table.ts';

/** Most different cells of one column, and most different rows: pairs of two such numbers are exact. */
const MOST = 2 ** 26;

/**
 * Numbers for combinations of cells: equal for rows whose cells are the same (as `cellKey` has it), in the order in which
 * they first come, from 0. One may number the rows of several tables by the same columns.
 */
export class RowNumbers {
  readonly #codes: Codes[] = [];
  readonly #pairs: Map<number, number>[] = [];

  /** How many different rows there have been. */
  get size(): number {
    return this.#pairs.at(-1)?.size ?? this.#codes[0]?.size ?? 1;
  }

  /** @param columns as many as before, each of that length */
  of(columns: readonly (readonly Cell[])[], length: number): Int32Array {
    const numbers = new Int32Array(length);
    for (const [index, cells] of columns.entries()) {
      const codes = (this.#codes[index] ??= new Codes());
      if (index === 0) {
        for (let row = 0; row < length; row += 1) numbers[row] = codes.of(cells[row] ?? null);
        continue;
      }
      const pairs = (this.#pairs[index - 1] ??= new Map<number, number>());
      for (let row = 0; row < length; row += 1) {
        const pair = (numbers[row] ?? 0) * MOST + codes.of(cells[row] ?? null);
        let number = pairs.get(pair);
        if (number === undefined) {
          number = pairs.size;
          pairs.set(pair, number);
        }
        numbers[row] = number;
      }
    }
    return numbers;
  }
}

/** Numbers for the different cells of a column. */
class Codes {
  /** A map finds texts, numbers (NaN is NaN, 0 is -0), true, false and null as `cellKey` tells them apart. */
  readonly #plain = new Map<Cell, number>();
  readonly #nested = new Map<string, number>();
  #lastCell: Cell | undefined;
  #lastCode = 0;

  get size(): number {
    return this.#plain.size + this.#nested.size;
  }

  of(cell: Cell): number {
    if (cell === this.#lastCell) return this.#lastCode;
    this.#lastCode =
      typeof cell === 'object' && cell !== null
        ? this.#codeIn(this.#nested, cellKey(cell))
        : this.#codeIn(this.#plain, cell);
    this.#lastCell = cell;
    return this.#lastCode;
  }

  #codeIn<K>(known: Map<K, number>, key: K): number {
    let code = known.get(key);
    if (code === undefined) {
      code = this.size;
      known.set(key, code);
    }
    return code;
  }
}

/** The number of each row by these columns. */
export function rowNumbers(columns: readonly (readonly Cell[])[], length: number): Int32Array {
  return new RowNumbers().of(columns, length);
}
