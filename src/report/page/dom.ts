import { piecesOf } from '../characters.ts';

type Child = Node | string | undefined;

/** An element with attributes and children; texts are text nodes, never markup. */
export function el<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, string | number | undefined>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined) made.setAttribute(key, String(value));
  }
  made.append(...children.filter((child) => child !== undefined));
  return made;
}

/** A text of data, isolated; what cannot be seen as a badge. */
export function dataText(text: string): HTMLElement {
  return el(
    'bdi',
    {},
    ...piecesOf(text).map((piece) =>
      piece.badge === undefined ? piece.text : el('span', { class: 'badge' }, piece.badge),
    ),
  );
}

/** The child that a page always has. */
export function part(within: ParentNode, selector: string): HTMLElement {
  const found = within.querySelector<HTMLElement>(selector);
  if (found === null) throw new Error(`the page has no ${selector}`);
  return found;
}
