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

/** A part of a pattern as JavaScript has it. */
interface Part {
  readonly source: string;
  /** Whether it may match nothing; the two engines do not go through repetitions of such a part alike. */
  readonly empty: boolean;
}

/** `\w` outside of a class has six numbers more: ² ³ ¹ ¼ ½ ¾. */
const word = `[${word16}\\u00b2\\u00b3\\u00b9\\u00bc-\\u00be]`;
const anchors: Readonly<Record<string, string>> = {
  '\\b': `(?:(?<=${word})(?!${word})|(?<!${word})(?=${word}))`,
  '\\B': `(?:(?<=${word})(?=${word})|(?<!${word})(?!${word}))`,
  '\\A': '(?<![\\s\\S])',
  '\\z': '(?![\\s\\S])',
  // Of lines; the end of a text after a line break is no beginning.
  '^': '(?:(?<![\\s\\S])|(?<=\\n)(?=[\\s\\S]))',
  $: '(?![^\\n])',
};

class Translator {
  readonly #cursor: Cursor;
  #groups = 0;

  constructor(pattern: string) {
    this.#cursor = new Cursor(pattern);
  }

  translate(): string {
    const { source } = this.#alternatives({ foldCase: false, behind: false });
    if (!this.#cursor.ended) throw this.#cursor.refuse(this.#cursor.at);
    return source;
  }

  #alternatives(state: State): Part {
    const found = [this.#sequence(state)];
    while (this.#cursor.take('|')) found.push(this.#sequence(state));
    return { source: found.map(({ source }) => source).join('|'), empty: found.some(({ empty }) => empty) };
  }

  #sequence(state: State): Part {
    const parts: Part[] = [];
    let literal = '';
    for (;;) {
      const next = this.#cursor.text[this.#cursor.at];
      if (next === undefined || next === '|' || next === ')') break;
      const from = this.#cursor.at;
      const atom = this.#atom(state);
      const text = this.#cursor.text.slice(from, this.#cursor.at);
      literal = text.length === 1 ? literal + text.toLowerCase() : '';
      // With case folded, two letters can match one: ß, the ligatures.
      if (state.foldCase && /(?:ss|ff|fi|fl|st)$/.test(literal)) throw this.#cursor.refuse(from);
      parts.push(this.#quantified(atom, from, state));
    }
    return { source: parts.map(({ source }) => source).join(''), empty: parts.every(({ empty }) => empty) };
  }

  #atom(state: State): Part {
    const cursor = this.#cursor;
    const from = cursor.at;
    if (cursor.text[from] === '(') return this.#group(state);
    if (cursor.text[from] === '[') return { source: characterClass(cursor, state), empty: false };
    const anchor = cursor.match(/\\[bBAz]|[$^]/y)?.[0];
    if (anchor !== undefined) return { source: anchors[anchor] as string, empty: true };
    if (cursor.take('.')) return { source: '[^\\n]', empty: false };
    if (cursor.take('\\w')) return { source: word, empty: false };
    if (cursor.take('\\W')) return { source: `[^${word}]`, empty: false };
    const set = escapedClass(cursor);
    if (set === undefined) return { source: this.#literal(state), empty: false };
    if (state.foldCase && dependsOnCase(cursor.text.slice(from, cursor.at))) throw cursor.refuse(from);
    return { source: set, empty: false };
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

  #group(state: State): Part {
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
    if (opening === '(?>') return this.#atomic(inner, from, state);
    if (behind || opening === '(?=' || opening === '(?!') {
      return { source: `${opening}${inner.source})`, empty: true };
    }
    // Nothing refers back to what a group captured.
    return { source: `(?:${inner.source})`, empty: inner.empty };
  }

  #quantified(atom: Part, from: number, state: State): Part {
    const cursor = this.#cursor;
    const found = cursor.match(/([*+?])([?+]?)|\{(\d+)?(,?)(\d+)?\}([?+]?)/y);
    if (found === undefined) return atom;
    const [, sign, mode, least, comma, most, after] = found;
    if (atom.empty || /[*+?{]/.test(cursor.text[cursor.at] ?? '')) throw cursor.refuse(from);
    if (sign !== undefined) {
      const part = { source: `${atom.source}${sign}`, empty: sign !== '+' };
      return mode === '+'
        ? this.#atomic(part, from, state)
        : { ...part, source: `${part.source}${mode ?? ''}` };
    }
    if (least === undefined && most === undefined) throw cursor.refuse(from);
    const fixed = comma === '';
    const source = `${atom.source}${fixed ? `{${least ?? ''}}` : `{${least ?? 0},${most ?? ''}}`}`;
    const empty = Number(least ?? 0) === 0;
    // In Ruby's syntax `+` after braces repeats, and `?` after a fixed count means "or nothing".
    if (after === '+' && empty) throw cursor.refuse(from);
    if (after === '+') return { source: `(?:${source})+`, empty };
    if (after === '?' && fixed) return { source: `(?:${source})?`, empty: true };
    return { source: `${source}${after ?? ''}`, empty };
  }

  /** Takes the first way to match and no other: a lookahead does not go back, and what it captured is then matched. */
  #atomic({ source, empty }: Part, from: number, { behind }: State): Part {
    if (behind) throw this.#cursor.refuse(from);
    this.#groups += 1;
    return { source: `(?:(?=(?<a${this.#groups}>${source}))\\k<a${this.#groups}>)`, empty };
  }
}
