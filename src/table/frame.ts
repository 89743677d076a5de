import { InternalError } from '../system/internal-error.ts';
import { isList } from './cells.ts';
import { rowNumbers } from './storage/row-numbers.ts';
import type { Cell, Column, Table } from './table.ts';
import { cellsByName, rowCount, tableOfColumns } from './storage/table-of-columns.ts';

/** Groups of rows: the number of each row's group. */
interface Groups {
  readonly of: ArrayLike<number>;
  readonly count: number;
}

/**
 * A table while verbs work on it: columns of cells by name, in order. Besides, what `groupby` and `orderby` said of its
 * rows, which goes along with them whatever becomes of the columns.
 */
export class Frame {
  readonly columns: readonly Column[];
  readonly length: number;
  readonly #cells: ReadonlyMap<string, readonly Cell[]>;
  readonly #groups: Groups | undefined;
  /** Equal numbers for rows that the last `orderby` found equal, -1 where a value was missing. */
  readonly #peers: readonly number[] | undefined;
  #members: readonly (readonly number[])[] | undefined;
  #size: number | undefined;

  private constructor(
    columns: readonly Column[],
    cells: ReadonlyMap<string, readonly Cell[]>,
    length: number,
    groups?: Groups,
    peers?: readonly number[],
  ) {
    this.columns = columns;
    this.length = length;
    this.#cells = cells;
    this.#groups = groups;
    this.#peers = peers;
  }

  static of(columns: readonly Column[], cells: ReadonlyMap<string, readonly Cell[]>, length: number): Frame {
    return new Frame(columns, cells, length);
  }

  static ofTable(table: Table): Frame {
    return new Frame(table.columns, cellsByName(table), rowCount(table));
  }

  /** As a table, under a key. */
  table(key: readonly string[]): Table {
    return tableOfColumns({ columns: this.columns, key }, this.#cells, this.length);
  }

  has(name: string): boolean {
    return this.#cells.has(name);
  }

  cells(name: string): readonly Cell[] {
    const cells = this.#cells.get(name);
    if (cells === undefined) throw new InternalError(`expected a column, was \`${name}\``);
    return cells;
  }

  /** These rows, in this order; a row may come several times. What was said of them goes along. */
  pick(rows: readonly number[]): Frame {
    const picked = <T>(values: ArrayLike<T>): readonly T[] => rows.map((row) => values[row] as T);
    const cells = new Map([...this.#cells].map(([name, column]) => [name, picked(column)] as const));
    const groups = this.#groups && { of: picked(this.#groups.of), count: this.#groups.count };
    return new Frame(this.columns, cells, rows.length, groups, this.#peers && picked(this.#peers));
  }

  /** The same rows with these columns, cells that are not given taken over by name. */
  withColumns(columns: readonly Column[], given: ReadonlyMap<string, readonly Cell[]> = new Map()): Frame {
    const cells = new Map(columns.map(({ name }) => [name, given.get(name) ?? this.cells(name)] as const));
    return new Frame(columns, cells, this.length, this.#groups, this.#peers);
  }

  /** Groups of equal cells, in the order in which they first come; no columns for none. */
  groupedBy(names: readonly string[]): Frame {
    if (names.length === 0) return new Frame(this.columns, this.#cells, this.length, undefined, this.#peers);
    const of = rowNumbers(
      names.map((name) => this.cells(name)),
      this.length,
    );
    const count = of.reduce((most, number) => Math.max(most, number + 1), 0);
    return new Frame(this.columns, this.#cells, this.length, { of, count }, this.#peers);
  }

  orderedAs(peers: readonly number[]): Frame {
    return new Frame(this.columns, this.#cells, this.length, this.#groups, peers);
  }

  /** Characters of texts and elements of lists that the table holds; how deep lists go is not looked into. */
  get size(): number {
    this.#size ??= sizeOf([...this.#cells.values()]);
    return this.#size;
  }

  /** Whether `groupby` holds. */
  get grouped(): boolean {
    return this.#groups !== undefined;
  }

  /** Rows of all groups, in the order of the table; without `groupby` all rows are one group, even where there are none. */
  get groups(): readonly (readonly number[])[] {
    this.#members ??= this.#listMembers();
    return this.#members;
  }

  groupOf(row: number): number {
    return this.#groups?.of[row] ?? 0;
  }

  members(group: number): readonly number[] {
    return this.groups[group] ?? [];
  }

  peer(row: number): number {
    return this.#peers?.[row] ?? -1;
  }

  #listMembers(): readonly (readonly number[])[] {
    if (this.#groups === undefined) return [Array.from({ length: this.length }, (_, row) => row)];
    const members = Array.from({ length: this.#groups.count }, (): number[] => []);
    const { of } = this.#groups;
    for (let row = 0; row < this.length; row += 1) members[of[row] ?? -1]?.push(row);
    return members;
  }
}

function sizeOf(columns: readonly (readonly Cell[])[]): number {
  let size = 0;
  for (const cells of columns) {
    for (const cell of cells) if (typeof cell === 'string' || isList(cell)) size += cell.length;
  }
  return size;
}
