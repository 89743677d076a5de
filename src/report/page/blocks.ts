import { BLOCK_ROWS, type ColumnIndex, type RowTexts, type TableIndex } from '../form.ts';

/** A cell as it is in the data: lists and maps are what JSON makes of them. */
export type PageCell = null | boolean | number | string | readonly unknown[] | object;

export interface Column {
  readonly about: ColumnIndex;
  readonly at: (row: number) => PageCell;
}

/** The bytes of a block; its element is taken out of the page, so that they are not there twice. */
async function readBlock(id: number): Promise<ArrayBuffer> {
  const element = document.getElementById(`b${id}`);
  if (element === null) throw new Error(`block ${id} of this file is missing`);
  const text = element.textContent;
  element.remove();
  const stream = new Blob([bytesOf(text)]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Response(stream).arrayBuffer();
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  const native = (Uint8Array as unknown as { fromBase64?: (text: string) => Uint8Array<ArrayBuffer> })
    .fromBase64;
  if (native !== undefined) return native.call(Uint8Array, base64);
  const binary = atob(base64);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i += 1) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

const read = new Map<number, Promise<ArrayBuffer>>();

export function block(id: number): Promise<ArrayBuffer> {
  const known = read.get(id);
  if (known !== undefined) return known;
  const reading = readBlock(id);
  read.set(id, reading);
  return reading;
}

/** One column, read when it is first asked for. */
async function readColumn(about: ColumnIndex): Promise<Column> {
  const { blocks = [], coding } = about;
  const parts = await Promise.all(blocks.map(block));
  for (const id of blocks) read.delete(id);
  if (coding === 'float64') {
    const all = new Float64Array(parts.reduce((sum, part) => sum + part.byteLength / 8, 0));
    let at = 0;
    for (const part of parts) {
      all.set(new Float64Array(part), at);
      at += part.byteLength / 8;
    }
    return { about, at: (row) => (Number.isNaN(all[row]) ? null : (all[row] as number)) };
  }
  const cells = parts.flatMap((part) => JSON.parse(new TextDecoder().decode(part)) as PageCell[]);
  const numeric = about.type === 'number' || about.type === 'integer';
  return { about, at: (row) => (numeric ? numberOf(cells[row] ?? null) : (cells[row] ?? null)) };
}

function numberOf(cell: PageCell): PageCell {
  return typeof cell === 'string' ? Number(cell) : cell;
}

/** A table whose columns are read as they are needed. */
export class PageTable {
  readonly about: TableIndex;
  readonly #columns = new Map<string, Promise<Column>>();

  constructor(about: TableIndex) {
    this.about = about;
  }

  column(name: string): Promise<Column> {
    const known = this.#columns.get(name);
    if (known !== undefined) return known;
    const about = this.about.columns.find((column) => column.name === name);
    if (about?.blocks === undefined) return Promise.reject(new Error(`${name} is not in this file`));
    const reading = readColumn(about);
    this.#columns.set(name, reading);
    return reading;
  }

  /** Columns that are in this file. */
  get present(): readonly ColumnIndex[] {
    return this.about.columns.filter(({ blocks }) => blocks !== undefined);
  }

  /** What a model was given for a row, if the file holds it. */
  async texts(row: number): Promise<RowTexts | undefined> {
    const id = this.about.prompts?.[Math.floor(row / BLOCK_ROWS)];
    if (id === undefined) return undefined;
    const all = JSON.parse(new TextDecoder().decode(await block(id))) as readonly RowTexts[];
    return all[row % BLOCK_ROWS];
  }
}
