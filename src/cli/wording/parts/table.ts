import stringWidth from 'string-width';
import type { Cell, Column, Table } from '../../../table/table.ts';
import type { Colors } from '../../terminal/terminal.ts';
import { alignColumns } from './columns.ts';
import { shorten } from './values.ts';

const LONGEST_TEXT = 40;

export interface TableStyle {
  readonly colors: Colors;
  /** Width of the terminal; columns that do not fit are left out and named. */
  readonly columns: number;
  readonly indent?: string;
  /** How to see the columns that are left out. */
  readonly rest?: string;
}

/**
 * A table as aligned text: numbers right, with as many decimals as their column needs. JSON columns are left to the
 * file.
 */
export function wordTable(table: Table, style: TableStyle, mostRows = Number.POSITIVE_INFINITY): string[] {
  const { colors, indent = '' } = style;
  const rows = table.rows.slice(0, mostRows);
  // A note that no row has says nothing; it is not even named as left out.
  const said = table.columns.filter(
    ({ name }) => name !== 'note' || rows.some((row) => (row[name] ?? null) !== null),
  );
  const candidates = said.filter(({ type }) => type !== 'json');
  const columns = candidates.map((column) => {
    const texts = columnTexts(
      column,
      rows.map((row) => row[column.name] ?? null),
    );
    const width = Math.max(...[heading(column), ...texts].map((text) => stringWidth(text)));
    return { column, texts, width };
  });
  const shown = fitting(columns, style.columns - indent.length, keptColumns(table));
  const lines = alignColumns(
    [
      shown.map(({ column }) => heading(column)),
      ...rows.map((_, i) => shown.map(({ texts }) => texts[i] ?? '')),
    ],
    shown.map(({ column }) => (isNumeric(column) ? 'right' : 'left')),
  ).map((line, i) => indent + (i === 0 ? colors.dim(line) : line));
  const hidden = said.filter((column) => !shown.some((one) => one.column === column));
  if (table.rows.length > rows.length)
    lines.push(`${indent}... and ${table.rows.length - rows.length} more rows`);
  if (hidden.length > 0) {
    const names = hidden.map(({ name }) => name).join(', ');
    lines.push(
      indent + colors.dim(`(not shown: ${names}${style.rest === undefined ? '' : `; ${style.rest}`})`),
    );
  }
  return lines;
}

interface LaidOut {
  readonly column: Column;
  readonly texts: readonly string[];
  readonly width: number;
}

/** A text of more characters describes; one of fewer is a label or a verdict. */
const LONGEST_LABEL = 20;

/** The key, and the first number in nats: what log-probabilities are looked at for. */
function keptColumns({ key, columns }: Table): readonly string[] {
  const measure = columns.find(({ type, unit }) => type === 'number' && unit === 'nats');
  return measure === undefined ? key : [...key, measure.name];
}

/** The columns that a line bears. Texts that describe go first, the widest before others; then the last columns. */
function fitting(
  columns: readonly LaidOut[],
  available: number,
  kept: readonly string[],
): readonly LaidOut[] {
  const total = columns.reduce((sum, { width }) => sum + width + 2, -2);
  if (total <= available || columns.length < 2) return columns;
  const free = columns.filter(({ column }) => !kept.includes(column.name));
  const texts = columns
    .filter(({ column }) => column.type === 'string')
    .slice(1)
    .filter((each) => free.includes(each) && each.width > LONGEST_LABEL);
  const widest = texts.reduce<LaidOut | undefined>((a, b) => (a && a.width >= b.width ? a : b), undefined);
  // Without the key nobody knows whose the rest is: it stays, also where the line is too narrow for it.
  const least = widest ?? free.at(-1);
  if (least === undefined) return columns;
  return fitting(
    columns.filter((column) => column !== least),
    available,
    kept,
  );
}

/** One number as tables show it, on its own: four decimals, or four significant digits where it is small or large. */
export function wordNumber(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf';
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return String(value);
  const size = Math.abs(value);
  return size >= 0.001 && size < 100_000 ? value.toFixed(4) : value.toPrecision(4);
}

/** With its sign always: `+0.1204`. */
export function wordDelta(delta: number): string {
  return `${delta < 0 ? '' : '+'}${wordNumber(delta)}`;
}

export function wordCell(value: Cell | undefined): string {
  if (value === undefined || value === null) return '-';
  if (typeof value === 'number') return wordNumber(value);
  if (typeof value === 'string') return shorten(oneLine(value), LONGEST_TEXT);
  return shorten(JSON.stringify(value), LONGEST_TEXT);
}

function columnTexts(column: Column, cells: readonly Cell[]): string[] {
  if (column.type !== 'number') return cells.map(wordCell);
  // One form for the whole column, so that its points stand under each other.
  const finite = cells.filter((cell): cell is number => typeof cell === 'number' && Number.isFinite(cell));
  const sizes = finite.map(Math.abs).filter((size) => size > 0);
  const fixed = !finite.every(Number.isInteger) && sizes.every((size) => size >= 0.0001 && size < 1_000_000);
  return cells.map((cell) =>
    typeof cell === 'number' && Number.isFinite(cell) && fixed ? cell.toFixed(4) : wordCell(cell),
  );
}

function heading({ name, unit }: Column): string {
  return unit === undefined ? name : `${name} (${unit})`;
}

function isNumeric({ type }: Column): boolean {
  return type === 'number' || type === 'integer';
}

function oneLine(text: string): string {
  return text.replaceAll('\n', '\\n').replaceAll('\t', '\\t');
}
