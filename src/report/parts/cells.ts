import type { Cell, Column } from '../../table/table.ts';
import { cut } from '../characters.ts';
import { wordNumber } from '../numbers.ts';
import { dataText, markup, type Html } from './html.ts';

/** Characters of a cell that a table shows; a row that is opened shows all. */
const MOST = 160;

/** A cell as one line. */
export function cellHtml(cell: Cell | undefined): Html {
  if (cell === null || cell === undefined) return markup`<span class="none">none</span>`;
  if (typeof cell === 'number') return markup`${wordNumber(cell)}`;
  if (typeof cell === 'boolean') return markup`${String(cell)}`;
  if (typeof cell === 'string') return dataText(cut(cell, MOST).replaceAll(/\r?\n/g, ' ↵ '));
  return dataText(cut(JSON.stringify(cell), MOST));
}

export function isNumeric({ type }: Column): boolean {
  return type === 'number' || type === 'integer';
}

/** The name of a column with its unit. */
export function columnHead({ name, unit }: Pick<Column, 'name' | 'unit'>): Html {
  return markup`${dataText(name)}${unit === undefined ? undefined : markup` <span class="unit">${unit}</span>`}`;
}

/** `4.3 s` */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 120_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.round(ms / 60_000)} min`;
}
