import type { Component } from './component.ts';
import type { Normalizer, Piece } from './piece.ts';
import type { Vocabulary } from '../words/word-model.ts';
import { property16, whitespace, word16 } from './unicode.ts';

interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly singleWord: boolean;
  readonly spaceBefore: boolean;
  readonly spaceAfter: boolean;
  readonly normalized: boolean;
}

/** `\w` of the crate `regex`. */
const word = `[${word16}${property16('Join_Control')}]`;
const wordAtEnd = new RegExp(`${word}$`, 'v');
const wordAtStart = new RegExp(`^${word}`, 'v');
const spaceAtStart = new RegExp(`^${whitespace}*`, 'v');
const spaceAtEnd = new RegExp(`(?<!${whitespace})${whitespace}+$`, 'v');

/**
 * Tokens that are found in a text before anything else is done with it: those that are not normalized in the text as it is
 * written, then the others in what was normalized. Source: tokenizers, `tokenizer/added_vocabulary.rs`.
 */
export class AddedTokens {
  /** By content, as it is written. */
  readonly ids: ReadonlyMap<string, number>;
  readonly #written: Finder;
  readonly #normalized: Finder;
  readonly #normalize: Normalizer;

  /** @throws Failure `tokenizer-component-unverified` for an id that the library would not give */
  constructor(components: readonly Component[], vocabulary: Vocabulary, normalize: Normalizer | undefined) {
    this.#normalize = normalize ?? ((text) => text);
    const tokens = readAddedTokens(components, vocabulary);
    this.ids = new Map(tokens.map(({ content, id }) => [content, id]));
    this.#written = new Finder(tokens.filter(({ normalized }) => !normalized));
    const contents = new Set(['']);
    this.#normalized = new Finder(
      tokens.flatMap((token, index) => {
        if (!token.normalized) return [];
        const content = this.#normalize(token.content);
        // The library splits every text at an empty one, and which of two equal ones counts is not written down.
        if (contents.has(content)) {
          throw (components[index] as Component).refuse(
            '`content` that stays apart once normalized',
            content,
            'content',
          );
        }
        contents.add(content);
        return [{ ...token, content }];
      }),
    );
  }

  /** Token ids, and normalized text between them. */
  split(text: string): readonly (number | Piece)[] {
    return this.#written.split({ text, atStart: true }).flatMap((part) => {
      if (typeof part === 'number') return [part];
      return this.#normalized.split({ ...part, text: this.#normalize(part.text) });
    });
  }
}

/** Finds tokens in a text: the leftmost, of those the longest. */
class Finder {
  readonly #byFirst = new Map<string, AddedToken[]>();
  readonly #first: RegExp | undefined;

  constructor(tokens: readonly AddedToken[]) {
    for (const token of tokens) {
      const first = String.fromCodePoint(token.content.codePointAt(0) as number);
      const those = this.#byFirst.get(first) ?? [];
      this.#byFirst.set(first, those);
      those.push(token);
    }
    for (const those of this.#byFirst.values()) those.sort((a, b) => b.content.length - a.content.length);
    const escaped = [...this.#byFirst.keys()].map(
      (each) => `\\u{${(each.codePointAt(0) as number).toString(16)}}`,
    );
    this.#first = escaped.length === 0 ? undefined : new RegExp(`[${escaped.join('')}]`, 'gu');
  }

  split({ text, atStart }: Piece): (number | Piece)[] {
    const parts: (number | Piece)[] = [];
    let done = 0;
    for (const { token, at } of this.#matches(text)) {
      let [begin, end] = [at, at + token.content.length];
      if (token.singleWord && (wordAtEnd.test(text.slice(0, begin)) || wordAtStart.test(text.slice(end))))
        continue;
      if (token.spaceBefore) {
        const space = spaceAtEnd.exec(text.slice(0, begin))?.[0].length ?? 0;
        begin = Math.max(begin - space, done);
      }
      if (token.spaceAfter) end += spaceAtStart.exec(text.slice(end))?.[0].length ?? 0;
      if (begin > done) parts.push({ text: text.slice(done, begin), atStart: atStart && done === 0 });
      // In the space that the token before has taken there may be nothing left for this one.
      if (end > begin) parts.push(token.id);
      done = end;
    }
    if (done < text.length) parts.push({ text: text.slice(done), atStart: atStart && done === 0 });
    return parts;
  }

  *#matches(text: string): Generator<{ readonly token: AddedToken; readonly at: number }> {
    if (this.#first === undefined) return;
    let at = 0;
    for (;;) {
      this.#first.lastIndex = at;
      const found = this.#first.exec(text);
      if (found === null) return;
      at = found.index;
      const token = this.#byFirst.get(found[0])?.find(({ content }) => text.startsWith(content, at));
      if (token !== undefined) yield { token, at };
      at += token?.content.length ?? found[0].length;
    }
  }
}

function readAddedTokens(components: readonly Component[], vocabulary: Vocabulary): readonly AddedToken[] {
  const ids = new Map<string, number>();
  let highest = -1;
  return components.map((component) => {
    const content = component.text('content');
    if (content === '') throw component.refuse('`content`: some text', content, 'content');
    // The library gives ids itself: of the vocabulary, or the next after all others.
    const given =
      vocabulary.idOf(content) ??
      ids.get(content) ??
      (highest >= vocabulary.size ? highest + 1 : vocabulary.size);
    const id = component.count('id');
    if (id !== given) throw component.refuse(`\`id\`: ${given}, as the library counts`, id, 'id');
    ids.set(content, id);
    highest = Math.max(highest, id);
    const special = component.boolean('special');
    const token = {
      id,
      content,
      singleWord: component.choice('single_word', [true, false]),
      spaceBefore: component.choice('lstrip', [true, false]),
      spaceAfter: component.choice('rstrip', [true, false]),
      normalized: component.choice('normalized', [true, false, undefined]) ?? !special,
    };
    component.done();
    return token;
  });
}
