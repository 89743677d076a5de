import type { Component } from './component.ts';
import { UnverifiedPattern } from './character-class.ts';
import { translatePattern } from './oniguruma.ts';

/** A stretch of a text: a match, or what lies between matches. Ends are UTF-16 offsets. */
export interface Stretch {
  readonly begin: number;
  readonly end: number;
  readonly matches: boolean;
}

/** Cuts a text into matches and what lies between them. */
export type Pattern = (text: string) => readonly Stretch[];

/** The option `pattern` of a component: `{ String: ... }`, the text itself, or `{ Regex: ... }`. */
export function readPattern(component: Component): Pattern {
  const written = component.part('pattern');
  if (written === undefined)
    throw component.refuse('`pattern`: a text or an expression', undefined, 'pattern');
  const [text, expression] = [written.option('String'), written.option('Regex')];
  written.done();
  if (typeof text === 'string' && text !== '') return literal(text);
  if (typeof expression !== 'string')
    throw component.refuse('`pattern`: a text or an expression', text, 'pattern');
  try {
    return matchesOf(translatePattern(expression));
  } catch (error) {
    if (!(error instanceof UnverifiedPattern)) throw error;
    throw written.refuse('an expression of which every part is verified', error.message, 'Regex');
  }
}

/** Every character of a class, each a match of its own. */
export function eachOf(characters: string): Pattern {
  return matchesOf(new RegExp(`[${characters}]`, 'gv'));
}

export function literal(text: string): Pattern {
  return (whole) => {
    const found: Stretch[] = [];
    let before = 0;
    for (let at = whole.indexOf(text); at >= 0; at = whole.indexOf(text, before)) {
      if (at > before) found.push({ begin: before, end: at, matches: false });
      before = at + text.length;
      found.push({ begin: at, end: before, matches: true });
    }
    if (before < whole.length) found.push({ begin: before, end: whole.length, matches: false });
    return found;
  };
}

/**
 * As the crate `onig` goes through matches: an empty match right after a match is passed over, one elsewhere counts.
 * @param expression has the flags `g` and `v`.
 */
export function matchesOf(expression: RegExp): Pattern {
  return (text) => {
    const found: Stretch[] = [];
    let before = 0;
    let lastMatch = -1;
    for (let at = 0; at <= text.length;) {
      expression.lastIndex = at;
      const match = expression.exec(text);
      if (match === null) break;
      const begin = match.index;
      if (splitsPair(text, begin)) {
        at = begin + 1;
        continue;
      }
      const end = begin + match[0].length;
      if (begin === end && end === lastMatch) {
        at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
        continue;
      }
      if (begin > before) found.push({ begin: before, end: begin, matches: false });
      found.push({ begin, end, matches: true });
      [at, before, lastMatch] = [end, end, end];
    }
    if (before < text.length) found.push({ begin: before, end: text.length, matches: false });
    return found;
  };
}

/** V8 looks for matches between the halves of a surrogate pair too, where a lookbehind lets it. */
function splitsPair(text: string, at: number): boolean {
  return at > 0 && (text.codePointAt(at - 1) as number) > 0xffff;
}
