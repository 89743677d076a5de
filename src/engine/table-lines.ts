import type { Cell, Column, Table } from '../table/table.ts';
import { sharedTexts } from '../table/storage/shared-texts.ts';
import {
  cellsByName,
  rowCount,
  rowsThatAreThere,
  tableOfColumns,
} from '../table/storage/table-of-columns.ts';
import { broken, explicit, implicit, NON_FINITE, numberText, wordCell } from './json-cells.ts';

const FORMAT = 'assay-table/1';

/** Characters that are put together before they become bytes, and bytes before they become characters: no text of a whole table is made. */
const BLOCK = 1 << 22;

/** A table as JSON Lines, a row a line, and the JSON text of its schema. */
export function encodeTable(table: Table): { readonly schema: string; readonly lines: Uint8Array } {
  const { columns, key } = table;
  const names = new Set<string>();
  for (const { name } of columns) {
    if (names.has(name)) throw broken(`columns of different names, was \`${name}\` twice`);
    names.add(name);
  }
  for (const name of key) {
    if (!names.has(name)) throw broken(`a key of columns that the table has, was \`${name}\``);
  }
  refuseOtherCells(table, names);
  const length = rowCount(table);
  const schema = {
    format: FORMAT,
    columns: columns.map(({ name, type, unit, description, counts }) => ({
      name,
      type,
      ...(unit !== undefined && { unit }),
      ...(description !== undefined && { description }),
      ...(counts === true && { counts }),
    })),
    key,
    rows: length,
  };
  const cells = cellsByName(table);
  const writers = columns.map((column, index) => ({
    column,
    head: `${index === 0 ? '' : ','}${JSON.stringify(column.name)}:`,
    cells: cells.get(column.name) ?? [],
  }));
  const lines = bytesOfLines(length, (row) => {
    let line = '{';
    for (const { column, head, cells: own } of writers) line += head + cellText(own[row], column, row);
    return `${line}}`;
  });
  return { schema: `${JSON.stringify(schema, null, 2)}\n`, lines };
}

/** The inverse of `encodeTable`. */
export function decodeTable(schemaText: string, lines: Uint8Array): Table {
  const schema = JSON.parse(schemaText) as { format: string; columns: Column[]; key: string[]; rows: number };
  if (schema.format !== FORMAT) throw broken(`a table of format ${FORMAT}, was ${schema.format}`);
  const readers = schema.columns.map(({ name, type }) => ({
    name,
    cells: [] as Cell[],
    read: readerOf(type),
  }));
  let length = 0;
  for (const line of linesOf(lines)) {
    const row = JSON.parse(line) as Record<string, Cell>;
    for (const { name, cells, read } of readers) cells.push(read(row[name] ?? null));
    length += 1;
  }
  return tableOfColumns(schema, new Map(readers.map(({ name, cells }) => [name, cells])), length);
}

/** UTF-8 of lines that end in a newline each. */
export function bytesOfLines(count: number, lineAt: (index: number) => string): Uint8Array {
  const blocks: Buffer[] = [];
  let text = '';
  for (let index = 0; index < count; index += 1) {
    text += `${lineAt(index)}\n`;
    if (text.length < BLOCK) continue;
    blocks.push(Buffer.from(text, 'utf8'));
    text = '';
  }
  const last = Buffer.from(text, 'utf8');
  return blocks.length === 0 ? last : Buffer.concat([...blocks, last]);
}

/** The lines of UTF-8, without their newlines; what follows the last newline is none. */
export function* linesOf(bytes: Uint8Array): Generator<string> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const newline = 0x0a;
  for (let start = 0; start < buffer.length;) {
    const before = buffer.lastIndexOf(newline, start + BLOCK);
    const end = before >= start ? before : buffer.indexOf(newline, start);
    if (end < start) return;
    yield* buffer.toString('utf8', start, end).split('\n');
    start = end + 1;
  }
}

function refuseOtherCells(table: Table, names: ReadonlySet<string>): void {
  for (const [index, row] of rowsThatAreThere(table)?.entries() ?? []) {
    for (const name in row) {
      if (!names.has(name)) throw broken(`no cell outside the columns, was \`${name}\` in row ${index}`);
    }
  }
}

/** Numbers in their shortest form that reads back exactly; `null` is a missing cell of any type. */
function cellText(cell: Cell | undefined, column: Column, row: number): string {
  if (cell === null || cell === undefined) return 'null';
  const { type } = column;
  if (type === 'json') return JSON.stringify(explicit(cell, `column \`${column.name}\`, row ${row}`));
  if (type === 'number' && typeof cell === 'number') {
    return Number.isFinite(cell) ? numberText(cell) : `"${String(cell)}"`;
  }
  const fits =
    type === 'integer'
      ? Number.isSafeInteger(cell)
      : type === 'string'
        ? typeof cell === 'string' && cell.isWellFormed()
        : typeof cell === type;
  if (!fits) {
    throw broken(`${type} in column \`${column.name}\`, row ${row}, was ${wordCell(cell)}`);
  }
  return typeof cell === 'number' ? numberText(cell) : JSON.stringify(cell);
}

function readerOf(type: Column['type']): (cell: Cell) => Cell {
  switch (type) {
    case 'number':
      return (cell) => (typeof cell === 'string' ? (NON_FINITE[cell] ?? NaN) : cell);
    case 'json':
      return (cell) => implicit(cell);
    case 'string': {
      const same = sharedTexts();
      return (cell) => (typeof cell === 'string' ? same(cell) : cell);
    }
    default:
      return (cell) => cell;
  }
}
