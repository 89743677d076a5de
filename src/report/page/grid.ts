import type { ColumnIndex } from '../form.ts';
import { cut } from '../characters.ts';
import { wordNumber } from '../numbers.ts';
import type { Column, PageTable, PageCell } from './blocks.ts';
import { csvOf, save } from './csv.ts';
import { dataText, el, part } from './dom.ts';
import { FilterProblem, filterOf } from './filter.ts';
import { sortRows } from './sort.ts';

/** Height of a row in pixels; the style gives rows the same. */
const ROW = 27;
/** Rows that are drawn above and below those that are seen. */
const MARGIN = 12;
const LONGEST_CELL = 160;

export interface GridState {
  readonly query: string;
  /** A column, `-` in front for descending; empty for the order of the table. */
  readonly sort: string;
}

/** A table of all rows in the stead of its first: sorted, filtered, drawn as far as it is seen. */
export class Grid {
  readonly table: PageTable;
  readonly #section: HTMLElement;
  readonly #scroller: HTMLElement;
  readonly #head: HTMLElement;
  readonly #body: HTMLElement;
  readonly #status: HTMLElement;
  readonly #search: HTMLInputElement;
  readonly #open: (row: number, grid: Grid) => void;
  #shown: readonly ColumnIndex[];
  #columns: readonly Column[] = [];
  #order: Int32Array;
  #query = '';
  #sort = '';
  #active = 0;
  #turn = 0;
  #heads = new Map<string, HTMLElement>();

  constructor(section: HTMLElement, table: PageTable, open: (row: number, grid: Grid) => void) {
    this.table = table;
    this.#section = section;
    this.#open = open;
    this.#scroller = part(section, '.scroll');
    const element = part(section, 'table');
    this.#head = part(element, 'thead');
    this.#body = part(element, 'tbody');
    this.#shown = table.present.filter(({ shown }) => shown);
    this.#order = Int32Array.from({ length: table.about.rows }, (_, row) => row);
    this.#status = el('span', { class: 'status', role: 'status' });
    this.#search = el('input', {
      type: 'search',
      placeholder: 'filter: words, column:word, column:<-2',
      'aria-label': `Filter the rows of ${table.about.stage}`,
      spellcheck: 'false',
    });
    element.setAttribute('role', 'grid');
    element.setAttribute('aria-rowcount', String(table.about.rows + 1));
    element.setAttribute('aria-label', `Table of ${table.about.stage}`);
    this.#scroller.removeAttribute('tabindex');
    for (const head of this.#head.querySelectorAll<HTMLElement>('th[data-column]'))
      this.#heads.set(head.dataset['column'] ?? '', head);
    section.querySelector('.static-note')?.remove();
    section.prepend(this.#toolbar());
    this.#listen();
  }

  get state(): GridState {
    return { query: this.#query, sort: this.#sort };
  }

  /** Reads what is shown and draws it. */
  async start({ query = '', sort = '' }: Partial<GridState> = {}): Promise<void> {
    this.#search.value = query;
    [this.#query, this.#sort] = [query, sort];
    await this.#refresh();
  }

  /** The row of the data that comes after or before one in the order that is shown. */
  neighbour(row: number, step: number): number | undefined {
    const at = this.#order.indexOf(row) + step;
    return at >= 0 && at < this.#order.length ? this.#order[at] : undefined;
  }

  focusRow(row: number): void {
    const at = this.#order.indexOf(row);
    if (at >= 0) this.#activate(at);
  }

  #toolbar(): HTMLElement {
    const { about } = this.table;
    const visible = el('button', { type: 'button' }, 'CSV of what is shown');
    const whole = el('button', { type: 'button' }, 'CSV of all');
    const name = `${about.stage.replaceAll(/[^\w.-]+/g, '_')}.csv`;
    visible.addEventListener('click', () => {
      void csvOf(
        this.table,
        this.#shown.map((column) => column.name),
        this.#order,
      ).then((blob) => save(blob, name));
    });
    whole.addEventListener('click', () => {
      const names = this.table.present.map((column) => column.name);
      void csvOf(this.table, names, Array(about.rows).keys()).then((blob) => save(blob, name));
    });
    return el('div', { class: 'toolbar' }, this.#search, this.#status, this.#columnMenu(), visible, whole);
  }

  #columnMenu(): HTMLElement {
    const list = el('div', { class: 'menu' });
    for (const column of this.table.present) {
      const box = el('input', { type: 'checkbox' });
      box.checked = column.shown;
      box.addEventListener('change', () => {
        const wanted = new Set(this.#shown.map(({ name }) => name));
        if (box.checked) wanted.add(column.name);
        else wanted.delete(column.name);
        this.#shown = this.table.present.filter(({ name }) => wanted.has(name));
        void this.#refresh();
      });
      list.append(el('label', {}, box, ' ', dataText(column.name)));
    }
    return el('details', { class: 'columns' }, el('summary', {}, 'Columns'), list);
  }

  #listen(): void {
    let timer: ReturnType<typeof setTimeout> | undefined;
    this.#search.addEventListener('input', () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        this.#query = this.#search.value;
        void this.#refresh();
      }, 80);
    });
    this.#scroller.addEventListener('scroll', () => this.#draw(), { passive: true });
    this.#head.addEventListener('click', (event) => {
      const name = (event.target as Element).closest<HTMLElement>('th')?.dataset['column'];
      if (name !== undefined) this.#sortBy(name);
    });
    this.#body.addEventListener('click', (event) => {
      const at = (event.target as Element).closest<HTMLElement>('tr[data-at]')?.dataset['at'];
      if (at === undefined || getSelection()?.isCollapsed === false) return;
      this.#activate(Number(at));
      this.#openActive();
    });
    this.#body.addEventListener('keydown', (event) => {
      const page = Math.max(1, Math.floor(this.#scroller.clientHeight / ROW) - 2);
      const steps: Readonly<Record<string, number>> = {
        ArrowDown: 1, j: 1, ArrowUp: -1, k: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity,
      }; // prettier-ignore
      const step = steps[event.key];
      if (event.key === 'Enter' || event.key === ' ') this.#openActive();
      else if (step === undefined) return;
      else this.#activate(Math.min(Math.max(this.#active + step, 0), this.#order.length - 1));
      event.preventDefault();
    });
  }

  #openActive(): void {
    const row = this.#order[this.#active];
    if (row !== undefined) this.#open(row, this);
  }

  #sortBy(name: string): void {
    const { type } = this.table.present.find((column) => column.name === name) ?? { type: 'string' };
    const first = type === 'string' ? name : `-${name}`;
    const second = type === 'string' ? `-${name}` : name;
    this.#sort = this.#sort === first ? second : this.#sort === second ? '' : first;
    void this.#refresh();
  }

  /** Sorts, filters and draws again; what was asked meanwhile wins. */
  async #refresh(): Promise<void> {
    const turn = (this.#turn += 1);
    const { rows } = this.table.about;
    let message = '';
    let order = Int32Array.from({ length: rows }, (_, row) => row);
    try {
      const columns = await Promise.all(this.#shown.map(({ name }) => this.table.column(name)));
      if (this.#query.trim() !== '') {
        const test = await filterOf(this.#query, this.table);
        order = order.filter(test);
      }
      const [, minus = '', by = ''] = /^(-?)(.*)$/s.exec(this.#sort) ?? [];
      if (by !== '' && this.table.present.some(({ name }) => name === by))
        order = sortRows(order, await this.table.column(by), minus === '-') as Int32Array<ArrayBuffer>;
      if (turn !== this.#turn) return;
      this.#columns = columns;
      this.#order = order;
      const counted = order.length === rows ? `${rows} rows` : `${order.length} of ${rows} rows`;
      message = counted;
    } catch (error) {
      if (turn !== this.#turn) return;
      if (!(error instanceof FilterProblem)) throw error;
      message = error.message;
    }
    this.#status.textContent = message;
    this.#active = 0;
    this.#drawHead();
    this.#scroller.scrollTop = 0;
    this.#draw();
    this.#section.dispatchEvent(new CustomEvent('grid-change', { bubbles: true }));
  }

  #drawHead(): void {
    const [, minus = '', by = ''] = /^(-?)(.*)$/s.exec(this.#sort) ?? [];
    const row = el('tr', { 'aria-rowindex': 1 });
    for (const column of this.#shown) {
      const head = this.#heads.get(column.name) ?? this.#makeHead(column);
      this.#heads.set(column.name, head);
      if (head.querySelector('button') === null) {
        const button = el('button', { type: 'button' }, ...head.childNodes);
        head.append(button);
      }
      const direction = by !== column.name ? 'none' : minus === '-' ? 'descending' : 'ascending';
      head.setAttribute('aria-sort', direction);
      row.append(head);
    }
    this.#head.replaceChildren(row);
  }

  #makeHead({ name, unit, type, description }: ColumnIndex): HTMLElement {
    const numeric = type === 'number' || type === 'integer';
    return el(
      'th',
      { scope: 'col', class: numeric ? 'number' : '', 'data-column': name, title: description },
      dataText(name),
      unit === undefined ? undefined : el('span', { class: 'unit' }, ` ${unit}`),
    );
  }

  /** The rows that are seen, between two empty ones that are as high as the others. */
  #draw(): void {
    const seen = Math.ceil((this.#scroller.clientHeight || 600) / ROW);
    const from = Math.max(0, Math.floor(this.#scroller.scrollTop / ROW) - MARGIN);
    const to = Math.min(this.#order.length, from + seen + 2 * MARGIN);
    const focused = this.#body.contains(document.activeElement);
    const rows: HTMLElement[] = [];
    for (let at = from; at < to; at += 1) rows.push(this.#row(at));
    this.#body.replaceChildren(spacer(from * ROW), ...rows, spacer((this.#order.length - to) * ROW));
    if (focused)
      this.#body.querySelector<HTMLElement>(`tr[data-at="${this.#active}"]`)?.focus({ preventScroll: true });
  }

  #row(at: number): HTMLElement {
    const row = this.#order[at] as number;
    return el(
      'tr',
      { 'data-at': at, 'data-row': row, 'aria-rowindex': at + 2, tabindex: at === this.#active ? 0 : -1 },
      ...this.#columns.map((column) => cellOf(column.at(row), column.about)),
    );
  }

  #activate(at: number): void {
    this.#active = at;
    const [top, height] = [this.#scroller.scrollTop, this.#scroller.clientHeight];
    const head = this.#head.offsetHeight;
    if (at * ROW < top) this.#scroller.scrollTop = at * ROW;
    else if ((at + 1) * ROW + head > top + height) this.#scroller.scrollTop = (at + 1) * ROW + head - height;
    this.#draw();
    this.#body.querySelector<HTMLElement>(`tr[data-at="${at}"]`)?.focus({ preventScroll: true });
  }
}

function spacer(height: number): HTMLElement {
  const row = el('tr', { class: 'spacer', 'aria-hidden': 'true' });
  const cell = el('td', { colspan: 999 });
  // By the object model: the page's policy refuses style attributes.
  cell.style.height = `${height}px`;
  row.append(cell);
  row.hidden = height <= 0;
  return row;
}

function cellOf(cell: PageCell, { type }: ColumnIndex): HTMLElement {
  const numeric = type === 'number' || type === 'integer';
  return el('td', { class: numeric ? 'number' : '' }, cellContent(cell));
}

/** A cell as one line. */
export function cellContent(cell: PageCell): Node {
  if (cell === null) return el('span', { class: 'none' }, 'none');
  if (typeof cell === 'number') return document.createTextNode(wordNumber(cell));
  if (typeof cell === 'boolean') return document.createTextNode(String(cell));
  if (typeof cell === 'string') return dataText(cut(cell, LONGEST_CELL).replaceAll(/\r?\n/g, ' ↵ '));
  return dataText(cut(JSON.stringify(cell), LONGEST_CELL));
}
