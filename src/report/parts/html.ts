import { piecesOf } from '../characters.ts';

/** Markup: only `markup` and `raw` make it, so that a text can never be taken for it. */
export class Html {
  readonly markup: string;

  constructor(markup: string) {
    this.markup = markup;
  }

  toString(): string {
    return this.markup;
  }
}

type Value = Html | string | number | undefined | readonly Value[];

/** A template of markup, in which every value that is not markup is text. */
export function markup(parts: TemplateStringsArray, ...values: readonly Value[]): Html {
  return new Html(parts.reduce((text, part, i) => text + markupOf(values[i - 1]) + part));
}

/** Markup from elsewhere, which has been checked. */
export function raw(markup: string): Html {
  return new Html(markup);
}

function markupOf(value: Value): string {
  if (value === undefined) return '';
  if (value instanceof Html) return value.markup;
  if (typeof value === 'object') return value.map(markupOf).join('');
  return escaped(String(value));
}

export function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** A text of data: isolated from the direction of what is around it, what cannot be seen as a badge with its name. */
export function dataText(text: string): Html {
  return markup`<bdi
    >${piecesOf(text).map((piece) =>
      piece.badge === undefined ? piece.text : markup`<span class="badge">${piece.badge}</span>`,
    )}</bdi
  >`;
}
