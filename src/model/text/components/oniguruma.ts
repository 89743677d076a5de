import {
  characterClass,
  Cursor,
  dependsOnCase,
  escapedCharacter,
  escapedClass,
  hasOtherCase,
  letter,
  point,
} from './character-class.ts';
import { word16 } from './unicode.ts';

/**
 * A pattern of tokenizer.json, which Oniguruma reads in Ruby's syntax, as a JavaScript regular expression (flags `g` and `v`)
 * that matches the same. Only syntax whose matches were compared with Python's tokenizers is known.
 * Source: Oniguruma 6.9, doc/RE.
 * @throws UnverifiedPattern for anything else
 */
export function translatePattern(pattern: string): RegExp {
  const translator = new Translator(pattern);
  return new RegExp(translator.translate(), 'gv');
}

interface State {
  /** Inside `(?i:`. */
  readonly foldCase: boolean;
  /** Inside a lookbehind, where an atomic group cannot be imitated. */
  readonly behind: boolean;
}

/** `\w` outside of a class has six numbers more: ² ³ ¹ ¼ ½ ¾. */
const word = `[${word16}\\u00b2\\u00b3\\u00b9\\u00bc-\\u00be]`;
const boundary = `(?:(?<=${word})(?!${word})|(?<!${word})(?=${word}))`;
const noBoundary = `(?:(?<=${word})(?=${word})|(?<!${word})(?!${word}))`;

class Translator {
  readonly #cursor: Cursor;
  #groups = 0;

  constructor(pattern: string) {
    this.#cursor = new Cursor(pattern);
  }

  translate(): string {
    const source = this.#alternatives({ foldCase: false, behind: false });
    if (!this.#cursor.ended) throw this.#cursor.refuse(this.#cursor.at);
    return source;
  }

  #alternatives(state: State): string {
    const found = [this.#sequence(state)];
    while (this.#cursor.take('|')) found.push(this.#sequence(state));
    return found.join('|');
  }

  #sequence(state: State): string {
    let source = '';
    let literal = '';
    for (;;) {
      const next = this.#cursor.text[this.#cursor.at];
      if (next === undefined || next === '|' || next === ')') return source;
      const from = this.#cursor.at;
      const { atom, quantifiable } = this.#atom(state);
      const text = this.#cursor.text.slice(from, this.#cursor.at);
      literal = text.length === 1 ? literal + text.toLowerCase() : '';
      // With case folded, two letters can match one: ß, the ligatures.
      if (state.foldCase && /(?:ss|ff|fi|fl|st)$/.test(literal)) throw this.#cursor.refuse(from);
      source += this.#quantified(atom, from, quantifiable, state);
    }
  }

  #atom(state: State): { readonly atom: string; readonly quantifiable: boolean } {
    const cursor = this.#cursor;
    const from = cursor.at;
    if (cursor.text[from] === '(') return this.#group(state);
    if (cursor.text[from] === '[') return { atom: characterClass(cursor, state), quantifiable: true };
    if (cursor.take('\\b')) return { atom: boundary, quantifiable: false };
    if (cursor.take('\\B')) return { atom: noBoundary, quantifiable: false };
    if (cursor.take('\\A')) return { atom: '(?<![\\s\\S])', quantifiable: false };
    if (cursor.take('\\z')) return { atom: '(?![\\s\\S])', quantifiable: false };
    if (cursor.take('^')) return { atom: '(?:(?<![\\s\\S])|(?<=\\n)(?=[\\s\\S]))', quantifiable: false };
    if (cursor.take('$')) return { atom: '(?![^\\n])', quantifiable: false };
    if (cursor.take('.')) return { atom: '[^\\n]', quantifiable: true };
    if (cursor.take('\\w')) return { atom: word, quantifiable: true };
    if (cursor.take('\\W')) return { atom: `[^${word}]`, quantifiable: true };
    const set = escapedClass(cursor);
    if (set !== undefined) {
      if (state.foldCase && dependsOnCase(cursor.text.slice(from, cursor.at))) throw cursor.refuse(from);
      return { atom: set, quantifiable: true };
    }
    return { atom: this.#literal(state), quantifiable: true };
  }

  #literal({ foldCase }: State): string {
    const cursor = this.#cursor;
    const from = cursor.at;
    const escaped = escapedCharacter(cursor);
    const character = escaped ?? cursor.next();
    if (escaped === undefined && '\\*+?{}]'.includes(character)) throw cursor.refuse(from);
    if (foldCase && hasOtherCase(character)) throw cursor.refuse(from);
    if (foldCase && /[A-Za-z]/.test(character)) return `[${letter(character)}]`;
    return /[A-Za-z0-9]/.test(character) ? character : point(character);
  }

  #group(state: State): { readonly atom: string; readonly quantifiable: boolean } {
    const cursor = this.#cursor;
    const from = cursor.at;
    const opening = cursor.match(/\((?:\?(?:<[=!]|[:=!>]|i:|-i:))?(?!\?)/y)?.[0];
    if (opening === undefined) throw cursor.refuse(from);
    const behind = opening.startsWith('(?<');
    const inner = this.#alternatives({
      foldCase: opening === '(?i:' || (opening !== '(?-i:' && state.foldCase),
      behind: state.behind || behind,
    });
    if (!cursor.take(')')) throw cursor.refuse(from);
    if (opening === '(?>') return { atom: this.#atomic(inner, from, state), quantifiable: true };
    const looks = behind || opening === '(?=' || opening === '(?!';
    // Nothing refers back to what a group captured.
    return { atom: `${looks ? opening : '(?:'}${inner})`, quantifiable: !looks };
  }

  #quantified(atom: string, from: number, quantifiable: boolean, state: State): string {
    const cursor = this.#cursor;
    const found = cursor.match(/([*+?])([?+]?)|\{(\d+)?(,?)(\d+)?\}([?+]?)/y);
    if (found === undefined) return atom;
    const [, sign, mode, least, comma, most, after] = found;
    if (!quantifiable || /[*+?{]/.test(cursor.text[cursor.at] ?? '')) throw cursor.refuse(from);
    if (sign !== undefined) {
      return mode === '+' ? this.#atomic(`${atom}${sign}`, from, state) : `${atom}${sign}${mode ?? ''}`;
    }
    if (least === undefined && most === undefined) throw cursor.refuse(from);
    const times = comma === '' ? `{${least ?? most}}` : `{${least ?? 0},${most ?? ''}}`;
    // In Ruby's syntax `+` after braces repeats, and `?` after a fixed count means "or nothing".
    if (after === '+') return `(?:${atom}${times})+`;
    if (after === '?' && comma === '') return `(?:${atom}${times})?`;
    return `${atom}${times}${after ?? ''}`;
  }

  /** Takes the first way to match and no other: a lookahead does not go back, and what it captured is then matched. */
  #atomic(source: string, from: number, { behind }: State): string {
    if (behind) throw this.#cursor.refuse(from);
    this.#groups += 1;
    return `(?:(?=(?<a${this.#groups}>${source}))\\k<a${this.#groups}>)`;
  }
}
