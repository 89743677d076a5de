import { gzipSync } from 'node:zlib';
import type { Cell, Column } from '../table/table.ts';
import type { StageTable } from './collect.ts';
import { BLOCK_ROWS, type ColumnIndex, type TableIndex } from './form.ts';

/** Compressed data of a report, in the order of their ids, and what was left out for its size. */
export interface PackedTables {
  readonly tables: readonly TableIndex[];
  /** Base64 of gzip. */
  readonly blocks: readonly string[];
  readonly leftOut: readonly { readonly stage: string; readonly columns: readonly string[] }[];
}

/** Collects blocks until they are as large as a report may be. */
export class BlockPacker {
  readonly blocks: string[] = [];
  #left: number;

  /** @param budget characters of all blocks together */
  constructor(budget: number) {
    this.#left = budget;
  }

  /** Ids of the blocks; undefined where there is no room for all of them, and then none is taken. */
  add(contents: Iterable<Uint8Array>): readonly number[] | undefined {
    const packed: string[] = [];
    let size = 0;
    for (const bytes of contents) {
      const text = gzipSync(bytes, { level: 6 }).toString('base64');
      size += text.length;
      if (size > this.#left) return undefined;
      packed.push(text);
    }
    this.#left -= size;
    const first = this.blocks.length;
    this.blocks.push(...packed);
    return packed.map((_, i) => first + i);
  }
}

/**
 * Tables as columns in blocks. What is needed to sort and filter goes first, so that where a report would become too large, the
 * texts and lists of its largest tables stay out.
 */
export function packTables(tables: readonly StageTable[], packer: BlockPacker): PackedTables {
  const wanted = tables
    .flatMap(({ table, prompts }, at) => [
      ...table.columns.map((column) => ({ at, column, weight: weightOf(column, table.rows.length) })),
      ...(prompts === undefined ? [] : [{ at, column: undefined, weight: 4 * table.rows.length }]),
    ])
    .sort((a, b) => a.weight - b.weight);
  const ids = new Map<string, readonly number[]>();
  const leftOut = new Map<number, string[]>();
  for (const { at, column } of wanted) {
    const { table, prompts = [] } = tables[at] as StageTable;
    const contents =
      column === undefined
        ? chunks(prompts.length, (from, to) => json(prompts.slice(from, to)))
        : columnBlocks(
            column,
            table.rows.map((row) => row[column.name] ?? null),
          );
    const found = packer.add(contents);
    const name = column?.name ?? '';
    if (found !== undefined) ids.set(`${at} ${name}`, found);
    else leftOut.set(at, [...(leftOut.get(at) ?? []), column?.name ?? 'the prompts']);
  }
  return {
    tables: tables.map(({ stage, table, prompts }, at) => {
      const own = prompts === undefined ? undefined : ids.get(`${at} `);
      return {
        stage: stage.name,
        rows: table.rows.length,
        key: table.key,
        columns: table.columns.map((column): ColumnIndex => {
          const blocks = ids.get(`${at} ${column.name}`);
          return {
            ...column,
            coding: codingOf(
              column,
              table.rows.map((row) => row[column.name] ?? null),
            ),
            ...(blocks !== undefined && { blocks }),
            shown: isShown(column, table.key),
          };
        }),
        ...(own !== undefined && { prompts: own }),
      };
    }),
    blocks: packer.blocks,
    leftOut: [...leftOut].map(([at, columns]) => ({ stage: (tables[at] as StageTable).stage.name, columns })),
  };
}

/** Columns that are shown from the start: lists and maps are seen where a row is opened. */
export function isShown({ name, type }: Column, key: readonly string[]): boolean {
  if (key.includes(name)) return true;
  return type !== 'json' && !/^(prompt|description|target_log_prob_per_(character|byte))$/.test(name);
}

/** Small columns first; prompts and lists of the largest tables last. */
function weightOf({ type }: Column, rows: number): number {
  return rows * { boolean: 1, integer: 1, number: 1, string: 2, json: 8 }[type];
}

function codingOf({ type }: Column, cells: readonly Cell[]): ColumnIndex['coding'] {
  if (type !== 'number' && type !== 'integer') return 'json';
  return cells.some((cell) => Number.isNaN(cell)) ? 'json' : 'float64';
}

function columnBlocks(column: Column, cells: readonly Cell[]): Iterable<Uint8Array> {
  if (codingOf(column, cells) === 'json')
    return chunks(cells.length, (from, to) => json(cells.slice(from, to)));
  return chunks(cells.length, (from, to) => {
    const floats = Float64Array.from(cells.slice(from, to), (cell) =>
      typeof cell === 'number' ? cell : NaN,
    );
    return new Uint8Array(floats.buffer);
  });
}

function* chunks(rows: number, make: (from: number, to: number) => Uint8Array): Generator<Uint8Array> {
  for (let from = 0; from < rows; from += BLOCK_ROWS) yield make(from, Math.min(from + BLOCK_ROWS, rows));
}

/** Numbers that JSON cannot say as their names. */
function json(value: unknown): Uint8Array {
  const text = JSON.stringify(value, (_, each: unknown) =>
    typeof each === 'number' && !Number.isFinite(each) ? String(each) : each,
  );
  return Buffer.from(text, 'utf8');
}
