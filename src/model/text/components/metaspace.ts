import type { Component } from './component.ts';
import { literal } from './pattern.ts';
import type { PreTokenizer } from './piece.ts';
import { splitAt } from './split.ts';

/** Spaces become a character that is drawn, one is put in front, and words begin at it. */
export function metaspace(component: Component): PreTokenizer {
  const mark = component.text('replacement');
  if (Array.from(mark).length !== 1)
    throw component.refuse('`replacement`: one character', mark, 'replacement');
  const scheme = component.choice('prepend_scheme', ['always', 'first', 'never', undefined]) ?? 'always';
  // The older form of "never" is refused by the library where `prepend_scheme` does not say so too.
  component.choice('add_prefix_space', scheme === 'never' ? [true, false, undefined] : [true, undefined]);
  component.choice('str_rep', [mark, undefined]);
  const splits = component.choice('split', [true, false, undefined, null]) ?? true;
  const splitAtMark = splitAt(literal(mark), 'MergedWithNext');
  return ({ text, atStart }) => {
    const marked = text.replaceAll(' ', () => mark);
    const bare = scheme === 'never' || (scheme === 'first' && !atStart) || marked.startsWith(mark);
    const piece = { text: bare ? marked : mark + marked, atStart };
    return splits ? splitAtMark(piece) : [piece];
  };
}
