import { diffArrays } from 'diff';
import { tokensOf, type TokenText, type TokenTree, type TreeToken } from '../../engine/token-tree.ts';
import { wordNumber } from '../numbers.ts';
import {
  groupTokens,
  hex,
  percent,
  spelling,
  surprisalClass,
  visibleSpace,
  type PlacedCell,
  type TokenGroup,
} from '../token-cells.ts';
import { dataText, el } from './dom.ts';

let made = 0;

/** What a token is coloured by: how surprising it is, or by how much more than in another text. */
type Tint = (index: number, token: TreeToken) => string;

/** A text token by token: tinted, walked with the arrow keys, what the model expected instead below. */
export class TokenView {
  readonly element = el('section', { class: 'tokens', 'aria-label': 'Tokens' });
  readonly #tree: TokenTree;
  readonly #text: TokenText;
  readonly #tokens: readonly TreeToken[];
  readonly #id = `tokens-${(made += 1)}`;
  readonly #detail = el('div', { class: 'token-detail' });
  readonly #strips = el('div', { class: 'strips' });
  readonly #cells = new Map<number, HTMLElement>();
  #other: TokenText | undefined;
  #at = -1;

  constructor(tree: TokenTree, text: TokenText, at?: number) {
    this.#tree = tree;
    this.#text = text;
    this.#tokens = tokensOf(tree, text);
    this.element.append(this.#bar(), this.#strips, this.#detail);
    this.#draw();
    this.#select(Math.min(at ?? text.from, this.#tokens.length - 1));
  }

  #bar(): HTMLElement {
    const others = this.#tree.texts.filter((text) => text !== this.#text);
    const choice = el(
      'select',
      { 'aria-label': 'Compare with' },
      el('option', { value: '' }, 'compare with…'),
    );
    for (const [i, text] of others.entries()) choice.append(el('option', { value: i }, nameOf(text)));
    choice.addEventListener('change', () => {
      this.#other = choice.value === '' ? undefined : others[Number(choice.value)];
      this.#draw();
      this.#select(this.#at);
    });
    const classes = ['≥ 1/2', '≥ 1/4', '≥ 1/16', '≥ 1/128', '≥ 1/2048', 'less'];
    const legend = el('span', { class: 'legend' }, 'probability ');
    for (const [i, name] of classes.entries()) legend.append(el('span', { class: `tok s${i}` }, name), ' ');
    return el('div', { class: 'toolbar' }, legend, others.length > 0 ? choice : undefined);
  }

  #draw(): void {
    this.#cells.clear();
    const other = this.#other;
    if (other === undefined) {
      this.#strips.replaceChildren(this.#strip(this.#text, this.#tokens, this.#cells, bySurprise));
      return;
    }
    const theirs = tokensOf(this.#tree, other);
    const pairs = pairsOf(theirs, this.#tokens);
    const back = new Map([...pairs].map(([mine, their]) => [their, mine]));
    const change = changeFrom(theirs, pairs);
    this.#strips.replaceChildren(
      el('p', { class: 'quiet' }, nameOf(other), ': ', summaryOf(theirs, other)),
      this.#strip(
        other,
        theirs,
        new Map(),
        (i, token) => `${bySurprise(i, token)}${back.has(i) ? '' : ' gone'}`,
      ),
      el('p', { class: 'quiet' }, nameOf(this.#text), ': ', summaryOf(this.#tokens, this.#text)),
      this.#strip(this.#text, this.#tokens, this.#cells, change),
      el(
        'p',
        { class: 'quiet legend' },
        'second text: ',
        ...['−3', '−2', '−1', '0', '1', '2', '3'].flatMap((step) => [
          el(
            'span',
            { class: `tok d${step.replace('−', '-')}` },
            { '−3': '▼ 3 nats', '3': '▲ 3 nats' }[step] ?? step,
          ),
          ' ',
        ]),
        'more surprising than in the first; ',
        el('span', { class: 'tok new' }, 'only here'),
      ),
    );
  }

  #strip(
    text: TokenText,
    tokens: readonly TreeToken[],
    cells: Map<number, HTMLElement>,
    tint: Tint,
  ): HTMLElement {
    const own = cells === this.#cells;
    const strip = el('div', {
      class: 'strip',
      role: 'listbox',
      tabindex: 0,
      'aria-label': own ? 'Tokens of the text: arrow keys walk through them' : 'Tokens of the other text',
    });
    for (const group of groupTokens(text, tokens))
      strip.append(...this.#group(group, tokens.length, cells, tint, own));
    if (!own) return strip;
    strip.addEventListener('keydown', (event) => {
      const steps: Readonly<Record<string, number>> = {
        ArrowRight: 1,
        ArrowLeft: -1,
        Home: -Infinity,
        End: Infinity,
      };
      const step = steps[event.key];
      if (step === undefined) return;
      event.preventDefault();
      this.#select(Math.min(Math.max(this.#at + step, 0), tokens.length - 1));
    });
    const point = ({ target }: Event): void => {
      const index =
        target instanceof Element ? target.closest<HTMLElement>('[data-token]')?.dataset['token'] : undefined;
      if (index !== undefined) this.#select(Number(index));
    };
    strip.addEventListener('pointerover', point);
    strip.addEventListener('click', point);
    return strip;
  }

  #group(
    { text, tokens }: TokenGroup,
    count: number,
    cells: Map<number, HTMLElement>,
    tint: Tint,
    own: boolean,
  ): readonly Node[] {
    const made = tokens.map((cell) => {
      const { index, token, part } = cell;
      const shown =
        tokens.length > 1
          ? hex(token.bytes)
          : part === 'bos'
            ? spelling(token.bytes)
            : visibleSpace(text || spelling(token.bytes));
      const element = el(
        'span',
        {
          class: `tok ${part} ${tint(index, token)}`,
          role: 'option',
          id: own ? `${this.#id}-${index}` : undefined,
          'aria-selected': 'false',
          'aria-label': spoken(cell, text, count),
          'data-token': own ? index : undefined,
        },
        tokens.length > 1 ? shown : dataText(shown),
      );
      cells.set(index, element);
      return element;
    });
    const starts = tokens.some(({ index }) => index === this.#text.from) && own;
    const join = starts
      ? [el('span', { class: 'join', role: 'presentation', title: 'where the target starts' }, '║')]
      : [];
    const breaks = text.endsWith('\n') ? [el('br')] : [];
    if (made.length === 1) return [...join, ...made, ...breaks];
    const glyph = el('span', { class: 'glyph', role: 'presentation' }, dataText(visibleSpace(text)));
    return [...join, el('span', { class: 'joined', role: 'presentation' }, glyph, ...made), ...breaks];
  }

  #select(index: number): void {
    const [before, now] = [this.#cells.get(this.#at), this.#cells.get(index)];
    before?.setAttribute('aria-selected', 'false');
    now?.setAttribute('aria-selected', 'true');
    now?.closest('.strip')?.setAttribute('aria-activedescendant', `${this.#id}-${index}`);
    this.#at = index;
    const token = this.#tokens[index];
    if (token !== undefined) this.#detail.replaceChildren(...detailOf(token, index, this.#tokens.length));
  }
}

function bySurprise(_: number, { reading }: TreeToken): string {
  return reading === undefined ? 'unread' : `s${surprisalClass(reading.logProb)}`;
}

/** By how much more surprising a token is than its like in another text. */
function changeFrom(others: readonly TreeToken[], pairs: ReadonlyMap<number, number>): Tint {
  return (index, { reading }) => {
    const place = pairs.get(index);
    if (place === undefined) return 'new';
    const before = others[place]?.reading;
    if (reading === undefined || before === undefined) return 'unread';
    const change = before.logProb - reading.logProb;
    return `d${Math.max(-3, Math.min(3, Math.round(change)))}`;
  };
}

/** Tokens of the second text by their like in the first: the same ids in the same order. */
function pairsOf(first: readonly TreeToken[], second: readonly TreeToken[]): ReadonlyMap<number, number> {
  const pairs = new Map<number, number>();
  let [a, b] = [0, 0];
  const parts = diffArrays(
    first.map(({ id }) => id),
    second.map(({ id }) => id),
  );
  for (const { added, removed, count } of parts) {
    if (added) b += count;
    else if (removed) a += count;
    else for (let end = b + count; b < end;) pairs.set(b++, a++);
  }
  return pairs;
}

export function nameOf({ key, prompt }: TokenText): string {
  const cells = Object.values(key).map((cell) => (typeof cell === 'string' ? cell : JSON.stringify(cell)));
  return (cells.length > 0 ? cells.join(' / ') : prompt).slice(0, 120);
}

function summaryOf(tokens: readonly TreeToken[], { from }: TokenText): string {
  const sum = (some: readonly TreeToken[]): number =>
    some.reduce((total, { reading }) => total + (reading?.logProb ?? 0), 0);
  const target = tokens.slice(from);
  const prompt = tokens.slice(0, from).filter(({ reading }) => reading !== undefined);
  const parts =
    prompt.length > 0 ? [`prompt ${wordNumber(-sum(prompt) / prompt.length)} nats per token`] : [];
  return [...parts, ...(target.length > 0 ? [`target ${wordNumber(sum(target))} nats`] : [])].join(', ');
}

/** What a screen reader says of a token. */
function spoken({ index, token, part }: PlacedCell, text: string, count: number): string {
  const what = visibleSpace(text || spelling(token.bytes))
    .replaceAll('·', ' space ')
    .replaceAll('↵', ' new line ');
  const { reading } = token;
  if (reading === undefined) return `token ${index + 1} of ${count}, ${what}, ${part}, nothing before it`;
  const [best] = reading.top;
  const expected = best === undefined || reading.rank === 1 ? '' : `, expected ${spelling(best.bytes)}`;
  return `token ${index + 1} of ${count}, ${what}, ${part}, ${percent(reading.logProb)}, rank ${reading.rank}${expected}`;
}

function detailOf(token: TreeToken, index: number, count: number): readonly Node[] {
  const { id, bytes, reading } = token;
  const head = el(
    'p',
    {},
    `token ${index + 1} of ${count} `,
    el('strong', {}, dataText(visibleSpace(spelling(bytes)))),
    el('span', { class: 'quiet' }, ` id ${id}, bytes ${hex(bytes)}`),
  );
  if (reading === undefined)
    return [head, el('p', { class: 'quiet' }, 'none: it is the first token, nothing is before it')];
  const { logProb, rank, entropy, top } = reading;
  const facts = el(
    'p',
    {},
    `${wordNumber(0 - logProb)} nats, p ${percent(logProb)}, rank ${wordNumber(rank)}, entropy ${wordNumber(entropy)} nats`,
  );
  const list = el('ol', { class: 'tops' });
  for (const other of top) {
    const line = el(
      'li',
      other.id === id ? { class: 'actual' } : {},
      el('span', { class: 'what' }, dataText(visibleSpace(spelling(other.bytes)))),
      el('span', { class: 'p' }, percent(other.logProb)),
      other.id === id ? '◀' : undefined,
    );
    const bar = el('span', { class: 'bar' });
    bar.style.width = `${Math.max(1, 120 * Math.exp(other.logProb)).toFixed(1)}px`;
    line.append(bar);
    list.append(line);
  }
  if (!top.some((other) => other.id === id)) {
    const what = el('span', { class: 'what' }, dataText(visibleSpace(spelling(bytes))));
    list.append(
      el(
        'li',
        { class: 'actual' },
        what,
        el('span', { class: 'p' }, percent(logProb)),
        '◀',
        el('span', {}, `rank ${wordNumber(rank)}`),
      ),
    );
  }
  const listed = top.reduce((sum, other) => sum + Math.exp(other.logProb), 0);
  const rest = 1 - listed - (top.some((other) => other.id === id) ? 0 : Math.exp(logProb));
  return [
    head,
    facts,
    list,
    el('p', { class: 'quiet' }, `all others ${percent(Math.log(Math.max(rest, 0)))}`),
  ];
}
