import { wordNumber } from '../numbers.ts';
import type { RowTexts } from '../form.ts';
import type { PageCell } from './blocks.ts';
import { dataText, el } from './dom.ts';
import type { Grid } from './grid.ts';
import type { TokenStore } from './token-store.ts';

/** One row with all its cells and what a model was given for it, below its table. */
export class RowView {
  readonly element: HTMLElement;
  readonly #grid: Grid;
  readonly #tokens: TokenStore;
  #row = 0;

  constructor(grid: Grid, tokens: TokenStore) {
    this.#grid = grid;
    this.#tokens = tokens;
    this.element = el('section', {
      class: 'row-view',
      tabindex: -1,
      'aria-label': 'The row that was opened',
    });
    this.element.addEventListener('keydown', (event) => {
      if (event.target instanceof HTMLInputElement) return;
      if (event.key === 'Escape') this.close();
      else if (event.key === ']') this.#step(1);
      else if (event.key === '[') this.#step(-1);
      else return;
      event.preventDefault();
    });
  }

  get row(): number {
    return this.#row;
  }

  async show(row: number): Promise<void> {
    this.#row = row;
    const { table } = this.#grid;
    const [texts, columns] = await Promise.all([
      table.texts(row),
      Promise.all(table.present.map(({ name }) => table.column(name))),
    ]);
    const view = texts === undefined ? undefined : await this.#tokens.viewOf(texts);
    if (row !== this.#row) return;
    const key = table.about.key.map(
      (name) => columns.find(({ about }) => about.name === name)?.at(row) ?? null,
    );
    const title = key.length > 0 ? key.map((cell) => plain(cell)).join(' / ') : `row ${row + 1}`;
    const button = (text: string, label: string, act: () => void): HTMLElement => {
      const made = el('button', { type: 'button', 'aria-label': label }, text);
      made.addEventListener('click', act);
      return made;
    };
    this.element.replaceChildren(
      el(
        'header',
        {},
        el('h4', {}, dataText(title)),
        button('←', 'Previous row ([)', () => this.#step(-1)),
        button('→', 'Next row (])', () => this.#step(1)),
        button('Close', 'Close the row (Escape)', () => this.close()),
      ),
      ...(view !== undefined ? [view.element] : texts === undefined ? [] : [promptOf(texts)]),
      el(
        'dl',
        { class: 'listed cells' },
        ...columns.map(({ about, at }) =>
          el(
            'div',
            {},
            el(
              'dt',
              {},
              dataText(about.name),
              about.unit === undefined ? undefined : el('span', { class: 'unit' }, ` ${about.unit}`),
            ),
            el('dd', {}, dataText(plain(at(row)))),
          ),
        ),
      ),
    );
    this.element.dispatchEvent(new CustomEvent('row-shown', { bubbles: true, detail: { row, texts } }));
  }

  close(): void {
    this.element.remove();
    this.#grid.focusRow(this.#row);
    document.dispatchEvent(new CustomEvent('grid-change'));
  }

  #step(by: number): void {
    const next = this.#grid.neighbour(this.#row, by);
    if (next !== undefined) void this.show(next).then(() => this.element.focus());
  }
}

/** What the model was given, as it is: the target after the mark. */
function promptOf({ prompt, targets, against }: RowTexts): HTMLElement {
  const texts = el('pre', { class: 'prompt', tabindex: 0, 'aria-label': 'Prompt' }, dataText(prompt));
  const [only] = targets;
  if (targets.length === 1 && only !== undefined)
    texts.append(
      el('span', { class: 'join', title: 'where the target starts' }, '║'),
      el('mark', {}, dataText(only)),
    );
  const box = el('div', { class: 'given' }, texts);
  if (targets.length > 1)
    box.append(el('ul', {}, ...targets.map((target) => el('li', {}, el('mark', {}, dataText(target))))));
  if (against !== undefined)
    box.append(
      el('p', { class: 'quiet' }, 'compared with the same after'),
      el('pre', { class: 'prompt', tabindex: 0 }, dataText(against)),
    );
  return box;
}

function plain(cell: PageCell): string {
  if (cell === null) return 'none';
  if (typeof cell === 'number') return Number.isInteger(cell) ? wordNumber(cell) : String(cell);
  return typeof cell === 'string' ? cell : JSON.stringify(cell);
}
